// Fragments: reassembly before connection tracking, fragments again on the way out.

import { put16, u16 } from '../../../src/bytes/index.ts';
import type { Case, Step } from '../case.ts';
import { packetOf } from '../frames.ts';
import { at, both, filter, type Hosts, type L3, wait } from './words.ts';

const IP6_FRAGMENT = 44;
const MORE_FRAGMENTS = 1;

function headerSum(header: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < header.length; i += 2) if (i !== 10) sum += u16(header, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Bytes `from` … `to` of an IPv4 packet's payload as a fragment. */
function fragment4(packet: Uint8Array, from: number, to: number, id: number): Uint8Array {
  const out = new Uint8Array([...packet.subarray(0, 20), ...packet.subarray(20 + from, 20 + to)]);
  put16(out, 2, out.length);
  put16(out, 4, id);
  put16(out, 6, (from >> 3) | (20 + to < packet.length ? 0x2000 : 0));
  put16(out, 10, headerSum(out.subarray(0, 20)));
  return out;
}

/** The same for IPv6, with a fragment header. */
function fragment6(packet: Uint8Array, from: number, to: number, id: number): Uint8Array {
  const more = 40 + to < packet.length ? MORE_FRAGMENTS : 0;
  const header = [
    packet[6]!,
    0,
    (from >> 8) & 0xff,
    (from & 0xf8) | more,
    0,
    0,
    id >> 8,
    id & 0xff,
  ];
  const out = new Uint8Array([
    ...packet.subarray(0, 40),
    ...header,
    ...packet.subarray(40 + from, 40 + to),
  ]);
  out[6] = IP6_FRAGMENT;
  put16(out, 4, out.length - 40);
  return out;
}

const cut = (packet: Uint8Array, from: number, to: number, id: number): Uint8Array =>
  (packet[0]! >> 4 === 6 ? fragment6 : fragment4)(packet, from, to, id);

let nextId = 0x100;

/** Fragments at the given offsets of the payload; the last reaches to the end. */
function pieces(notation: string, offsets: readonly number[]): Step[] {
  const packet = packetOf(notation);
  const payload = packet.length - (packet[0]! >> 4 === 6 ? 40 : 20);
  const id = nextId++;
  return offsets.map((from, i) => ({
    on: 'eth0',
    packet: cut(packet, from, offsets[i + 1] ?? payload, id),
  }));
}

/** One fragment by itself. */
const piece = (notation: string, from: number, to: number, id: number): Step => ({
  on: 'eth0',
  packet: cut(packetOf(notation), from, to, id),
});

const query = (h: Hosts, length = 2000): string =>
  `udp ${at(h.client, 1024)} > ${at(h.server, 53)} len ${length}`;

/** A rule that needs connection tracking, so that packets are reassembled first. */
const TRACKED = filter({ forward: 'ct state new counter\nudp dport 53 counter\ncounter' });
const UNTRACKED = filter({ forward: 'udp dport 53 counter\ncounter' });

const make = (
  name: string,
  ruleset: string,
  steps: (h: Hosts, l3: L3) => readonly Step[],
): Case[] =>
  both((l3, h) => ({
    name: `fragments: ${name}`,
    ruleset,
    steps: steps(h, l3),
    fresh: true,
    // Whoever reassembles IPv6 makes fragments with an identification of its own.
    ...(ruleset === UNTRACKED ? {} : { chance: ['fragid'] }),
  }));

export const fragments: readonly Case[] = [
  ...make('two in order are one packet for the rules', TRACKED, (h) => pieces(query(h), [0, 1000])),
  ...make('three in reverse order', TRACKED, (h) => pieces(query(h), [0, 800, 1600]).reverse()),
  ...make('the middle one missing', TRACKED, (h) =>
    pieces(query(h), [0, 800, 1600]).filter((_, i) => i !== 1),
  ),
  ...make('a duplicate', TRACKED, (h) => {
    const [a, b] = pieces(query(h), [0, 1000]) as [Step, Step];
    return [a, a, b];
  }),
  ...make('an overlap drops the whole packet', TRACKED, (h) => [
    piece(query(h), 0, 1000, 0x50),
    piece(query(h), 992, 1992, 0x50),
    piece(query(h), 1000, 2008, 0x50),
  ]),
  ...make('a fragment inside another', TRACKED, (h) => [
    piece(query(h), 0, 1400, 0x51),
    piece(query(h), 800, 1000, 0x51),
    piece(query(h), 1400, 2008, 0x51),
  ]),
  ...make('different identifications do not mix', TRACKED, (h) => [
    piece(query(h), 0, 1000, 0x52),
    piece(query(h), 1000, 2008, 0x53),
  ]),
  ...make(
    'without connection tracking each fragment goes its way; only the first has ports',
    UNTRACKED,
    (h) => pieces(query(h), [0, 1000]),
  ),
  ...make(
    'ip frag-off matches where nothing reassembles',
    filter({ forward: 'ip frag-off & 0x1fff != 0 counter\nexthdr frag exists counter\ncounter' }),
    (h) => pieces(query(h), [0, 1000]),
  ),
  ...make(
    'an echo request for the router in fragments is answered whole',
    filter({ input: 'ct state new counter' }),
    (h) => pieces(`${h.icmp} ${h.client} > ${h.router} echo-request id 3 seq 1 len 1600`, [0, 800]),
  ),
  ...make(
    'an echo request in fragments without connection tracking',
    filter({ input: 'counter' }),
    (h) => pieces(`${h.icmp} ${h.client} > ${h.router} echo-request id 3 seq 1 len 1600`, [0, 800]),
  ),
  ...make(
    'SNAT of a fragmented datagram',
    `table inet nat { chain post { type nat hook postrouting priority 100; policy accept; oifname "eth1" masquerade
    } }`,
    (h) => pieces(query(h), [0, 1000]),
  ),
  ...make('small fragments stay small', TRACKED, (h) => pieces(query(h, 600), [0, 200, 400])),
  ...make('an empty wait changes nothing', TRACKED, (h) => {
    const [a, b] = pieces(query(h), [0, 1000]) as [Step, Step];
    return [a, wait(0.1), b];
  }),
];
