// H.323: calls and their channels; messages are those of src/helpers/h323/bed*.ts.

import {
  alerting,
  type Call,
  callProceeding,
  connect,
  facility,
  progress,
  q931,
  setup,
  tpkt,
} from '../../../src/helpers/h323/bed-calls.ts';
import {
  type Channel,
  openAck,
  openRequest,
  roundTrip,
} from '../../../src/helpers/h323/bed-channels.ts';
import type { Case, Step } from '../case.ts';
import { gatekeepers } from './h323-gatekeepers.ts';
import { dnat, helped, snat } from './helpers.ts';
import { Session } from './session.ts';
import { at, both, type Hosts, type L3, lan, wan } from './words.ts';

const look: Step = { look: 'expect' };
const entries: Step = { look: 'conntrack' };
const PUBLIC = { ip: '192.0.2.9', ip6: '2001:db8:1::9' } as const;
const SERVICE = { ip: '10.0.0.1', ip6: '2001:db8::1' } as const;

const text = (...parts: readonly Uint8Array[]): string =>
  parts.map((part) => String.fromCharCode(...part)).join('');

/** A call's signalling connection; `seen` is the client as the server knows it. */
export const signalling = (
  name: string,
  steps: (s: Session, h: Hosts, seen: string, l3: L3) => readonly Step[],
  more: Partial<Case> = {},
): Case[] =>
  [false, true].flatMap((hidden) =>
    both((l3, h) => {
      const s = new Session({
        client: h.client,
        server: h.server,
        serverPort: 1720,
        ...(hidden ? { seenClient: PUBLIC[l3] } : {}),
      });
      return {
        name: `Q.931: ${name}${hidden ? ', through SNAT' : ''}`,
        ruleset: helped('Q.931', 'tcp', 1720, hidden ? snat(l3) : ''),
        steps: [...s.open(), ...steps(s, h, hidden ? PUBLIC[l3] : h.client, l3)],
        ...more,
      };
    }),
  );

export const says = (...messages: readonly Uint8Array[]): string => text(...messages.map(tpkt));

export const sound = (address: string, port = 5000): Channel => ({
  forward: { media: at(address, port), control: at(address, port + 1) },
});
const heard = (address: string, port = 5000): Channel => ({
  reverse: { media: at(address, port), control: at(address, port + 1) },
});
export const controlOnly = (address: string, port = 5001): Channel => ({
  forward: { control: at(address, port) },
});

const ANSWERS: readonly (readonly [string, (call: Call) => Uint8Array])[] = [
  ['CallProceeding', callProceeding],
  ['Alerting', alerting],
  ['Connect', connect],
  ['Progress', progress],
  ['Facility', (call) => facility({ ...call, reason: 3 })],
];

