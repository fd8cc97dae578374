// Fragments: reassembly before connection tracking, fragments again on the way out.

import type { Case, Step } from '../case.ts';
import { piece, pieces } from './crafted.ts';
import { at, both, filter, type Hosts, type L3, wait } from './words.ts';

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
    'the last piece of a long echo reply is no longer than the others',
    filter({ input: 'ct state new counter' }),
    (h) =>
      pieces(
        `${h.icmp} ${h.client} > ${h.router} echo-request id 3 seq 1 len 2892`,
        [0, 1000, 2000],
      ),
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
