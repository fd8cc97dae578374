// Which case asks the kernel about what: every expression in each of its forms, and at every place
// where rules stand. What is missing here is missing in the suite; what the kernel that judges does
// not have is said with its reason.

import { expect, test } from 'vitest';
import type { ExprKind } from '../src/program/index.ts';
import { GROUPS } from './kernel/cases/groups.ts';
import { census, PLACES } from './kernel/coverage/census.ts';

/** Forms of an expression; none where it has one only. */
type Forms = readonly string[];

const DIRECTED = ['src_ip', 'dst_ip', 'src_ip6', 'dst_ip6', 'proto_src', 'proto_dst'];

const FORMS: { readonly [K in ExprKind]: Forms } = {
  immediate: ['value', 'accept', 'drop', 'jump', 'goto', 'return', 'continue'],
  payload: ['link', 'network', 'transport', 'inner', 'tunnel'],
  'payload-write': [
    'link none',
    'network inet',
    'network none',
    'transport inet',
    'transport sctp',
  ],
  cmp: ['eq', 'neq', 'lt', 'lte', 'gt', 'gte'],
  range: ['eq', 'neq'],
  bitwise: ['mask-xor', 'lshift', 'rshift', 'and', 'or', 'xor'],
  byteorder: ['hton 2', 'hton 4', 'hton 8', 'ntoh 2', 'ntoh 4', 'ntoh 8'],
  meta: [
    ...['len', 'protocol', 'priority', 'mark', 'iif', 'oif', 'iifname', 'oifname', 'iiftype'],
    ...['oiftype', 'skuid', 'skgid', 'rtclassid', 'nfproto', 'l4proto', 'pkttype', 'cpu'],
    ...['iifgroup', 'oifgroup', 'cgroup', 'prandom', 'secpath', 'iifkind', 'oifkind'],
    ...['bri_iifname', 'bri_oifname', 'time', 'day', 'hour', 'sdif', 'sdifname'],
    ...['bri_iifhwaddr', 'bri_iifpvid', 'bri_iifvproto', 'secmark'],
  ],
  'meta-set': ['mark', 'priority', 'pkttype', 'nftrace', 'broute', 'secmark'],
  ct: [
    ...['state', 'direction', 'status', 'mark', 'expiration', 'helper', 'l3protocol', 'label'],
    ...['packets', 'bytes', 'avgpkt', 'zone', 'id', 'secmark'],
    ...['original', 'reply'].flatMap((dir) => DIRECTED.map((key) => `${dir} ${key}`)),
    ...['original protocol', 'original packets', 'reply bytes', 'original zone'],
    ...['original src', 'original dst', 'reply src', 'reply dst'],
  ],
  'ct-set': ['mark', 'label', 'zone', 'original zone', 'event', 'secmark'],
  lookup: ['set', 'not', 'data', 'verdict'],
  dynset: ['add', 'update', 'delete'],
  counter: [],
  limit: ['packets', 'packets over', 'bytes', 'bytes over'],
  quota: ['until', 'over'],
  connlimit: ['until', 'over'],
  last: [],
  log: ['syslog', 'group'],
  reject: ['icmp', 'icmpx', 'tcp-reset'],
  nat: ['snat', 'dnat'],
  masq: [],
  redir: [],
  tproxy: ['ip', 'ip6', 'unspec'],
  synproxy: [],
  queue: [],
  dup: ['address', 'device'],
  fwd: ['address', 'device'],
  notrack: [],
  exthdr: [
    ...['ipv6', 'tcpopt', 'ipv4', 'sctp'].flatMap((op) => [`${op} value`, `${op} present`]),
    'dccp present',
  ],
  'exthdr-write': ['tcpopt'],
  'exthdr-reset': ['tcpopt'],
  fib: ['oif', 'oifname', 'type', 'present'],
  rt: ['classid', 'nexthop4', 'nexthop6', 'tcpmss', 'ipsec'],
  socket: ['transparent', 'mark', 'wildcard', 'cgroupv2'],
  osf: [],
  xfrm: ['in', 'out'].flatMap((dir) =>
    ['daddr4', 'daddr6', 'saddr4', 'saddr6', 'reqid', 'spi'].map((key) => `${dir} ${key}`),
  ),
  tunnel: ['path', 'id'],
  numgen: ['inc', 'random'],
  hash: ['jenkins', 'sym'],
  objref: [
    ...[
      'counter',
      'quota',
      'limit',
      'ct helper',
      'ct timeout',
      'ct expectation',
      'synproxy',
      'map',
    ],
    ...['connlimit', 'secmark', 'tunnel'],
  ],
  flow_offload: [],
  inner: ['vxlan', 'geneve', 'gre', 'gretap'],
  // Extensions of iptables have tables of their own.
  match: [],
  target: [],
  opaque: [],
};