const calls: Case[] = [
  ...signalling('a call with all its addresses', (s, h, seen) => [
    s.client(
      says(
        setup({
          control: at(h.client, 3000),
          called: at(h.server, 1720),
          caller: at(h.client, 40000),
          fastStart: [controlOnly(h.client), heard(h.client, 5002)],
        }),
      ),
    ),
    look,
    wan(`udp ${at(h.server, 6000)} > ${at(seen, 5000)} data "rtp"`),
    wan(`udp ${at(h.server, 6001)} > ${at(seen, 5001)} data "rtcp"`),
    wan(`tcp ${at(h.server, 6002)} > ${at(seen, 3000)} syn seq 1`),
    entries,
    look,
    lan(`udp ${at(h.client, 5000)} > ${at(h.server, 6000)} data "rtp"`),
    entries,
  ]),
  ...ANSWERS.flatMap(([name, answer]) =>
    signalling(`${name} from the server`, (s, h) => [
      s.client(says(setup({}))),
      s.server(says(answer({ control: at(h.server, 3001), fastStart: [sound(h.server, 7000)] }))),
      look,
      lan(`tcp ${at(h.client, 4100)} > ${at(h.server, 3001)} syn seq 1`),
      lan(`udp ${at(h.client, 4100)} > ${at(h.server, 7001)} data "rtcp"`),
      entries,
    ]),
  ),
  ...ANSWERS.flatMap(([name, answer]) =>
    signalling(`${name} from who called`, (s, h) => [
      s.client(says(answer({ control: at(h.client, 3001), fastStart: [sound(h.client, 7000)] }))),
      look,
    ]),
  ),
  ...signalling('addresses that are not the sender’s', (s, h) => [
    s.client(
      says(
        setup({
          control: at(h.other, 3000),
          called: at(h.other, 1720),
          caller: at(h.other, 40000),
          fastStart: [sound(h.other), { forward: { media: at(h.client, 0) } }],
        }),
      ),
    ),
    look,
    s.server(says(connect({ control: 'ipx' }))),
    look,
  ]),
  ...signalling('H.245 in the tunnel', (s, h) => [
    s.client(says(setup({ tunnelled: [openRequest(controlOnly(h.client)), roundTrip()] }))),
    look,
    s.server(
      says(
        connect({
          tunnelled: [
            roundTrip(),
            openAck({ forward: { media: at(h.server, 7000), control: at(h.server, 7001) } }),
            openRequest(sound(h.server, 7010)),
            roundTrip(),
            openRequest(sound(h.server, 7020)),
          ],
        }),
      ),
    ),
    look,
  ]),
  ...signalling('a Setup of version 4 hides its tunnel', (s, h) => [
    s.client(
      says(
        setup({
          later: true,
          control: at(h.client, 3000),
          tunnelled: [openRequest(controlOnly(h.client))],
        }),
      ),
    ),
    look,
  ]),
  ...signalling('a Connect of version 6', (s, h) => [
    s.server(
      says(
        connect(
          { control: at(h.server, 3001), tunnelled: [openRequest(sound(h.server, 7010))] },
          16,
        ),
      ),
    ),
    look,
    s.server(says(connect({ control: at(h.server, 3002) }, 15))),
    look,
  ]),
  ...signalling('five channels, four of them translated', (s, h) => [
    s.client(says(setup({ fastStart: [0, 2, 4, 6, 8].map((n) => sound(h.client, 5000 + n)) }))),
    look,
    s.client(says(setup({ fastStart: [sound(h.client, 5004)] }))),
    look,
  ]),
  ...signalling('the same H.245 address twice', (s, h) => [
    s.client(says(setup({ control: at(h.client, 3000) }))),
    s.client(says(facility({ reason: 3, control: at(h.client, 3000) }))),
    look,
  ]),
  ...signalling('messages in one segment', (s, h) => [
    s.client(
      says(
        setup({ control: at(h.client, 3000) }),
        facility({ reason: 3, control: at(h.client, 3001) }),
      ),
    ),
    look,
    s.client(
      says(setup({ control: at(h.client, 3002) })) +
        says(setup({ control: at(h.client, 3003) })).slice(0, -1),
    ),
    look,
    s.client(
      says(
        setup({ control: at(h.client, 3004) }),
        Uint8Array.of(8),
        setup({ control: at(h.client, 3005) }),
      ),
    ),
    look,
  ]),
  ...signalling('a header in a segment of its own', (s, h) => {
    const message = says(setup({ control: at(h.client, 3000) }));
    const more = says(setup({ control: at(h.client, 3001) }));
    return [
      s.client(message.slice(0, 4)),
      s.client(message.slice(4)),
      look,
      s.client(message.slice(0, 4)),
      s.client(message.slice(4, -1)),
      look,
      s.client(more.slice(0, 4)),
      s.clientAck(),
      s.client(more.slice(4)),
      look,
      s.client(more.slice(0, 4)),
      s.client(more.slice(4) + more),
      look,
    ];
  }),
  ...signalling('half of a message', (s, h) => {
    const message = says(setup({ control: at(h.client, 3000), fastStart: [sound(h.client)] }));
    return [
      s.client(message.slice(0, 50)),
      s.client(message.slice(50)),
      s.client(`\x03\x00\x00\x03${message.slice(4)}`),
      s.client('not a message'),
      look,
      s.client(`\x03\x00\x00\x04${message}`),
      look,
    ];
  }),
  ...signalling('elements before the user-user one', (s, h) => {
    const body = setup({ control: at(h.client, 3000) }).slice(10);
    const information = body.slice(body.indexOf(0x7e) + 4);
    return [
      s.client(says(q931(5, information, [0xa1]))),
      look,
      s.client(says(q931(5, information, [0x80, 0x28, 2, 0x41, 0x42]))),
      look,
      s.client(says(Uint8Array.of(9, ...q931(5, information).slice(1)))),
      s.client(says(q931(5, information).slice(0, -1))),
      s.client(says(q931(5, information, [0x28, 200]))),
      look,
    ];
  }),
];

