// H.323: gatekeepers, calls and their channels; messages are those of src/helpers/h323/bed*.ts.

import type { End } from '../../../src/helpers/h323/bed.ts';
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
import * as gk from '../../../src/helpers/h323/bed-ras.ts';
import type { Case, Step } from '../case.ts';
import { dnat, helped, snat } from './helpers.ts';
import { Session } from './session.ts';
import { at, both, type Hosts, type L3, lan, wan } from './words.ts';

const look: Step = { look: 'expect' };
const entries: Step = { look: 'conntrack' };
const PUBLIC = { ip: '192.0.2.9', ip6: '2001:db8:1::9' } as const;
const SERVICE = { ip: '10.0.0.1', ip6: '2001:db8::1' } as const;

const hex = (bytes: Uint8Array): string =>
  bytes.length === 0
    ? ''
    : `hex ${[...bytes].map((octet) => octet.toString(16).padStart(2, '0')).join('')}`;
const text = (...parts: readonly Uint8Array[]): string =>
  parts.map((part) => String.fromCharCode(...part)).join('');

const toKeeper = (h: Hosts, message: Uint8Array, from: string = h.client): Step =>
  lan(`udp ${at(from, 1719)} > ${at(h.server, 1719)} ${hex(message)}`);
const fromKeeper = (h: Hosts, to: string, message: Uint8Array): Step =>
  wan(`udp ${at(h.server, 1719)} > ${at(to, 1719)} ${hex(message)}`);

/** With a gatekeeper, as it is and behind SNAT; `seen` is the client as the gatekeeper knows it. */
const registering = (
  name: string,
  steps: (h: Hosts, seen: string, l3: L3) => readonly Step[],
): Case[] =>
  [false, true].flatMap((hidden) =>
    both((l3, h) => ({
      name: `RAS: ${name}${hidden ? ', through SNAT' : ''}`,
      ruleset: helped('RAS', 'udp', 1719, hidden ? snat(l3) : ''),
      steps: steps(h, hidden ? PUBLIC[l3] : h.client, l3),
    })),
  );

const registration = (call: readonly End[], ras: readonly End[], seconds?: number): Uint8Array =>
  gk.registrationRequest({ call, ras, ...(seconds === undefined ? {} : { seconds }) });

const keepers: Case[] = [
  ...registering('discovery', (h, seen) => [
    toKeeper(h, gk.gatekeeperRequest(at(h.client, 1719))),
    fromKeeper(h, seen, gk.gatekeeperConfirm(at(h.server, 1719))),
    look,
    fromKeeper(h, seen, gk.gatekeeperConfirm(at(h.server, 1718))),
    look,
    lan(
      `udp ${at(h.client, 3000)} > ${at(h.server, 1718)} ${hex(registration([at(h.client, 1720)], [at(h.client, 3000)]))}`,
    ),
    entries,
    look,
    wan(
      `udp ${at(h.server, 1718)} > ${at(seen, 3000)} ${hex(gk.gatekeeperConfirm(at(h.server, 1717)))}`,
    ),
    look,
  ]),
  ...registering('registration lets the gatekeeper call', (h, seen) => [
    toKeeper(h, registration([at(h.client, 1720)], [at(h.client, 1719)])),
    look,
    fromKeeper(h, seen, gk.registrationConfirm({ call: [at(h.server, 1720)], seconds: 100 })),
    entries,
    look,
    wan(`tcp ${at(h.server, 4000)} > ${at(seen, 1720)} syn seq 1`),
    entries,
    wan(`tcp ${at(h.server, 4001)} > ${at(seen, 1720)} syn seq 1`),
    entries,
    look,
  ]),
  ...registering('a registration that says how long', (h, seen) => [
    toKeeper(h, registration([at(h.client, 1720)], [at(h.client, 1719)], 50)),
    fromKeeper(h, seen, gk.registrationConfirm({ call: [at(h.client, 1720)] })),
    entries,
  ]),
  ...registering('many addresses', (h, seen) => [
    toKeeper(
      h,
      registration(
        [
          'ipx',
          '127.0.0.1:1720',
          '[2001:db8::2]:1720',
          at(h.other, 1720),
          at(h.client, 1722),
          at(h.client, 1720),
        ],
        [at(h.other, 1719), at(h.client, 1718), at(h.client, 1719)],
      ),
    ),
    look,
    fromKeeper(h, seen, gk.registrationConfirm({ call: [at(seen, 1722)] })),
  ]),
  ...registering('an address that only the sender reaches comes first', (h, seen) => [
    toKeeper(h, registration(['127.0.0.1:1720', at(h.client, 1720)], [at(h.client, 1719)])),
    look,
    toKeeper(h, gk.unregistrationRequest(['127.0.0.1:1720', at(h.client, 1720)])),
    entries,
    look,
    fromKeeper(h, seen, gk.registrationConfirm({ call: [at(h.client, 1720)] })),
  ]),
  ...registering('registered twice, then no more', (h, seen) => [
    toKeeper(h, registration([at(h.client, 1720)], [at(h.client, 1719)])),
    toKeeper(h, registration([at(h.client, 1720)], [at(h.client, 1719)])),
    toKeeper(h, registration([at(h.client, 1721)], [at(h.client, 1719)])),
    look,
    toKeeper(h, gk.unregistrationRequest([at(h.client, 1721)])),
    look,
    entries,
    wan(`tcp ${at(h.server, 4000)} > ${at(seen, 1721)} syn seq 1`),
    entries,
  ]),
  ...registering('admission of a caller and of who is called', (h, seen) => [
    toKeeper(h, registration([at(h.client, 1720)], [at(h.client, 1719)])),
    toKeeper(h, gk.admissionRequest({ caller: at(h.client, 3300) })),
    toKeeper(h, gk.admissionRequest({ called: at(h.client, 1720), caller: at(h.client, 1) })),
    toKeeper(h, gk.admissionRequest({ called: at(h.client, 1721), caller: at(h.other, 1) })),
    toKeeper(h, gk.admissionRequest({ called: at(h.client, 1721), caller: at(h.client, 2) })),
    fromKeeper(h, seen, gk.admissionConfirm(at(h.server, 1720))),
    look,
    fromKeeper(h, seen, gk.admissionConfirm(at(seen, 1720))),
    fromKeeper(h, seen, gk.admissionConfirm('ipx')),
    look,
    lan(`tcp ${at(h.client, 3300)} > ${at(h.server, 1720)} syn seq 1`),
    entries,
  ]),
  ...registering('location and status', (h, seen) => [
    toKeeper(h, registration([at(h.client, 1720)], [at(h.client, 1719)])),
    toKeeper(h, gk.locationRequest(at(h.client, 1719))),
    fromKeeper(h, seen, gk.locationConfirm(at(h.server, 1730), at(h.server, 1719))),
    look,
    toKeeper(h, gk.infoRequestResponse(at(h.client, 1719), [at(h.client, 1720)])),
    toKeeper(h, gk.infoRequestResponse(at(h.other, 1719), ['ipx', at(h.client, 1721)])),
  ]),
  ...registering('a message cut short does nothing', (h) => {
    const whole = registration([at(h.client, 1720)], [at(h.client, 1719)], 70000);
    return [1, 2, 3, 4, 10].flatMap((cut) => [toKeeper(h, whole.slice(0, -cut)), look]);
  }),
  ...registering('seconds at the very end', (h) => [
    toKeeper(
      h,
      gk.registrationRequest({
        call: [at(h.client, 1720)],
        ras: [at(h.client, 1719)],
        seconds: 300,
        short: true,
      }),
    ),
    look,
    entries,
  ]),
  ...registering('messages that nobody reads', (h) => [
    toKeeper(h, Uint8Array.of(0x0a, 0, 6, 0, 0)),
    toKeeper(h, Uint8Array.of(0x80, 1, 2, 3)),
    toKeeper(h, Uint8Array.of(0xff)),
    toKeeper(h, Uint8Array.of()),
    look,
  ]),
];