const NO_BRIDGE = 'nft_meta_bridge is not built';
const NO_SECURITY = 'no security module labels packets';
const NO_LIST = 'nft 1.0.6, which tells the counters, dies of it';

/** What the kernel that judges, or the nft beside it, does not have. */
const LACKING: Readonly<Record<string, string>> = {
  'bitwise and': NO_LIST,
  'bitwise or': NO_LIST,
  'bitwise xor': NO_LIST,
  'meta bri_iifname': NO_BRIDGE,
  'meta bri_oifname': NO_BRIDGE,
  'meta bri_iifhwaddr': NO_BRIDGE,
  'meta bri_iifpvid': NO_BRIDGE,
  'meta bri_iifvproto': NO_BRIDGE,
  'meta secmark': NO_SECURITY,
  'meta-set broute': NO_BRIDGE,
  'meta-set secmark': NO_SECURITY,
  'ct secmark': NO_SECURITY,
  'ct-set secmark': NO_SECURITY,
  queue: 'nft_queue is not built',
  'exthdr dccp present': 'CONFIG_NFT_EXTHDR_DCCP is off',
  'socket cgroupv2': 'the host has cgroups of version 1',
  'objref connlimit': 'nft 1.0.6 has no word for the object',
  'objref secmark': NO_SECURITY,
  'objref tunnel': 'nft_tunnel has no objects here',
  flow_offload: 'nf_flow_table is not built',
};

/** The same of places. */
const NOWHERE: Readonly<Record<string, string>> = {
  'ct in bridge': 'nf_conntrack_bridge is not built',
  'ct-set in bridge': 'nf_conntrack_bridge is not built',
  'connlimit in inet ingress': 'what has no connection yet is counted until the next tick',
  'connlimit in bridge': 'nf_conntrack_bridge is not built',
  'reject in bridge': 'nft_reject_bridge is not built',
  'osf in ip6': 'Linux 6.18 refuses it, where nft and kernels before do not',
};
/** Whole kinds that are not there, and `tunnel`, which the kernel has for netdev alone. */
const ANYWHERE: readonly ExprKind[] = ['queue', 'flow_offload', 'tunnel'];

const counted = census(GROUPS.flatMap(({ cases }) => cases));
const names = GROUPS.flatMap(({ cases }) => cases.map(({ name }) => name));
const NOT_NFT: readonly string[] = ['match', 'target', 'opaque'];
const kinds = (Object.keys(FORMS) as ExprKind[]).filter((kind) => !NOT_NFT.includes(kind));

const facts = kinds.flatMap((kind) =>
  FORMS[kind].length === 0 ? [kind] : FORMS[kind].map((form) => `${kind} ${form}`),
);

test('every form of every expression has a case, or the kernel does not have it', () => {
  const missing = facts.filter((fact) => counted.get(fact) === undefined);
  expect(missing).toEqual(Object.keys(LACKING));
});

test('every expression is met at every place, evaluated or refused', () => {
  const missing = kinds
    .filter((kind) => !ANYWHERE.includes(kind))
    .flatMap((kind) =>
      PLACES.filter(
        (place) =>
          counted.get(`${kind} @ ${place}`) === undefined &&
          !names.some((name) => name.startsWith(`${kind} in ${place}: `)),
      ).map((place) => `${kind} in ${place}`),
    );
  expect(missing).toEqual(Object.keys(NOWHERE));
});
