// Helpers with other parameters than the kernel's modules have of themselves.

import { facility, setup, tpkt } from '../../../src/helpers/h323/bed-calls.ts';
import { registrationConfirm } from '../../../src/helpers/h323/bed-ras.ts';
import type { Case, Step } from '../case.ts';
import { fromKeeper, registration, toKeeper } from './h323-gatekeepers.ts';
import { helped, snat } from './helpers.ts';
import { Session } from './session.ts';
import {
  answer,
  contactOf,
  escaped,
  invite,
  type Party,
  PUBLIC,
  register,
  registered,
  says,
} from './sip-messages.ts';
import { at, both, type Hosts, type L3, lan, wan } from './words.ts';

const look: Step = { look: 'expect' };
const entries: Step = { look: 'conntrack' };

type Parameters = Readonly<Record<string, string>>;
const SIP = 'nf_conntrack_sip.sip';
const H323 = 'nf_conntrack_h323';

/** In both families, as it is and behind SNAT; `seen` is the client as the other side knows it. */
const having = (
  name: string,
  ruleset: (more: string) => string,
  modules: Parameters,
  steps: (h: Hosts, seen: string, l3: L3) => readonly Step[],
): Case[] =>
  [false, true].flatMap((hidden) =>
    both((l3, h) => ({
      name: `${name}${hidden ? ', through SNAT' : ''}`,
      ruleset: ruleset(hidden ? snat(l3) : ''),
      modules,
      steps: steps(h, hidden ? PUBLIC[l3] : h.client, l3),
    })),
  );

const sipRules = (more: string): string => helped('sip', 'udp', 5060, more);
const ONE = [['audio', 30000]] as const;
const offer = (party: Party): string => invite(party, ONE);

/** A call whose description names another address than the one it is signalled from. */
const elsewhere = (text: string, from: string, to: string): string =>
  text.replaceAll(/(IN IP[46]) \S+/g, (line, net: string) =>
    line === `${net} ${from}` ? `${net} ${to}` : line,
  );

const sip: Case[] = [
  ...having(
    'SIP, media not direct: from anybody',
    sipRules,
    { [`${SIP}_direct_media`]: '0' },
    (h, seen, l3) => [
      lan(says(h.client, h.server, offer({ l3, from: h.client, to: h.server }))),
      look,
      wan(
        says(
          h.server,
          seen,
          answer({ l3, from: h.server, to: seen }, '200 OK', 'INVITE', [['audio', 40000]]),
        ),
      ),
      look,
      wan(`udp ${at(h.dmz, 9)} > ${at(seen, 30000)} data "rtp"`),
      entries,
    ],
  ),
  ...having(
    'SIP, media not direct: of another machine',
    sipRules,
    { [`${SIP}_direct_media`]: '0' },
    (h, seen, l3) => [
      lan(
        says(
          h.client,
          h.server,
          elsewhere(offer({ l3, from: h.client, to: h.server }), h.client, h.other),
        ),
      ),
      look,
      wan(`udp ${at(h.server, 9)} > ${at(seen === h.client ? h.other : seen, 30000)} data "rtp"`),
      entries,
    ],
  ),
  ...having(
    'SIP, media not direct: two phones behind one NAT',
    sipRules,
    { [`${SIP}_direct_media`]: '0' },
    (h, seen, l3) => [
      lan(says(h.client, h.server, offer({ l3, from: h.client, to: h.server }))),
      // The registrar passes the offer on to the other phone, as it knows it.
      lan(says(h.other, h.server, register(h.other, h.server, contactOf(h.other, 5070)), 5070)),
      wan(
        `udp ${at(h.server, 5060)} > ${at(seen === h.client ? h.other : seen, 5070)} data "${escaped(
          elsewhere(offer({ l3, from: h.server, to: h.other }), h.server, seen),
        )}"`,
      ),
      look,
    ],
  ),
  ...having(
    'SIP, external media: behind the interface that signalling goes to',
    sipRules,
    { [`${SIP}_direct_media`]: '0', [`${SIP}_external_media`]: '1' },
    (h, _, l3) => [
      lan(
        says(
          h.client,
          h.server,
          elsewhere(offer({ l3, from: h.client, to: h.server }), h.client, h.wan),
        ),
      ),
      look,
      lan(
        says(
          h.client,
          h.server,
          elsewhere(offer({ l3, from: h.client, to: h.server }), h.client, h.server),
        ),
      ),
      look,
      lan(
        says(
          h.client,
          h.server,
          elsewhere(offer({ l3, from: h.client, to: h.server }), h.client, h.dmz),
        ),
      ),
      look,
    ],
  ),
  ...having(
    'SIP, signalling not direct: anybody may call',
    sipRules,
    { [`${SIP}_direct_signalling`]: '0' },
    (h, seen) => [
      lan(says(h.client, h.server, register(h.client, h.server, contactOf(h.client)))),
      wan(says(h.server, seen, registered(seen, '200 OK', contactOf(seen, 5060, ';expires=300')))),
      look,
      wan(`udp ${at(h.dmz, 6000)} > ${at(seen, 5060)} data "INVITE sip:a@b SIP/2.0"`),
      entries,
    ],
  ),
  ...having(
    'SIP: how long a connection lasts',
    sipRules,
    { [`${SIP}_timeout`]: '77' },
    (h, _, l3) => [
      lan(says(h.client, h.server, offer({ l3, from: h.client, to: h.server }))),
      entries,
    ],
  ),
];

