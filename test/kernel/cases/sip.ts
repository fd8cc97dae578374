// SIP: what registrations and calls let through, and what of their messages NAT rewrites.

import type { Case, Step } from '../case.ts';
import { dnat, helped, snat } from './helpers.ts';
import { Session } from './session.ts';
import {
  answer,
  contactOf,
  escaped,
  invite,
  message,
  type Party,
  PUBLIC,
  register,
  registered,
  says,
  uri,
} from './sip-messages.ts';
import { at, both, type Hosts, type L3, lan, wan } from './words.ts';

const look: Step = { look: 'expect' };
const entries: Step = { look: 'conntrack' };
const SERVICE = { ip: '10.0.0.1', ip6: '2001:db8::1' } as const;

const rules = (more = ''): string => helped('sip', 'udp', 5060, more);

const registers: Case[] = [
  ...both((_, h) => ({
    name: 'SIP: a registration that is agreed to lets the registrar call',
    ruleset: rules(),
    steps: [
      lan(says(h.client, h.server, register(h.client, h.server, contactOf(h.client)))),
      look,
      wan(
        says(
          h.server,
          h.client,
          registered(h.client, '200 OK', contactOf(h.client, 5060, ';expires=300')),
        ),
      ),
      look,
      wan(`udp ${at(h.server, 6000)} > ${at(h.client, 5060)} data "INVITE sip:a@b SIP/2.0"`),
      entries,
      look,
    ],
  })),
  ...both((l3, h) => ({
    name: 'SIP through SNAT: the registrar learns the address it can call',
    ruleset: rules(snat(l3)),
    steps: [
      lan(says(h.client, h.server, register(h.client, h.server, contactOf(h.client)))),
      look,
      wan(
        says(
          h.server,
          PUBLIC[l3],
          registered(PUBLIC[l3], '200 OK', contactOf(PUBLIC[l3], 5060, ';expires=300')),
        ),
      ),
      look,
      wan(`udp ${at(h.server, 6000)} > ${at(PUBLIC[l3], 5060)} data "INVITE sip:a@b SIP/2.0"`),
      entries,
    ],
  })),
];

/** A registration and its answer, each of one kind. */
const registering = (name: string, request: string, response?: string): Case => ({
  name: `SIP: ${name}`,
  ruleset: rules(),
  steps: [
    lan(says('10.0.0.2', '192.0.2.2', request)),
    look,
    ...(response === undefined ? [] : [wan(says('192.0.2.2', '10.0.0.2', response)), look]),
  ],
});
const mine = contactOf('10.0.0.2');
const asking = (contact: string, more?: readonly string[]): string =>
  register('10.0.0.2', '192.0.2.2', contact, more);

const registrations: Case[] = [
  registering(
    'refused, the registration is forgotten',
    asking(mine),
    registered('10.0.0.2', '403 No', mine),
  ),
  registering(
    'provisional answers change nothing',
    asking(mine),
    registered('10.0.0.2', '100 Trying', mine),
  ),
  registering(
    'the answer to another request changes nothing',
    asking(mine),
    registered('10.0.0.2', '200 OK', mine, '8 REGISTER'),
  ),
  registering(
    'an answer without time ends it',
    asking(mine),
    registered('10.0.0.2', '200 OK', mine),
  ),
  registering(
    'the time stands behind the contact',
    asking(contactOf('10.0.0.2', 5060, ';expires=60'), []),
  ),
  registering('no time, no expectation', asking(mine, [])),
  registering('time 0 takes it back', asking(mine, ['Expires: 0'])),
  registering('a contact elsewhere', asking(contactOf('10.0.0.3'))),
  registering('a contact at another port', asking(contactOf('10.0.0.2', 5070))),
  registering('a contact with a name', asking('<sip:alice@example.com>')),
  registering('a star', asking('*')),
  registering('over TCP', asking(contactOf('10.0.0.2', 5060, ';transport=tcp'))),
  registering('over UDP, said aloud', asking(contactOf('10.0.0.2', 5060, ';transport=udp'))),
  registering('compact headers', asking(mine).replace('Contact:', 'm:')),
  registering('a header over two lines', asking(mine).replace('Contact: ', 'Contact:\r\n ')),
  registering('two contacts in one header', asking(`<sip:x@10.0.0.9:5060>, ${mine}`)),
  registering('a port below 1024', asking(contactOf('10.0.0.2', 80))),
  registering('an expires that is no number', asking(contactOf('10.0.0.2', 5060, ';expires=soon'))),
  registering('no CSeq', asking(mine).replace('CSeq', 'CSeg')),
  registering('a CSeq that is none', asking(mine).replace('CSeq: 7', 'CSeq: x')),
  registering(
    'lower case',
    asking(mine).replace('REGISTER sip', 'register sip').replace('Contact', 'contact'),
  ),
  registering('a short packet', 'REGIST'),
  registering('a word that is no method', asking(mine).replace('REGISTER sip', 'REGISTERS sip')),
];

