// Random objects and maps to them.

import type { Random } from '../../../src/core/index.ts';
import type { Declaration } from './sets.ts';
import { ADDRESSES4, type Part, PORTS, pick } from './words.ts';

const through = (
  r: Random,
  kind: 'counter' | 'quota' | 'limit',
  body: string,
  early = false,
): Declaration => {
  const name = `m_${kind}`;
  const ranges = r.below(2) === 0;
  const elements = ranges
    ? `1-80 : "${name}_a", 443-5353 : "${name}_b"`
    : `${pick(r, PORTS)} : "${name}_a"`;
  const use: Part = { l3: '', l4: 'th', make: () => `${kind} name th dport map @${name}` };
  return {
    name,
    text: `${kind} ${name}_a {\n${body}\n}\n${kind} ${name}_b {\n${body}\n}\nmap ${name} {\ntype inet_service : ${kind}\n${ranges ? 'flags interval\n' : ''}elements = { ${elements} }\n}`,
    parts: early ? [] : [use],
  };
};

/** Keys of several fields that are ranges, names or of IPv6, and maps to what is not a mark. */
// nft 1.0.6 writes blocks of marks as prefixes, which later ones do for addresses alone.
const MORE: readonly ((r: Random) => Declaration)[] = [
  (r) => ({
    name: 's_six',
    text: `set s_six {\ntype ipv6_addr . inet_service\nflags interval\nelements = { 2001:db8::/64 . 1-${pick(r, PORTS)}, 2001:db8:1::2-2001:db8:1::5 . ${pick(r, PORTS)}, ::/0 . 443 }\n}`,
    parts: [
      {
        l3: 'ip6',
        l4: 'th',
        make: (x) =>
          `ip6 ${pick(x, ['saddr', 'daddr'])} . th ${pick(x, ['sport', 'dport'])} ${pick(x, ['', '!= '])}@s_six`,
      },
    ],
  }),
  (r) => ({
    name: 's_named',
    text: `set s_named {\ntypeof iifname . ip saddr . meta mark\nflags interval\nelements = { "eth0" . 10.0.0.0/29 . 1-${2 + r.below(5)}, "eth1" . 192.0.2.2 . 1-0xffff }\n}`,
    parts: [
      {
        l3: 'ip',
        l4: '',
        make: (x) => `iifname . ip saddr . meta mark ${pick(x, ['', '!= '])}@s_named`,
      },
    ],
  }),
  (r) => ({
    name: 'v_six',
    text: `map v_six {\ntypeof ip6 saddr : verdict\nflags interval\nelements = { 2001:db8::2-2001:db8::5 : ${pick(r, ['accept', 'drop', 'continue'])}, 2001:db8:1::/64 : return }\n}`,
    parts: [
      {
        l3: 'ip6',
        l4: '',
        verdict: true,
        make: (x) => `ip6 ${pick(x, ['saddr', 'daddr'])} vmap @v_six`,
      },
    ],
  }),
  (r) => ({
    name: 'm_addr',
    text: `map m_addr {\ntypeof ip saddr . th dport : ip daddr\nflags interval\nelements = { 10.0.0.0/24 . 1-1023 : ${pick(r, ADDRESSES4)}, 192.0.2.0/24 . ${pick(r, PORTS)} : 10.0.0.7 }\n}`,
    parts: [
      {
        l3: 'ip',
        l4: 'th',
        make: () => 'ip daddr set ip saddr . th dport map @m_addr',
        hooks: ['prerouting', 'forward'],
      },
    ],
  }),
  (r) => ({
    // Of several expressions of an element, nft 1.0.6 tells one.
    name: 'd_stateful',
    text: `set d_stateful {\ntype ipv4_addr\nflags dynamic\nsize ${pick(r, [2, 50])}\n${pick(r, ['counter', 'quota over 60 bytes', 'quota 60 bytes', 'limit rate 1/hour burst 2 packets'])}\n}`,
    parts: [
      {
        l3: 'ip',
        l4: '',
        make: (x) =>
          `${pick(x, ['add', 'update'])} @d_stateful { ip ${pick(x, ['saddr', 'daddr'])} }`,
      },
      { l3: 'ip', l4: '', make: (x) => `ip saddr ${pick(x, ['', '!= '])}@d_stateful` },
    ],
  }),
  (r) => ({
    name: 'd_counted',
    text: `set d_counted {\ntype ipv4_addr\nflags dynamic\nsize 50\n}`,
    parts: [
      {
        l3: 'ip',
        l4: '',
        make: () => `add @d_counted { ip saddr ct count over ${pick(r, [500, 1000])} }`,
      },
      { l3: 'ip', l4: '', make: () => 'ip saddr @d_counted' },
    ],
  }),
  (r) => {
    // nft 1.0.6 makes a second set of the name for a second rule, which the kernel refuses.
    let use = `meter meter_flow { ip saddr timeout 1h limit rate ${pick(r, ['', 'over '])}1/hour burst 2 packets }`;
    const once = (): string => {
      const text = use;
      use = '';
      return text;
    };
    return { name: 'meter_flow', text: '', parts: [{ l3: 'ip', l4: '', make: once }] };
  },
];

