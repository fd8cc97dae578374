// Matches of iptables and ip6tables with values that random packets meet; the rest is in xt-rare-parts.ts.
// Not drawn: osf (its list is the whole machine's) and ipvs (this kernel has none).

import type { Random } from '../../../src/core/index.ts';
import { pick } from './words.ts';
import {
  address,
  chance,
  denied,
  INCOMING,
  type L3,
  mark,
  near,
  OUTGOING,
  PORTED,
  port,
  ports,
  some,
  span,
  type XtPart,
} from './xt-parts.ts';

const TCP_FLAGS = ['SYN', 'ACK', 'FIN', 'RST', 'PSH', 'URG'];

const flags = (r: Random): string => {
  const mask = chance(r, 30) ? 'ALL' : some(r, TCP_FLAGS, 4);
  const set = mask === 'ALL' ? some(r, TCP_FLAGS, 2) : pick(r, mask.split(','));
  return `${denied(r)}--tcp-flags ${mask} ${chance(r, 15) ? 'NONE' : set}`;
};

const CHUNKS = ['DATA', 'INIT', 'SACK', 'ABORT', 'INIT_ACK'];
const DCCP_TYPES = ['REQUEST', 'RESPONSE', 'DATA', 'ACK', 'RESET', 'INVALID'];

const TRANSPORTS: readonly XtPart[] = [
  {
    protocols: ['tcp'],
    make: (r) => `-m tcp ${denied(r)}--${pick(r, ['sport', 'dport'])} ${ports(r)}`,
  },
  { protocols: ['tcp'], make: (r) => `-m tcp ${flags(r)}` },
  { protocols: ['tcp'], make: (r) => `-m tcp ${denied(r)}--syn ${denied(r)}--dport ${ports(r)}` },
  { protocols: ['tcp'], make: (r) => `-m tcp ${denied(r)}--tcp-option ${pick(r, [2, 3, 4, 8])}` },
  { protocols: ['tcp'], make: (r) => `-m tcpmss ${denied(r)}--mss ${span(r, [1400, 1460])}` },
  {
    protocols: ['tcp'],
    make: (r) => `-m ecn ${denied(r)}--${pick(r, ['ecn-tcp-cwr', 'ecn-tcp-ece'])}`,
  },
  {
    protocols: ['udp'],
    make: (r) => `-m udp ${denied(r)}--${pick(r, ['sport', 'dport'])} ${ports(r)}`,
  },
  {
    protocols: ['udp'],
    make: (r) => `-m udp ${denied(r)}--sport ${ports(r)} ${denied(r)}--dport ${ports(r)}`,
  },
  {
    protocols: PORTED,
    make: (r) =>
      `-m multiport ${denied(r)}--${pick(r, ['sports', 'dports', 'ports'])} ${some(r, [port(r), port(r), '53:80', '1:1023', '443'])}`,
  },
  { protocols: ['sctp'], make: (r) => `-m sctp ${denied(r)}--dport ${ports(r)}` },
  {
    protocols: ['sctp'],
    make: (r) =>
      `-m sctp ${denied(r)}--chunk-types ${pick(r, ['any', 'all', 'only'])} ${some(r, CHUNKS)}`,
  },
  { protocols: ['dccp'], make: (r) => `-m dccp ${denied(r)}--sport ${ports(r)}` },
  { protocols: ['dccp'], make: (r) => `-m dccp ${denied(r)}--dccp-types ${some(r, DCCP_TYPES)}` },
  { protocols: ['dccp'], make: (r) => `-m dccp ${denied(r)}--dccp-option ${pick(r, [1, 2, 38])}` },
  { protocols: ['esp'], make: (r) => `-m esp ${denied(r)}--espspi ${span(r, [5])}` },
  {
    l3: 'ip',
    protocols: ['icmp'],
    make: (r) =>
      `-m icmp ${denied(r)}--icmp-type ${pick(r, ['any', '8', '0', '8/0', '3', '3/1', '3/3', '3/4', '11', 'echo-reply', 'fragmentation-needed'])}`,
  },
  {
    l3: 'ip6',
    protocols: ['icmpv6'],
    make: (r) =>
      `-m icmp6 ${denied(r)}--icmpv6-type ${pick(r, ['128', '129', '128/0', '1', '1/0', '1/4', '2', '3', 'echo-reply', 'packet-too-big'])}`,
  },
];