/** A call's signalling connection; `seen` is the client as the server knows it. */
const signalling = (
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

const says = (...messages: readonly Uint8Array[]): string => text(...messages.map(tpkt));

const sound = (address: string, port = 5000): Channel => ({
  forward: { media: at(address, port), control: at(address, port + 1) },
});
const heard = (address: string, port = 5000): Channel => ({
  reverse: { media: at(address, port), control: at(address, port + 1) },
});
const controlOnly = (address: string, port = 5001): Channel => ({
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

/** A call whose H.245 connection is open, and behind SNAT told of another way. */
const controlling = (
  name: string,
  steps: (control: Session, h: Hosts, seen: string) => readonly Step[],
): Case[] =>
  signalling(`H.245: ${name}`, (s, h, seen) => {
    const control = new Session({
      client: h.client,
      server: h.server,
      clientPort: 41000,
      serverPort: 3001,
      ...(seen === h.client ? {} : { seenClient: seen }),
    });
    return [
      s.client(says(setup({}))),
      s.server(says(connect({ control: at(h.server, 3001) }))),
      ...control.open(),
      entries,
      ...steps(control, h, seen),
    ];
  });

const channels: Case[] = [
  ...controlling('channels of sound and picture', (c, h, seen) => [
    c.client(says(openRequest(controlOnly(h.client, 5001)))),
    c.server(
      says(openAck({ forward: { media: at(h.server, 7000), control: at(h.server, 7001) } })),
    ),
    c.server(says(openRequest({ ...sound(h.server, 7002), video: true }))),
    c.client(
      says(
        openAck({ forward: { media: at(h.client, 5002) }, reverse: { media: at(h.client, 5004) } }),
      ),
    ),
    look,
    wan(`udp ${at(h.server, 7000)} > ${at(seen, 5000)} data "rtp"`),
    lan(`udp ${at(h.client, 5002)} > ${at(h.server, 7000)} data "rtp"`),
    entries,
  ]),
  ...controlling('what is said of silence is not read, and does not disturb', (c, h) => [
    c.client(says(openRequest({ forward: { control: at(h.client, 5001), silence: true } }))),
    look,
  ]),
  ...controlling('T.120 over a stack of its own', (c, h, seen) => [
    c.client(says(openRequest({ forward: {}, reverse: {}, data: at(h.client, 1503) }))),
    look,
    wan(`tcp ${at(h.server, 4444)} > ${at(seen, 1503)} syn seq 1`),
    entries,
    look,
    c.server(says(openAck({ data: at(h.server, 1503) }))),
    look,
    c.client(says(openRequest({ forward: {}, data: at(h.other, 1503) }))),
    look,
  ]),
  ...controlling('two messages, and one in halves', (c, h) => [
    c.client(says(roundTrip(), openRequest(controlOnly(h.client, 5001)))),
    look,
    c.client(says(roundTrip()).slice(0, 4)),
    c.client(says(roundTrip()).slice(4)),
    c.client(says(openRequest(sound(h.client, 5010))).slice(0, -1)),
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

export const h323: Case[] = [
  ...keepers,
  ...calls,
  ...forwards,
  ...channels,
  ...served,
  two,
  refusedHelpers,
];