/** Somebody called is forwarded to another. */
const forwards: Case[] = [
  ...signalling('a call is forwarded to the other side', (s, h, _, l3) => [
    s.client(says(setup({}))),
    s.server(says(facility({ reason: 1, forwardTo: at(h.dmz, 1720) }))),
    look,
    s.client(says(facility({ reason: 1, forwardTo: at(h.other, 1730) }))),
    look,
    wan(`tcp ${at(h.server, 4000)} > ${at(PUBLIC[l3], 1730)} syn seq 1`),
    wan(`tcp ${at(h.server, 4000)} > ${at(h.other, 1730)} syn seq 1`),
    entries,
  ]),
  ...signalling('a call is forwarded on its own side', (s, h) => [
    s.server(says(facility({ reason: 1, forwardTo: at(h.client, 1720) }))),
    look,
    s.server(says(facility({ reason: 1, forwardTo: at(h.client, 0) }))),
    s.server(says(facility({ reason: 1, forwardTo: 'ipx' }))),
    s.server(says(facility({ reason: 1, control: at(h.server, 3000) }))),
    look,
  ]),
];

/** The client knows the server by the router's address. */
const served: Case[] = both((l3, h) => {
  const s = new Session({
    client: h.client,
    server: h.server,
    seenServer: SERVICE[l3],
    serverPort: 1720,
  });
  return {
    name: 'Q.931 through DNAT: the answer names the address the client knows',
    ruleset: helped('Q.931', 'tcp', 1720, dnat(l3, 'tcp', 1720, h.server)),
    steps: [
      ...s.open(),
      s.client(
        says(
          setup({
            called: at(SERVICE[l3], 1720),
            caller: at(h.client, 40000),
            fastStart: [sound(h.client)],
          }),
        ),
      ),
      look,
      s.server(says(connect({ control: at(h.server, 3001), fastStart: [sound(h.server, 7000)] }))),
      look,
      lan(`tcp ${at(h.client, 4000)} > ${at(SERVICE[l3], 3001)} syn seq 1`),
      lan(`udp ${at(h.client, 5000)} > ${at(SERVICE[l3], 7000)} data "rtp"`),
      entries,
    ],
  };
});

const two: Case = (() => {
  const one = new Session({
    client: '10.0.0.2',
    server: '192.0.2.2',
    seenClient: PUBLIC.ip,
    serverPort: 1720,
  });
  const other = new Session({
    client: '10.0.0.3',
    server: '192.0.2.2',
    seenClient: PUBLIC.ip,
    clientPort: 40001,
    serverPort: 1720,
  });
  return {
    name: 'Q.931 through SNAT: two clients with the same media ports get pairs of their own',
    ruleset: helped('Q.931', 'tcp', 1720, snat('ip')),
    steps: [
      ...one.open(),
      ...other.open(),
      one.client(says(setup({ fastStart: [sound('10.0.0.2')] }))),
      other.client(says(setup({ fastStart: [{ forward: { control: '10.0.0.3:5001' } }] }))),
      look,
      wan(`udp 192.0.2.2:9 > ${PUBLIC.ip}:5003 data "rtcp"`),
      entries,
    ],
  };
})();

const refusedHelpers: Case = {
  name: 'H.323: helpers by protocol',
  ruleset: helped('RAS', 'udp', 1719),
  steps: [
    { nft: 'add ct helper inet helping a { type "RAS" protocol tcp; }', refused: true },
    { nft: 'add ct helper inet helping b { type "Q.931" protocol udp; }', refused: true },
    { nft: 'add ct helper inet helping c { type "H.245" protocol tcp; }', refused: true },
    { nft: 'add ct helper inet helping d { type "H.245" protocol udp; }' },
    { nft: 'add ct helper inet helping e { type "Q.931" protocol tcp; }' },
  ],
};

export const h323: Case[] = [...gatekeepers, ...calls, ...forwards, ...served, two, refusedHelpers];
