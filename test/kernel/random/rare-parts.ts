// The rest of the language: keys, options and statements that rulesets have seldom. `ct count` is
// drawn only far from its bound: what one tick counted twice is the kernel's chance (nf_conncount.c, last_gc).

import { ADDRESSES4, ADDRESSES6, OPS, ORDERS, type Part, PORTS, pick } from './words.ts';

const any = (make: Part['make']): Part => ({ l3: '', l4: '', make });
const tcp = (make: Part['make']): Part => ({ l3: '', l4: 'tcp', make });
const ip = (make: Part['make']): Part => ({ l3: 'ip', l4: '', make });
const ip6 = (make: Part['make']): Part => ({ l3: 'ip6', l4: '', make });
/** Says its transport protocol itself. */
const open = (make: Part['make']): Part => ({ l3: '', l4: 'own', make });

export const RARE_MATCHES: readonly Part[] = [
  any((r) => `ct ${pick(r, ['', 'original ', 'reply '])}packets ${pick(r, ORDERS)}${r.below(4)}`),
  any((r) => `ct id ${pick(r, ['!= 0', '0'])}`),
  any((r) => `ct helper ${pick(r, OPS)}"ftp"`),
  any((r) => `ct label ${pick(r, [0, 3, 9])}`),
  any(
    (r) => `ct status ${pick(r, ['{ snat, dnat }', 'expected', 'confirmed', 'dying', 'assured'])}`,
  ),
  any(
    (r) => `ct direction . ct state { original . new, reply . ${pick(r, ['new', 'established'])} }`,
  ),
  any((r) => `ct mark . meta mark { 0 . ${r.below(3)}, 1 . 1, 2 . 0 }`),
  any((r) => `ct count ${pick(r, ['', 'over '])}1000`),
  open((r) => `ct original protocol ${pick(r, ['tcp', 'udp'])}`),
  {
    l3: 'ip6',
    l4: '',
    make: (r) =>
      `ct ${pick(r, ['original', 'reply'])} ip6 ${pick(r, ['saddr', 'daddr'])} ${pick(r, OPS)}${pick(r, ADDRESSES6)}`,
  },
  any((r) => `meta cpu >= ${pick(r, [0, 4000])}`),
  any((r) => `meta rtclassid ${pick(r, ORDERS)}${r.below(2)}`),
  any((r) => `meta ${pick(r, ['iifgroup', 'oifgroup'])} ${pick(r, OPS)}${r.below(2)}`),
  any((r) => `meta ${pick(r, ['iifkind', 'oifkind'])} ${pick(r, OPS)}"veth"`),
  any((r) => `meta ${pick(r, ['iiftype', 'oiftype'])} ${pick(r, OPS)}${pick(r, ['ether'])}`),
  any((r) => `meta ${pick(r, ['skuid', 'skgid'])} ${pick(r, ORDERS)}${r.below(2)}`),
  any((r) => `meta cgroup ${pick(r, OPS)}0`),
  any(() => 'meta random >= 0'),
  {
    l3: '',
    l4: '',
    make: (r) => `meta ipsec ${pick(r, ['exists', 'missing'])}`,
    hooks: ['prerouting', 'input', 'forward'],
  },
  { l3: '', l4: '', make: (r) => `meta sdif ${pick(r, OPS)}0`, hooks: ['input', 'forward'] },
  any(() => 'meta hour "00:00"-"23:59"'),
  any(
    (r) =>
      `meta day ${pick(r, OPS)}{ Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday }`,
  ),
  any((r) => `meta length . meta l4proto ${pick(r, OPS)}{ 40 . tcp, 35 . udp, 28-31 . udp }`),
  any((r) => `rt classid ${pick(r, OPS)}0`),
  any((r) => `rt ipsec ${pick(r, ['exists', 'missing'])}`),
  {
    l3: 'ip6',
    l4: '',
    make: (r) => `rt ip6 nexthop ${pick(r, OPS)}${pick(r, ADDRESSES6)}`,
    hooks: ['forward', 'output', 'postrouting'],
  },
  {
    l3: '',
    l4: 'tcp',
    make: (r) => `rt mtu ${pick(r, ORDERS)}${pick(r, [1440, 1460, 1500])}`,
    hooks: ['forward', 'output', 'postrouting'],
  },
  any((r) => `${pick(r, ['symhash mod 1', 'numgen random mod 1'])} ${pick(r, OPS)}0`),
  any((r) => `numgen random mod 3 offset 5 ${pick(r, ['5-7', '!= 5-7', '0-4'])}`),
  any((r) => `numgen inc mod 4 offset ${r.below(3)} ${pick(r, ORDERS)}${r.below(4)}`),
  ip((r) => `jhash ip saddr . ip daddr mod 3 seed 0x${1 + r.below(9)} offset 2 ${2 + r.below(3)}`),
  any((r) => `fib daddr . mark type ${pick(r, OPS)}${pick(r, ['local', 'unicast', 'multicast'])}`),
  {
    l3: '',
    l4: '',
    make: (r) => `fib saddr${pick(r, ['', ' . mark', ' . iif'])} oifname ${pick(r, OPS)}"eth0"`,
    hooks: ['prerouting', 'input', 'forward'],
  },
  {
    l3: '',
    l4: '',
    make: (r) => `fib saddr . oif type ${pick(r, OPS)}${pick(r, ['local', 'unicast'])}`,
    hooks: ['forward', 'output', 'postrouting'],
  },
  tcp(
    (r) =>
      `tcp option sack${pick(r, ['', '0', '1', '3'])} ${pick(r, ['left', 'right'])} ${pick(r, ORDERS)}5200`,
  ),
  tcp(
    (r) =>
      `tcp option ${pick(r, ['fastopen', 'md5sig', 'mptcp', 'eol', 'nop', 'sack'])} ${pick(r, ['exists', 'missing'])}`,
  ),
  tcp((r) => `tcp option timestamp tsecr ${pick(r, ORDERS)}${r.below(2)}`),
  tcp((r) => `tcp option mptcp subtype ${r.below(2)}`),
  tcp(
    (r) =>
      `tcp option @${pick(r, [2, 3, 8, 254])},${pick(r, [0, 8, 16])},8 ${pick(r, ORDERS)}${r.below(12)}`,
  ),
  tcp((r) => `tcp flags & (syn|ack|fin) ${pick(r, ['==', '!='])} syn|ack`),
  tcp((r) => `tcp reserved ${pick(r, OPS)}0`),
  open((r) => `sctp ${pick(r, ['sport', 'dport'])} ${pick(r, ORDERS)}${pick(r, PORTS)}`),
  open((r) => `sctp vtag ${pick(r, ORDERS)}${pick(r, [0, 7, 9])}`),
  open(
    (r) =>
      `sctp chunk ${pick(r, ['init', 'data', 'abort', 'sack'])} ${pick(r, ['exists', 'missing'])}`,
  ),
  open((r) => `sctp chunk data tsn ${pick(r, ORDERS)}1`),
  open((r) => `sctp chunk init init-tag ${pick(r, ORDERS)}7`),
  open((r) => `dccp type ${pick(r, OPS)}${pick(r, ['request', 'data'])}`),
  open((r) => `dccp dport ${pick(r, ORDERS)}${pick(r, PORTS)}`),
  open(
    (r) =>
      `udplite ${pick(r, ['dport', 'csumcov', 'checksum'])} ${pick(r, ORDERS)}${pick(r, [12, 53, 80])}`,
  ),
  open((r) => `esp ${pick(r, ['spi 5', 'spi != 5', 'sequence 1'])}`),
  open((r) => `ah ${pick(r, ['spi > 5', 'hdrlength 4'])}`),
  open((r) => `comp cpi ${pick(r, ORDERS)}5`),
  ip(
    (r) =>
      `ip option ${pick(r, ['rr', 'lsrr', 'ssrr'])} ${pick(r, ['length', 'ptr'])} ${pick(r, ORDERS)}${pick(r, [4, 11])}`,
  ),
  ip((r) => `ip option ra value ${pick(r, OPS)}0`),
  ip6((r) => `${pick(r, ['hbh', 'dst', 'rt'])} hdrlength ${pick(r, ORDERS)}${r.below(3)}`),
  ip6((r) => `dst nexthdr ${pick(r, OPS)}${pick(r, ['udp', 'tcp'])}`),
  ip6((r) => `rt ${pick(r, ['type', 'seg-left'])} ${pick(r, ORDERS)}${r.below(2)}`),
  ip6((r) => `frag id ${pick(r, ORDERS)}${pick(r, [5, 300])}`),
  ip6((r) => `mh type ${pick(r, ORDERS)}1`),
  ip6((r) => `srh tag ${pick(r, OPS)}5`),
  any((r) => `@ih,0,8 ${pick(r, ORDERS)}97`),
  ip((r) => `@nh,96,32 . @th,16,16 { 0x0a000002 . ${pick(r, PORTS)}, 0x0a000003 . 53 }`),
  {
    l3: 'ip',
    l4: 'tcp',
    verdict: true,
    make: (r) =>
      `tcp sport . tcp dport vmap { 1-30000 . ${pick(r, PORTS)} : drop, 40000 . 1-1023 : accept, * : continue }`,
  },
  {
    l3: 'ip',
    l4: '',
    verdict: true,
    make: (r) =>
      `ip saddr . ip daddr vmap { 10.0.0.0/24 . 192.0.2.0/24 : ${pick(r, ['accept', 'continue'])}, 192.0.2.2 . 10.0.0.0/8 : drop }`,
  },
  {
    l3: '',
    l4: '',
    verdict: true,
    make: (r) =>
      `iifname vmap { "eth0" : ${pick(r, ['accept', 'continue', 'drop'])}, "eth1" : return }`,
  },
  {
    l3: '',
    l4: '',
    verdict: true,
    make: (r) => `meta mark & 0x3 vmap { 0 : continue, 1 : ${pick(r, ['accept', 'drop'])} }`,
  },
];

