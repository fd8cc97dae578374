// Random named sets, maps and objects, and the matches and statements that use them.

import type { Random } from '../../../src/core/index.ts';
import { OBJECTS } from './objects.ts';
import { ADDRESSES4, ADDRESSES6, type Part, PORTS, pick } from './words.ts';

/** A declaration that can be left out, and what rules may say once it is there. */
export interface Declaration {
  readonly name: string;
  readonly text: string;
  readonly parts: readonly Part[];
  /** Only in tables of these families. */
  readonly families?: readonly string[];
}

const some = <T>(r: Random, from: readonly T[]): T[] => {
  const chosen = new Set(Array.from({ length: 1 + r.below(3) }, () => pick(r, from)));
  return [...chosen];
};

const elements = (list: readonly (string | number)[]): string =>
  `elements = { ${list.join(', ')} }`;

const set = (name: string, body: string, parts: readonly Part[]): Declaration => ({
  name,
  text: `set ${name} {\n${body}\n}`,
  parts,
});

const map = (name: string, body: string, parts: readonly Part[]): Declaration => ({
  name,
  text: `map ${name} {\n${body}\n}`,
  parts,
});

type Make = (r: Random) => Declaration;
const OPS = ['', '!= '];
const STATEFUL = [
  '',
  ' counter',
  ' limit rate 1/hour burst 2 packets',
  ' limit rate over 1/hour burst 1 packets',
  ' quota over 100 bytes',
];

/** Ranges apart from each other, so that any choice of them makes a set. */
const RANGES4 = ['10.0.0.0/30', '10.0.0.4-10.0.0.9', '192.0.2.2', '192.0.2.4/31', '10.0.2.0/24'];
const RANGES6 = ['2001:db8::/126', '2001:db8::4-2001:db8::9', '2001:db8:1::/64'];
const PORT_RANGES = ['1-21', '22', '50-80', '443', '1000-2000', '5000-50000'];