export const OBJECTS: readonly ((r: Random) => Declaration)[] = [
  (r) => through(r, 'counter', ''),
  (r) => through(r, 'quota', `${pick(r, ['over', 'until'])} ${pick(r, [60, 150])} bytes`),
  (r) =>
    through(r, 'limit', `rate ${pick(r, ['', 'over '])}1/hour burst ${1 + r.below(3)} packets`),
  (r) => ({
    name: 'o_short',
    text: `ct timeout o_short {\nprotocol udp\npolicy = { unreplied : ${pick(r, [11, 40])}, replied : 77 };\n}`,
    parts: [{ l3: '', l4: 'udp', make: () => 'ct timeout set "o_short"', hooks: ['tracked'] }],
  }),
  (r) => ({
    name: 'o_quick',
    text: `ct timeout o_quick {\nprotocol tcp\nl3proto ip\npolicy = { established : ${pick(r, [99, 200])}, syn_sent : 7, close : 3 };\n}`,
    parts: [{ l3: 'ip', l4: 'tcp', make: () => 'ct timeout set "o_quick"', hooks: ['tracked'] }],
  }),
  (r) => ({
    name: 'o_more',
    text: `ct expectation o_more {\nprotocol udp\ndport ${pick(r, PORTS)}\ntimeout 1m\nsize ${1 + r.below(3)}\nl3proto ip\n}`,
    families: ['inet', 'ip'],
    parts: [
      { l3: 'ip', l4: '', make: () => 'ct expectation set "o_more"', hooks: ['forward', 'output'] },
    ],
  }),
  () => ({
    name: 'o_ftp',
    text: 'ct helper o_ftp {\ntype "ftp" protocol tcp\n}',
    parts: [{ l3: '', l4: 'tcp', make: () => 'ct helper set "o_ftp"', hooks: ['tracked'] }],
  }),
  (r) => ({
    name: 'd_marks',
    text: `map d_marks {\ntype ipv4_addr : mark\nflags dynamic\nsize ${pick(r, [2, 50])}\n}`,
    parts: [
      {
        l3: 'ip',
        l4: '',
        make: (x) => `${pick(x, ['add', 'update'])} @d_marks { ip saddr : ${x.below(4)} }`,
      },
      { l3: 'ip', l4: '', make: () => 'meta mark set ip saddr map @d_marks' },
    ],
  }),
  (r) => ({
    name: 'd_timed',
    text: `set d_timed {\ntype ipv4_addr . inet_service\nflags dynamic,timeout\ntimeout 1h\nsize ${pick(r, [2, 50])}\n}`,
    parts: [
      {
        l3: 'ip',
        l4: 'th',
        make: (x) =>
          `${pick(x, ['add', 'update'])} @d_timed { ip saddr . th dport${pick(x, ['', ' timeout 30s', ' counter', ' quota over 60 bytes'])} }`,
      },
      { l3: 'ip', l4: 'th', make: (x) => `ip saddr . th dport ${pick(x, ['', '!= '])}@d_timed` },
      { l3: 'ip', l4: 'th', make: () => 'delete @d_timed { ip daddr . th sport }' },
    ],
  }),
  (r) => ({
    name: 'v_any',
    text: `map v_any {\ntype ipv4_addr : verdict\nflags interval\nelements = { 10.0.0.0/30 : ${pick(r, ['accept', 'continue'])}, ${pick(r, ADDRESSES4.slice(3, 6))} : drop, * : ${pick(r, ['continue', 'return'])} }\n}`,
    parts: [
      {
        l3: 'ip',
        l4: '',
        verdict: true,
        make: (x) => `ip ${pick(x, ['saddr', 'daddr'])} vmap @v_any`,
      },
    ],
  }),
  (r) => ({
    name: 's_merged',
    text: `set s_merged {\ntype ipv4_addr\nflags interval\nauto-merge\nelements = { 10.0.0.0/29, 10.0.0.4-10.0.0.12, ${pick(r, ADDRESSES4)} }\n}`,
    parts: [{ l3: 'ip', l4: '', make: (x) => `ip saddr ${pick(x, ['', '!= '])}@s_merged` }],
  }),
  ...MORE,
];