const calling = (
  name: string,
  step: (l3: L3, h: Hosts, alice: Party, bob: Party) => readonly Step[],
  more: (l3: L3) => string = () => '',
): Case[] =>
  both((l3, h) => {
    const seen = more(l3) === '' ? h.client : PUBLIC[l3];
    return {
      name: `SIP: ${name}`,
      ruleset: rules(more(l3)),
      steps: step(l3, h, { l3, from: h.client, to: h.server }, { l3, from: h.server, to: seen }),
    };
  });

const call = (
  alice: Party,
  bob: Party,
  offered: readonly (readonly [string, number])[],
  answered: readonly (readonly [string, number])[],
): Step[] => [
  lan(says(alice.from, alice.to, invite(alice, offered))),
  look,
  wan(says(bob.from, bob.to, answer(bob, '200 OK', 'INVITE', answered))),
  look,
];

const calls: Case[] = [
  ...calling('a call with sound, both ways', (_, h, alice, bob) => [
    ...call(alice, bob, [['audio', 30000]], [['audio', 40000]]),
    wan(`udp ${at(h.server, 40000)} > ${at(h.client, 30000)} data "rtp"`),
    lan(`udp ${at(h.client, 30001)} > ${at(h.server, 40001)} data "rtcp"`),
    lan(`udp ${at(h.client, 30002)} > ${at(h.server, 40002)} data "else"`),
    entries,
  ]),
  ...calling('sound, picture and fax', (_, _h, alice, bob) => [
    ...call(
      alice,
      bob,
      [
        ['audio', 30000],
        ['video', 30010],
        ['image', 30020],
        ['audio', 30030],
      ],
      [
        ['audio', 40000],
        ['video', 0],
        ['text', 40020],
      ],
    ),
  ]),
  ...calling('a call that is refused', (_, _h, alice, bob) => [
    lan(says(alice.from, alice.to, invite(alice, [['audio', 30000]]))),
    wan(says(bob.from, bob.to, answer(bob, '486 Busy', 'INVITE', []))),
    look,
  ]),
  ...calling('a call that is refused behind progress with sound', (_, h, alice, bob) => [
    lan(says(alice.from, alice.to, invite(alice, [['audio', 30000]]))),
    wan(says(bob.from, bob.to, answer(bob, '183 Progress', 'INVITE', [['audio', 40000]]))),
    look,
    wan(says(bob.from, bob.to, answer(bob, '480 Error', 'INVITE', []))),
    look,
    lan(`udp ${at(h.client, 30000)} > ${at(h.server, 40000)} data "rtp"`),
  ]),
  ...calling('a call that ends', (_, _h, alice, bob) => [
    ...call(alice, bob, [['audio', 30000]], [['audio', 40000]]),
    lan(
      says(alice.from, alice.to, message([`BYE sip:bob@${uri(alice.to)} SIP/2.0`, 'CSeq: 3 BYE'])),
    ),
    look,
  ]),
  ...calling('the same offer twice', (_, _h, alice) => [
    lan(says(alice.from, alice.to, invite(alice, [['audio', 30000]]))),
    lan(says(alice.from, alice.to, invite(alice, [['audio', 30000]]))),
    look,
  ]),
  ...calling('media at another address', (l3, h, alice) => [
    lan(
      says(
        alice.from,
        alice.to,
        invite(alice, [['audio', 30000]]).replaceAll(
          `IN ${l3 === 'ip' ? 'IP4' : 'IP6'} ${h.client}`,
          `IN ${l3 === 'ip' ? 'IP4' : 'IP6'} ${h.other}`,
        ),
      ),
    ),
    look,
  ]),
  ...calling('an odd port', (_, _h, alice) => [
    lan(says(alice.from, alice.to, invite(alice, [['audio', 30001]]))),
    look,
  ]),
  ...calling('a port below 1024', (_, _h, alice) => [
    lan(says(alice.from, alice.to, invite(alice, [['audio', 100]]))),
    look,
  ]),
  ...calling('no connection line', (_, _h, alice) => [
    lan(says(alice.from, alice.to, invite(alice, [['audio', 30000]]).replace(/c=.*\r\n/, ''))),
    look,
  ]),
  ...calling('a connection line with each stream', (l3, h, alice) => {
    const line = `c=IN ${l3 === 'ip' ? 'IP4' : 'IP6'} ${h.client}`;
    const text = invite(alice, [['audio', 30000]]).replace(`${line}\r\n`, '');
    return [lan(says(alice.from, alice.to, text.replace('a=sendrecv', line))), look];
  }),
  ...calling('no description', (_, _h, alice) => [
    lan(says(alice.from, alice.to, invite(alice, [['audio', 30000]]).replace('v=0', 'x=0'))),
    look,
  ]),
  ...calling('newlines without carriage returns', (_, _h, alice) => [
    lan(says(alice.from, alice.to, invite(alice, [['audio', 30000]]).replaceAll('\r', ''))),
    look,
  ]),
  ...calling('an answer of progress has media, too', (_, _h, alice, bob) => [
    lan(says(alice.from, alice.to, invite(alice, [['audio', 30000]]))),
    wan(says(bob.from, bob.to, answer(bob, '183 Progress', 'INVITE', [['audio', 40000]]))),
    look,
  ]),
];