export const RARE_STATEMENTS: readonly Part[] = [
  any((r) => `ct event set ${pick(r, ['new', 'new,destroy', 'related'])}`),
  any((r) => `ct label set ${pick(r, [0, 3, 9])}`),
  ip((r) => `ct mark set ip saddr map { 10.0.0.2 : ${r.below(4)}, 192.0.2.0/24 : 7 }`),
  any((r) => `meta mark set ct mark map { 0 : ${r.below(4)}, 1 : 2 }`),
  any(() => 'meta nftrace set 1'),
  any(
    (r) => `log ${pick(r, ['group 1', 'prefix "x" group 0 snaplen 5', 'level debug flags all'])}`,
  ),
  any((r) => `quota over ${pick(r, [60, 100])} bytes used ${r.below(50)} bytes`),
  any((r) => `limit rate ${pick(r, ['', 'over '])}1 kbytes/day burst ${pick(r, [40, 100])} bytes`),
  tcp((r) => `tcp option timestamp ${pick(r, ['tsval', 'tsecr'])} set ${r.below(9)}`),
  tcp((r) => `reset tcp option ${pick(r, ['maxseg', 'nop', '254'])}`),
  tcp((r) => `tcp flags set ${pick(r, ['syn', 'ack', 'syn|ack'])}`),
  tcp((r) => `tcp dport set tcp dport map { 22 : 80, 80 : ${pick(r, PORTS)} }`),
  tcp((r) => `tcp urgptr set ${r.below(3)}`),
  { l3: '', l4: 'udp', make: (r) => `udp ${pick(r, ['sport', 'checksum'])} set ${pick(r, PORTS)}` },
  ip(
    (r) => `ip saddr set ip saddr map { 10.0.0.2 : 10.0.0.7, 192.0.2.2 : ${pick(r, ADDRESSES4)} }`,
  ),
  {
    l3: 'ip6',
    l4: '',
    make: (r) => `ip6 daddr set ${pick(r, ADDRESSES6)}`,
    hooks: ['forward', 'output', 'postrouting'],
  },
  { l3: 'ip', l4: 'icmp', make: (r) => `icmp ${pick(r, ['sequence', 'code'])} set ${r.below(3)}` },
  // Of TCP and UDP alone: a message of another type has an id of chance.
  { l3: '', l4: 'th', make: (r) => `@th,${pick(r, [0, 16])},16 set ${pick(r, PORTS)}` },
  ip((r) => `@nh,8,8 set ${pick(r, [0, 4, 184])}`),
  {
    l3: 'ip',
    l4: '',
    families: ['ip'],
    make: (r) => `dup to ${pick(r, ['10.0.2.2', '10.0.2.3'])}${pick(r, ['', ' device "eth2"'])}`,
  },
  {
    l3: 'ip6',
    l4: '',
    families: ['ip6'],
    make: () => 'dup to 2001:db8:2::2 device "eth2"',
  },
  { l3: '', l4: '', families: ['netdev'], make: () => 'dup to "eth2"' },
];
