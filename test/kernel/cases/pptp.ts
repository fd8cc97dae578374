// PPTP: the control connection by messages, GRE by packets.

import type { Case, Step } from '../case.ts';
import { helped, snat } from './helpers.ts';
import { Session } from './session.ts';

const look: Step = { look: 'expect' };
const entries: Step = { look: 'conntrack' };

const word = (value: number): string => String.fromCharCode(value >> 8, value & 255);
const zeros = (count: number): string => '\x00'.repeat(count);

/** A control message of a type, filled up to its size. */
const message = (type: number, body: string, size: number): string =>
  `${word(size + 12)}${word(1)}\x1a\x2b\x3c\x4d${word(type)}${word(0)}${body}${zeros(size - body.length)}`;

const START = message(1, word(0x100), 144);
const STARTED = message(2, `${word(0x100)}\x01`, 144);
const callOut = (id: number): string => message(7, word(id), 156);
const callReply = (id: number, peer: number, result = 1): string =>
  message(8, `${word(id)}${word(peer)}${String.fromCharCode(result)}`, 20);
const callIn = (id: number): string => message(9, word(id), 208);
const callInReply = (id: number, peer: number): string =>
  message(10, `${word(id)}${word(peer)}\x01`, 12);
const connect = (peer: number): string => message(11, word(peer), 16);
const clear = (id: number): string => message(12, word(id), 4);
const disconnect = (id: number): string => message(13, word(id), 136);

const sumOf = (bytes: readonly number[]): readonly [number, number] => {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  const check = ~((sum & 0xffff) + (sum >>> 16)) & 0xffff;
  return [check >> 8, check & 255];
};

/** An enhanced GRE packet to a call id, with a sequence number and a bit of PPP. */
const gre = (from: string, to: string, id: number): Uint8Array => {
  const bytes = (address: string): number[] => address.split('.').map(Number);
  const payload = [
    0x30,
    0x01,
    0x88,
    0x0b,
    0,
    4,
    id >> 8,
    id & 255,
    0,
    0,
    0,
    1,
    0xff,
    3,
    0xc0,
    0x21,
  ];
  const header = [
    0x45,
    0,
    0,
    20 + payload.length,
    0,
    0,
    0,
    0,
    64,
    47,
    0,
    0,
    ...bytes(from),
    ...bytes(to),
  ];
  [header[10], header[11]] = sumOf(header);
  return Uint8Array.from([...header, ...payload]);
};
/** "Port unreachable" of the server about a packet of the client. */
const refused = (quoted: Uint8Array): Step => {
  const icmp = [3, 3, 0, 0, 0, 0, 0, 0, ...quoted];
  [icmp[2], icmp[3]] = sumOf(icmp);
  const header = [0x45, 0, 0, 20 + icmp.length, 0, 0, 0, 0, 64, 1, 0, 0, 192, 0, 2, 2, 10, 0, 0, 2];
  [header[10], header[11]] = sumOf(header);
  return { on: 'eth1', packet: Uint8Array.from([...header, ...icmp]) };
};

const greOut = (id: number): Step => ({ on: 'eth0', packet: gre('10.0.0.2', '192.0.2.2', id) });
const greBack = (id: number, to = '10.0.0.2'): Step => ({
  on: 'eth1',
  packet: gre('192.0.2.2', to, id),
});

const talk = (name: string, steps: (s: Session) => readonly Step[], more = ''): Case => {
  const s = new Session({
    client: '10.0.0.2',
    server: '192.0.2.2',
    serverPort: 1723,
    ...(more === '' ? {} : { seenClient: '192.0.2.9' }),
  });
  return {
    name: `PPTP: ${name}`,
    ruleset: helped('pptp', 'tcp', 1723, more),
    steps: [...s.open(), ...steps(s)],
  };
};

const called = (s: Session): Step[] => [
  s.client(START),
  s.server(STARTED),
  s.client(callOut(100)),
  s.server(callReply(200, 100)),
  look,
];

export const pptp: Case[] = [
  talk('a call out, the client speaks first', (s) => [
    ...called(s),
    greOut(200),
    entries,
    look,
    greBack(100),
    entries,
    greOut(201),
  ]),
  talk('an ICMP error about a call', (s) => [
    ...called(s),
    greOut(200),
    refused(gre('10.0.0.2', '192.0.2.2', 200)),
    refused(gre('10.0.0.2', '192.0.2.2', 201)),
  ]),
  talk('a call out, the server speaks first', (s) => [
    ...called(s),
    greBack(100),
    look,
    greOut(200),
    entries,
  ]),
  talk('a call in', (s) => [
    s.client(START),
    s.server(STARTED),
    s.server(callIn(300)),
    s.client(callInReply(400, 300)),
    s.server(connect(400)),
    look,
    greBack(400),
    greOut(300),
    entries,
  ]),
  talk('a call that ends', (s) => [
    ...called(s),
    greOut(200),
    greBack(100),
    s.client(clear(100)),
    entries,
    s.server(disconnect(200)),
    entries,
    look,
  ]),
  talk('a call that ends before anybody spoke', (s) => [
    ...called(s),
    s.server(disconnect(200)),
    look,
  ]),
  talk('a reply to another call', (s) => [
    s.client(START),
    s.server(STARTED),
    s.client(callOut(100)),
    s.server(callReply(200, 101)),
    look,
  ]),
  talk('a call that is refused', (s) => [
    s.client(START),
    s.server(STARTED),
    s.client(callOut(100)),
    s.server(callReply(200, 100, 2)),
    look,
  ]),
  talk('a call without a session', (s) => [
    s.client(callOut(100)),
    s.server(callReply(200, 100)),
    look,
  ]),
  talk('a session that is refused', (s) => [
    s.client(START),
    s.server(message(2, `${word(0x100)}\x02`, 144)),
    s.client(callOut(100)),
    s.server(callReply(200, 100)),
    look,
  ]),
  talk('a message that is too short', (s) => [
    s.client(START),
    s.server(STARTED),
    s.client(callOut(100).slice(0, -1)),
    s.server(callReply(200, 100)),
    look,
  ]),
  talk('another cookie', (s) => [
    s.client(START.replace('\x1a', '\x1b')),
    s.server(STARTED),
    s.client(callOut(100)),
    s.server(callReply(200, 100)),
    look,
  ]),
  talk('the same reply twice', (s) => [...called(s), s.server(callReply(200, 100)), look]),
  talk(
    'through SNAT: call ids are rewritten both ways',
    (s) => [
      s.client(START),
      s.server(STARTED),
      s.client(callOut(100)),
      s.server(callReply(200, 40000)),
      look,
      greOut(200),
      entries,
      greBack(40000, '192.0.2.9'),
      entries,
      s.client(clear(100)),
      s.server(disconnect(200)),
      entries,
    ],
    snat('ip'),
  ),
  talk(
    'through SNAT: the server speaks first',
    (s) => [
      s.client(START),
      s.server(STARTED),
      s.client(callOut(100)),
      s.server(callReply(200, 40000)),
      greBack(40000, '192.0.2.9'),
      entries,
      greOut(200),
      look,
    ],
    snat('ip'),
  ),
  {
    name: 'PPTP: GRE that nobody announced',
    ruleset: helped('pptp', 'tcp', 1723),
    steps: [greOut(200), greBack(100), entries],
  },
];