const translated: Case[] = [
  ...calling(
    'through SNAT: every end of the call is rewritten',
    (l3, h, alice, bob) => [
      ...call(alice, bob, [['audio', 30000]], [['audio', 40000]]),
      wan(`udp ${at(h.server, 40000)} > ${at(PUBLIC[l3], 30000)} data "rtp"`),
      entries,
      lan(`udp ${at(h.client, 30001)} > ${at(h.server, 40001)} data "rtcp"`),
      entries,
    ],
    snat,
  ),
  ...calling(
    'through SNAT: two clients with one port',
    (_, h, alice) => [
      lan(says(alice.from, alice.to, invite(alice, [['audio', 30000]]))),
      lan(says(h.other, alice.to, invite({ ...alice, from: h.other }, [['audio', 30000]]), 5070)),
      look,
    ],
    snat,
  ),
  ...calling(
    'through SNAT: a message without a length',
    (_, _h, alice) => [
      lan(
        says(
          alice.from,
          alice.to,
          invite(alice, [['audio', 30000]]).replace(/Content-Length: \d+\r\n/, ''),
        ),
      ),
      look,
    ],
    snat,
  ),
  ...calling(
    'through SNAT: Via parameters',
    (_, _h, alice) => [
      lan(
        says(
          alice.from,
          alice.to,
          invite(alice, [['audio', 30000]]).replace(';rport', `;maddr=${uri(alice.from)};rport`),
        ),
      ),
    ],
    snat,
  ),
  ...both((l3, h) => ({
    name: 'SIP through DNAT: the client knows the server by the router',
    ruleset: rules(dnat(l3, 'udp', 5060, h.server)),
    steps: [
      lan(
        says(
          h.client,
          SERVICE[l3],
          invite({ l3, from: h.client, to: SERVICE[l3] }, [['audio', 30000]]),
        ),
      ),
      look,
      wan(
        says(
          h.server,
          h.client,
          answer({ l3, from: h.server, to: h.client }, '200 OK', 'INVITE', [['audio', 40000]]),
        ),
      ),
      look,
      lan(`udp ${at(h.client, 30000)} > ${at(SERVICE[l3], 40000)} data "rtp"`),
      entries,
    ],
  })),
  {
    name: 'SIP through SNAT: a phone that listens at another port than it sends from',
    ruleset: rules(snat('ip')),
    steps: [
      lan(says('10.0.0.2', '192.0.2.2', register('10.0.0.2', '192.0.2.2', mine), 50000)),
      look,
      wan(
        `udp 192.0.2.2:5060 > 192.0.2.9:50000 data "${escaped(registered('192.0.2.9', '200 OK', contactOf('192.0.2.9', 5060, ';expires=60')))}"`,
      ),
      look,
    ],
  },
];

const tcp: Case[] = both((l3, h) => {
  const s = new Session({
    client: h.client,
    server: h.server,
    seenClient: PUBLIC[l3],
    serverPort: 5060,
    clientPort: 5060,
  });
  const offer = invite({ l3, from: h.client, to: h.server }, [['audio', 30000]]).replaceAll(
    '/UDP',
    '/TCP',
  );
  // Each address that is rewritten is a byte shorter or longer; the content length keeps its digits.
  const delta = PUBLIC[l3].length - h.client.length;
  const rewritten = 5;
  return {
    name: 'SIP over TCP through SNAT: two messages in one segment, then more',
    ruleset: helped('sip', 'tcp', 5060, snat(l3)),
    steps: [
      ...s.open(),
      s.client(offer + message(['OPTIONS sip:x SIP/2.0', 'CSeq: 9 OPTIONS']), rewritten * delta),
      look,
      s.serverAck(),
      s.client(message(['OPTIONS sip:x SIP/2.0', 'CSeq: 9 OPTIONS'])),
      s.client('INVITE half of a message'),
    ],
  };
});

export const sip: Case[] = [...registers, ...registrations, ...calls, ...translated, ...tcp];