const TEXTS = ['abc', 'own', 'lite', 'a', 'secret'];
const FILTERS = [
  '4,48 0 0 9,21 0 1 17,6 0 0 1,6 0 0 0',
  '4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0',
  '4,48 0 0 6,21 0 1 17,6 0 0 1,6 0 0 0',
  '6,177 0 0 0,72 0 0 2,53 0 2 53,37 1 0 60,6 0 0 65535,6 0 0 0',
  '3,128 0 0 0,52 0 0 3,22 0 0 0',
];
const TESTS = [
  '0>>28=4',
  '0>>28=6',
  '6&0xFF=17',
  '6&0xFF=6,17&&0=0:0xffffffff',
  '0>>22&0x3C@0>>16=53:80,1024',
  '0>>22&0x3C@0&0xFFFF=53,80:443',
  '40&0xFFFF=53:80',
  '4=0:0xffff',
  '60=0:0xffffffff',
];
const DSCP = ['0', '46', '1', '0x3f'];
const TOS = ['0', '0xb8', '0xb8/0xfc', '0/0xff', '0x02/0x03', '0x10/0x3f'];

const text = (r: Random): string => {
  const ends = [...(chance(r, 25) ? [`--from ${near(r, [20, 28, 40, 48])}`] : [])];
  const to = chance(r, 25) ? [`--to ${60 + r.below(40)}`] : [];
  const icase = chance(r, 20) ? ['--icase'] : [];
  const word = chance(r, 25) ? '--hex-string "|61 62|c"' : `--string ${pick(r, TEXTS)}`;
  return [
    '-m string --algo',
    pick(r, ['bm', 'kmp']),
    ...ends,
    ...to,
    ...icase,
    denied(r) + word,
  ].join(' ');
};

const hops = (r: Random, name: string): string =>
  pick(r, [
    () => `${denied(r)}--${name}-eq ${near(r, [1, 2, 63, 64])}`,
    () => `--${name}-lt ${near(r, [1, 2, 63, 64])}`,
    () => `--${name}-gt ${near(r, [1, 2, 63, 64])}`,
  ])();

const HEADERS: readonly XtPart[] = [
  { make: (r) => `-m length ${denied(r)}--length ${span(r, [20, 28, 40, 48, 60, 68, 128])}` },
  { make: (r) => `-m dscp ${denied(r)}--dscp ${pick(r, DSCP)}` },
  { make: (r) => `-m dscp ${denied(r)}--dscp-class ${pick(r, ['EF', 'BE', 'CS1'])}` },
  { make: (r) => `-m tos ${denied(r)}--tos ${pick(r, TOS)}` },
  { make: (r) => `-m ecn ${denied(r)}--ecn-ip-ect ${r.below(4)}` },
  { l3: 'ip', make: (r) => `-m ttl ${hops(r, 'ttl')}` },
  { l3: 'ip6', make: (r) => `-m hl ${hops(r, 'hl')}` },
  { make: text },
  { make: (r) => `-m u32 ${denied(r)}--u32 "${pick(r, TESTS)}"` },
  { make: (r) => `-m bpf --bytecode "${pick(r, FILTERS)}"` },
  { l3: 'ip', make: (r) => pick(r, ['-f', '! -f']) },
  { make: () => '-m comment --comment "a comment"' },
];

const EXTENSIONS = ['hop-by-hop', 'dst', 'route', 'frag', 'auth', 'esp', 'none', 'protocol'];

const IPV6: readonly XtPart[] = [
  {
    l3: 'ip6',
    make: (r) =>
      `-m hbh${pick(r, ['', ' --hbh-len 8', ' ! --hbh-len 8', ' --hbh-opts 1', ' --hbh-opts 1:4', ' --hbh-opts 94:4'])}`,
  },
  {
    l3: 'ip6',
    make: (r) =>
      `-m dst${pick(r, ['', ' --dst-len 8', ' ! --dst-len 8', ' --dst-opts 1:4', ' --dst-opts 5:2'])}`,
  },
  {
    l3: 'ip6',
    make: (r) =>
      `-m rt${pick(r, ['', ' --rt-type 0', ' ! --rt-type 0', ' --rt-type 0 ! --rt-segsleft 1:', ' --rt-len 8', ' ! --rt-len 8'])}`,
  },
  {
    l3: 'ip6',
    make: (r) =>
      `-m frag${pick(r, ['', ' --fragfirst', ' --fragmore', ' --fraglast', ' --fraglen 8', ' ! --fragid 7'])}`,
  },
  { l3: 'ip6', make: (r) => `-m ah${pick(r, ['', ' --ahspi 5', ' ! --ahspi 5:6', ' --ahres'])}` },
  {
    l3: 'ip6',
    make: (r) =>
      `-m ipv6header ${denied(r)}--header ${some(r, EXTENSIONS)}${pick(r, ['', ' --soft'])}`,
  },
  {
    l3: 'ip6',
    make: (r) =>
      `-m srh${pick(r, ['', ' --srh-next-hdr 17', ' ! --srh-tag 7', ' --srh-segs-left-gt 0'])}`,
  },
  { l3: 'ip6', chains: INCOMING, make: () => '-m eui64' },
];