const ftp: Case[] = having(
  'FTP, loose: a port at another address',
  (more) => helped('ftp', 'tcp', 21, more),
  { 'nf_conntrack_ftp.loose': '1' },
  (h, seen, l3) => {
    const s = new Session({
      client: h.client,
      server: h.server,
      serverPort: 21,
      ...(seen === h.client ? {} : { seenClient: seen }),
    });
    const port =
      l3 === 'ip'
        ? `PORT ${h.other.replaceAll('.', ',')},16,225\r\n`
        : `EPRT |2|${h.other}|4321|\r\n`;
    return [
      ...s.open(),
      s.server('220 ready\r\n'),
      s.client('NOOP\r\n'),
      s.client(port),
      look,
      wan(`tcp ${at(h.server, 20)} > ${at(seen === h.client ? h.other : seen, 4321)} syn seq 1`),
      entries,
    ];
  },
);

const amanda: Case[] = having(
  'Amanda: how long a connection lasts',
  (more) => helped('amanda', 'udp', 10080, more),
  { 'nf_conntrack_amanda.master_timeout': '55' },
  (h, seen) => [
    lan(`udp ${at(h.client, 850)} > ${at(h.server, 10080)} data "Amanda 2.4 REQ HANDLE"`),
    wan(`udp ${at(h.server, 10080)} > ${at(seen, 850)} data "Amanda 2.4 REP"`),
    entries,
  ],
);

const text = (message: Uint8Array): string => String.fromCharCode(...tpkt(message));

const h323: Case[] = [
  ...having(
    'RAS, not through the gatekeeper: anybody may call, as long as the registration lasts',
    (more) => helped('RAS', 'udp', 1719, more),
    { [`${H323}.gkrouted_only`]: '0', [`${H323}.default_rrq_ttl`]: '500' },
    (h, seen) => [
      toKeeper(h, registration([at(h.client, 1720)], [at(h.client, 1719)])),
      look,
      fromKeeper(h, seen, registrationConfirm({ call: [at(h.server, 1720)] })),
      entries,
      look,
      wan(`tcp ${at(h.dmz, 4000)} > ${at(seen, 1720)} syn seq 1`),
      entries,
    ],
  ),
  ...having(
    'Q.931, forwarded calls not filtered',
    (more) => helped('Q.931', 'tcp', 1720, more),
    { [`${H323}.callforward_filter`]: '0' },
    (h, seen) => {
      const s = new Session({
        client: h.client,
        server: h.server,
        serverPort: 1720,
        ...(seen === h.client ? {} : { seenClient: seen }),
      });
      return [
        ...s.open(),
        s.client(text(setup({}))),
        s.server(text(facility({ reason: 1, forwardTo: at(h.client, 1730) }))),
        look,
        s.client(text(facility({ reason: 1, forwardTo: at(h.other, 1731) }))),
        look,
      ];
    },
  ),
];

export const moduleParameters: Case[] = [...sip, ...ftp, ...amanda, ...h323];