const DECLARATIONS: readonly Make[] = [
  (r) =>
    set('s_addr', `type ipv4_addr\n${pick(r, ['', 'counter'])}\n${elements(some(r, ADDRESSES4))}`, [
      { l3: 'ip', l4: '', make: (x) => `ip saddr ${pick(x, OPS)}@s_addr` },
      { l3: 'ip', l4: '', make: (x) => `ip daddr ${pick(x, OPS)}@s_addr` },
    ]),
  (r) =>
    set('s_addr6', `type ipv6_addr\n${elements(some(r, ADDRESSES6))}`, [
      {
        l3: 'ip6',
        l4: '',
        make: (x) => `ip6 ${pick(x, ['saddr', 'daddr'])} ${pick(x, OPS)}@s_addr6`,
      },
    ]),
  (r) =>
    set('s_range', `type ipv4_addr\nflags interval\n${elements(some(r, RANGES4))}`, [
      {
        l3: 'ip',
        l4: '',
        make: (x) => `ip ${pick(x, ['saddr', 'daddr'])} ${pick(x, OPS)}@s_range`,
      },
    ]),
  (r) =>
    set('s_range6', `type ipv6_addr\nflags interval\n${elements(some(r, RANGES6))}`, [
      {
        l3: 'ip6',
        l4: '',
        make: (x) => `ip6 ${pick(x, ['saddr', 'daddr'])} ${pick(x, OPS)}@s_range6`,
      },
    ]),
  (r) =>
    set('s_port', `type inet_service\nflags interval\n${elements(some(r, PORT_RANGES))}`, [
      { l3: '', l4: 'th', make: (x) => `th ${pick(x, ['sport', 'dport'])} ${pick(x, OPS)}@s_port` },
    ]),
  (r) =>
    set(
      's_mark',
      `type mark\nflags interval\n${elements(some(r, ['0-5', '7', '0x10-0x1ff', '0x10000-0x20000']))}`,
      [
        { l3: '', l4: '', make: (x) => `meta mark ${pick(x, OPS)}@s_mark` },
        { l3: '', l4: '', make: (x) => `ct mark ${pick(x, OPS)}@s_mark` },
      ],
    ),
  (r) =>
    set('s_name', `type ifname\n${elements(some(r, ['"eth0"', '"eth1"', '"lo"']))}`, [
      { l3: '', l4: '', make: (x) => `${pick(x, ['iifname', 'oifname'])} ${pick(x, OPS)}@s_name` },
    ]),
  (r) =>
    set('s_dscp', `typeof ip dscp\n${elements(some(r, ['cs0', 'cs1', 'ef', 'af41']))}`, [
      { l3: 'ip', l4: '', make: (x) => `ip dscp ${pick(x, OPS)}@s_dscp` },
    ]),
  (r) =>
    set(
      's_pair',
      `type ipv4_addr . inet_service\n${elements(some(r, ADDRESSES4).map((a) => `${a} . ${pick(r, PORTS)}`))}`,
      [
        { l3: 'ip', l4: 'tcp', make: (x) => `ip saddr . tcp dport ${pick(x, OPS)}@s_pair` },
        { l3: 'ip', l4: 'udp', make: (x) => `ip daddr . udp sport ${pick(x, OPS)}@s_pair` },
      ],
    ),
  (r) =>
    set(
      's_pipapo',
      `type ipv4_addr . inet_service\nflags interval\n${elements(some(r, RANGES4).map((a) => `${a} . ${pick(r, PORT_RANGES)}`))}`,
      [
        { l3: 'ip', l4: 'tcp', make: (x) => `ip saddr . tcp dport ${pick(x, OPS)}@s_pipapo` },
        { l3: 'ip', l4: 'udp', make: (x) => `ip daddr . udp dport ${pick(x, OPS)}@s_pipapo` },
      ],
    ),
  (r) =>
    set(
      's_many',
      `type inet_proto . ipv4_addr . ipv4_addr . inet_service\nflags interval\n${elements([
        `tcp . 10.0.0.0/24 . ${pick(r, RANGES4)} . ${pick(r, PORT_RANGES)}`,
        `udp . ${pick(r, RANGES4)} . 0.0.0.0/0 . ${pick(r, PORT_RANGES)}`,
      ])}`,
      [
        {
          l3: 'ip',
          l4: 'any',
          make: (x) => `ip protocol . ip saddr . ip daddr . th dport ${pick(x, OPS)}@s_many`,
        },
      ],
    ),
  (r) => {
    const timed = pick(r, ['', ',timeout\ntimeout 1h']);
    const kind = pick(r, STATEFUL);
    return set('d_addr', `type ipv4_addr\nflags dynamic${timed}\nsize ${pick(r, [2, 100])}`, [
      {
        l3: 'ip',
        l4: '',
        make: (x) => `${pick(x, ['add', 'update'])} @d_addr { ip saddr${kind} }`,
      },
      {
        l3: 'ip',
        l4: '',
        make: (x) => `ip ${pick(x, ['saddr', 'daddr'])} ${pick(x, OPS)}@d_addr`,
      },
      { l3: 'ip', l4: '', make: () => 'delete @d_addr { ip saddr }' },
    ]);
  },
  (r) =>
    set('d_pair', `type ipv4_addr . inet_service\nflags dynamic\nsize ${pick(r, [3, 100])}`, [
      {
        l3: 'ip',
        l4: 'th',
        make: (x) =>
          `${pick(x, ['add', 'update'])} @d_pair { ip saddr . th dport${pick(x, ['', ' counter'])} }`,
      },
      { l3: 'ip', l4: 'th', make: (x) => `ip saddr . th dport ${pick(x, OPS)}@d_pair` },
    ]),
  (r) =>
    set('d_addr6', 'type ipv6_addr\nflags dynamic\nsize 100', [
      {
        l3: 'ip6',
        l4: '',
        make: (x) =>
          `${pick(x, ['add', 'update'])} @d_addr6 { ip6 saddr${pick(r, ['', ' counter'])} }`,
      },
      {
        l3: 'ip6',
        l4: '',
        make: (x) => `ip6 ${pick(x, ['saddr', 'daddr'])} ${pick(x, OPS)}@d_addr6`,
      },
    ]),
  (r) =>
    map(
      'm_mark',
      `type inet_service : mark\nflags interval\n${elements(some(r, PORT_RANGES).map((p) => `${p} : ${r.below(4)}`))}`,
      [
        {
          l3: '',
          l4: 'th',
          make: (x) => `${pick(x, ['meta', 'ct'])} mark set th dport map @m_mark`,
        },
      ],
    ),
  (r) =>
    map(
      'm_pair',
      `type ipv4_addr . inet_service : mark\n${elements(some(r, ADDRESSES4).map((a) => `${a} . ${pick(r, PORTS)} : ${r.below(4)}`))}`,
      [{ l3: 'ip', l4: 'udp', make: () => 'meta mark set ip saddr . udp dport map @m_pair' }],
    ),
  (r) =>
    map(
      'v_port',
      `type inet_service : verdict\nflags interval\n${elements(some(r, PORT_RANGES).map((p) => `${p} : ${pick(r, ['accept', 'drop', 'continue', 'return'])}`))}`,
      [{ l3: '', l4: 'th', verdict: true, make: () => 'th dport vmap @v_port' }],
    ),
  (r) =>
    map(
      'v_pair',
      `type ipv4_addr . inet_service : verdict\nflags interval\n${elements(some(r, RANGES4).map((a) => `${a} . ${pick(r, PORT_RANGES)} : ${pick(r, ['accept', 'drop', 'continue'])}`))}`,
      [{ l3: 'ip', l4: 'tcp', verdict: true, make: () => 'ip saddr . tcp dport vmap @v_pair' }],
    ),
  () => ({
    name: 'o_hits',
    text: 'counter o_hits {\n}',
    parts: [{ l3: '', l4: '', make: () => 'counter name "o_hits"' }],
  }),
  (r) => ({
    name: 'o_quota',
    text: `quota o_quota {\n${pick(r, ['over', 'until'])} ${pick(r, [100, 200])} bytes\n}`,
    parts: [{ l3: '', l4: '', make: () => 'quota name "o_quota"' }],
  }),
  (r) => ({
    name: 'o_limit',
    text: `limit o_limit {\nrate ${pick(r, ['', 'over '])}1/hour burst 3 packets\n}`,
    parts: [{ l3: '', l4: '', make: () => 'limit name "o_limit"' }],
  }),
];

const ALL: readonly Make[] = [...DECLARATIONS, ...OBJECTS];

/** Up to four declarations with different names. */
export function randomDeclarations(r: Random, family: string): Declaration[] {
  const made = Array.from({ length: r.below(5) }, () => pick(r, ALL)(r));
  return made.filter(
    (d, i) =>
      made.findIndex((o) => o.name === d.name) === i && (d.families?.includes(family) ?? true),
  );
}