const TYPES = ['LOCAL', 'UNICAST', 'MULTICAST', 'UNSPEC'];
const TYPES4 = [...TYPES, 'BROADCAST', 'UNREACHABLE', 'BLACKHOLE', 'PROHIBIT'];

const range = (r: Random, l3: L3): string => {
  const net = pick(r, l3 === 'ip' ? ['10.0.0.', '192.0.2.'] : ['2001:db8::', '2001:db8:1::']);
  const from = 1 + r.below(4);
  return `${net}${from}-${net}${from + r.below(4)}`;
};

const PLACES: readonly XtPart[] = [
  {
    make: (r, { l3 }) =>
      `-m iprange ${denied(r)}--${pick(r, ['src', 'dst'])}-range ${range(r, l3)}`,
  },
  {
    make: (r, { l3 }) =>
      `-m iprange --src-range ${range(r, l3)} ${denied(r)}--dst-range ${range(r, l3)}`,
  },
  {
    make: (r, { l3 }) =>
      `-m addrtype ${denied(r)}--${pick(r, ['src', 'dst'])}-type ${some(r, l3 === 'ip' ? TYPES4 : TYPES)}`,
  },
  {
    chains: ['PREROUTING', 'INPUT'],
    make: (r) =>
      `-m addrtype ${denied(r)}--dst-type ${pick(r, ['LOCAL', 'UNICAST'])} --limit-iface-in`,
  },
  {
    chains: ['OUTPUT', 'POSTROUTING'],
    make: (r) =>
      `-m addrtype ${denied(r)}--src-type ${pick(r, ['LOCAL', 'UNICAST'])} --limit-iface-out`,
  },
  {
    chains: ['PREROUTING'],
    tables: ['raw', 'mangle'],
    make: (r) =>
      `-m rpfilter${pick(r, ['', ' --loose'])}${pick(r, ['', ' --validmark'])}${pick(r, ['', ' --accept-local'])}${pick(r, ['', ' --invert'])}`,
  },
  {
    chains: INCOMING,
    make: (r) => `-m mac ${denied(r)}--mac-source 02:00:00:00:02:0${r.below(3)}`,
  },
  {
    make: (r) =>
      `-m pkttype ${denied(r)}--pkt-type ${pick(r, ['unicast', 'broadcast', 'multicast'])}`,
  },
  { make: () => '-m cpu ! --cpu 4000' },
  {
    chains: INCOMING,
    make: (r) => `-m devgroup ${denied(r)}--src-group ${pick(r, ['0', '1/1', '0/3'])}`,
  },
  {
    chains: OUTGOING,
    make: (r) => `-m devgroup ${denied(r)}--dst-group ${pick(r, ['0', '1/1', '0/3'])}`,
  },
  {
    chains: INCOMING,
    make: (r) =>
      `-m physdev ${denied(r)}${pick(r, ['--physdev-in eth0', '--physdev-in eth1', '--physdev-in eth+', '--physdev-is-in', '--physdev-is-bridged'])}`,
  },
  {
    chains: ['FORWARD', 'POSTROUTING'],
    make: (r) =>
      `-m physdev ${pick(r, ['', '--physdev-is-bridged ', '--physdev-in eth0 '])}${denied(r)}${pick(r, ['--physdev-out eth0', '--physdev-out eth1', '--physdev-out e+', '--physdev-is-out'])}`,
  },
  { chains: INCOMING, make: (r) => `-m policy --dir in --pol ${pick(r, ['none', 'ipsec'])}` },
  {
    chains: ['OUTPUT', 'POSTROUTING'],
    make: (r) => `-m policy --dir out --pol ${pick(r, ['none', 'ipsec'])}`,
  },
  {
    l3: 'ip',
    chains: ['INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
    make: (r) => `-m realm ${denied(r)}--realm ${pick(r, ['0', '1/1', '5'])}`,
  },
  {
    chains: ['OUTPUT', 'POSTROUTING'],
    make: (r) =>
      `-m owner ${pick(r, ['--socket-exists', '! --socket-exists', '--uid-owner 0', '! --uid-owner 5', '--gid-owner 0-10'])}`,
  },
  {
    chains: ['OUTPUT', 'POSTROUTING'],
    make: (r) => `-m cgroup ${denied(r)}--cgroup ${r.below(2)}`,
  },
  {
    chains: ['PREROUTING', 'INPUT'],
    make: (r) => `-m socket${pick(r, ['', ' --transparent', ' --nowildcard'])}`,
  },
];

const STATES = ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED', 'SNAT', 'DNAT'];
const STATUS = ['NONE', 'EXPECTED', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED'];

const CONNECTIONS: readonly XtPart[] = [
  { make: (r) => `-m conntrack ${denied(r)}--ctstate ${some(r, STATES)}` },
  { make: (r) => `-m state ${denied(r)}--state ${some(r, STATES.slice(0, 5))}` },
  {
    make: (r) => `-m conntrack ${denied(r)}--ctproto ${pick(r, ['tcp', 'udp', '1', '58', '132'])}`,
  },
  {
    make: (r, { l3 }) =>
      `-m conntrack ${denied(r)}--ct${pick(r, ['origsrc', 'origdst', 'replsrc', 'repldst'])} ${address(r, l3)}${pick(r, ['', '', l3 === 'ip' ? '/24' : '/64'])}`,
  },
  {
    make: (r) =>
      `-m conntrack ${denied(r)}--ct${pick(r, ['origsrc', 'origdst', 'replsrc', 'repldst'])}port ${ports(r)}`,
  },
  { make: (r) => `-m conntrack ${denied(r)}--ctstatus ${some(r, STATUS)}` },
  {
    make: (r) =>
      `-m conntrack --ctdir ${pick(r, ['ORIGINAL', 'REPLY'])} ${denied(r)}--ctstate ${some(r, STATES)}`,
  },
  { make: (r) => `-m connmark ${denied(r)}--mark ${mark(r)}` },
  { make: (r) => `-m mark ${denied(r)}--mark ${mark(r)}` },
  { make: (r) => `-m connlabel ${denied(r)}--label ${r.below(3)}` },
  { make: (r) => `-m connlabel --label ${r.below(3)} --set` },
  { make: (r) => `-m helper ${denied(r)}--helper ftp` },
  {
    make: (r) =>
      `-m connbytes ${denied(r)}--connbytes ${pick(r, ['1', '2', '1:2', '60:200'])} --connbytes-dir ${pick(r, ['original', 'reply', 'both'])} --connbytes-mode ${pick(r, ['packets', 'bytes', 'avgpkt'])}`,
  },
  {
    // Both targets let a jiffy pass between packets (countsConnections in case.ts). Counts between are named
    // cases': a packet without a connection is one more here, and known by its addresses in the kernel.
    make: (r, { l3 }) =>
      `-m connlimit --connlimit-${pick(r, ['above', 'upto'])} ${pick(r, [0, 100])}${pick(r, ['', ' --connlimit-mask 0', ` --connlimit-mask ${l3 === 'ip' ? 24 : 64}`])}${pick(r, ['', ' --connlimit-daddr'])}`,
  },
  {
    make: (r) =>
      `-m cluster --cluster-total-nodes ${2 + r.below(3)} ${denied(r)}--cluster-local-node ${1 + r.below(2)} --cluster-hash-seed ${r.below(9)}`,
  },
];

const MODES = [
  'srcip',
  'dstip',
  'srcport',
  'dstport',
  'srcip,dstport',
  'srcip,dstip,srcport,dstport',
];

/** Names of lists and tables hang on the seed's draw: two rules may share a list of recent. */
const RATES: readonly XtPart[] = [
  { make: (r) => `-m limit --limit ${1 + r.below(3)}/hour --limit-burst ${1 + r.below(4)}` },
  { make: (r) => `-m quota ${denied(r)}--quota ${pick(r, [0, 40, 60, 100, 200])}` },
  {
    make: (r) => {
      const every = 1 + r.below(4);
      return `-m statistic --mode nth ${denied(r)}--every ${every} --packet ${r.below(every)}`;
    },
  },
  { make: (r) => `-m statistic --mode random ${denied(r)}--probability ${r.below(2)}` },
  {
    make: (r) =>
      `-m hashlimit --hashlimit-${pick(r, ['upto', 'above'])} ${1 + r.below(2)}/hour --hashlimit-burst ${1 + r.below(3)}${pick(r, ['', ` --hashlimit-mode ${pick(r, MODES)}`])} --hashlimit-name h${r.below(1_000_000)}`,
  },
  {
    make: (r) =>
      `-m recent --name list${r.below(2)} ${pick(r, ['--set', '! --set', '--rcheck', '! --rcheck', '--update', '! --update --seconds 100', '--remove', '--rcheck --seconds 100 --hitcount 2', '--update --hitcount 2', '--rcheck --rttl'])}${pick(r, ['', ' --rdest', ' --rsource'])}`,
  },
];

export const XT_MATCHES: readonly XtPart[] = [
  ...TRANSPORTS,
  // Seldom met otherwise: most parts fit every rule.
  ...TRANSPORTS,
  ...HEADERS,
  ...IPV6,
  ...PLACES,
  ...CONNECTIONS,
  ...RATES,
];
