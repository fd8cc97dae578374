// Protocol headers as nft knows them: fields by offset and length in bits, the values that lead
// from one header to the next, and what a write to a field has to repair.

import {
  arpopType,
  type ByteOrder,
  bitmaskType,
  type Datatype,
  dccpPkttypeType,
  dscpType,
  ecnType,
  etheraddrType,
  ethertypeType,
  icmpCodeType,
  icmpTypeType,
  icmpv6CodeType,
  icmpv6TypeType,
  igmpTypeType,
  inetProtoType,
  inetServiceType,
  integerType,
  ip6addrType,
  ipaddrType,
  nfprotoType,
  tcpFlagType,
  xintegerType,
} from './datatype.ts';

/** Where a header stands; `inner` is what a UDP tunnel carries. */
export type Base = 'll' | 'nh' | 'th' | 'ih';
export const BASES: readonly Base[] = ['ll', 'nh', 'th', 'ih'];
export const BASE_NAMES: Readonly<Record<Base, string>> = {
  ll: 'link layer',
  nh: 'network layer',
  th: 'transport layer',
  ih: 'payload data',
};

/** Fields that exist only for certain ICMP types. */
export type IcmpDependency =
  | 'echo'
  | 'mtu'
  | 'address'
  | 'echo6'
  | 'mtu6'
  | 'mgmq6'
  | 'pptr6'
  | 'redirect6'
  | 'address6';

export interface Field {
  readonly name: string;
  readonly type: Datatype;
  readonly byteorder: ByteOrder;
  /** Bits from the start of the header. */
  readonly offset: number;
  readonly len: number;
  readonly icmp?: IcmpDependency;
}

/** What nft_inner.c needs to find the header behind a tunnel (NFTA_INNER_*). */
export interface InnerSpec {
  readonly type: 'vxlan' | 'geneve' | 'gre' | 'gretap';
  readonly hdrsize: number;
  readonly flags: number;
}

export interface Protocol {
  /** As the language spells it: `icmpv6`, `ether`. */
  readonly name: string;
  readonly base: Base;
  readonly fields: readonly Field[];
  /** The field that names the next protocol. */
  readonly key?: Field;
  /** The meta key matched in place of `key`, with the type and bits of its values. */
  readonly metaKey?: { readonly key: string; readonly type: Datatype; readonly len: number };
  /** Value of the key that leads to an upper protocol; the first of a kind is what nft generates. */
  readonly upper: readonly (readonly [value: number, name: string])[];
  /** Bits; only of headers that can be stacked (ether, vlan). */
  readonly length?: number;
  readonly checksum?: { readonly type: 'inet' | 'sctp'; readonly offset: number };
  /** Fields that the transport checksum covers too. */
  readonly pseudoHeader?: readonly string[];
  readonly inner?: InnerSpec;
}

const field = (
  name: string,
  offset: number,
  len: number,
  type: Datatype = integerType,
  icmp?: IcmpDependency,
): Field => ({ name, type, byteorder: 'big', offset, len, ...(icmp && { icmp }) });

const META_L4PROTO = { key: 'l4proto', type: inetProtoType, len: 8 };
const PORTS = [
  field('sport', 0, 16, inetServiceType),
  field('dport', 16, 16, inetServiceType),
] as const;

/** IANA protocol numbers that lead to a transport header nft has fields for. */
const TRANSPORT: Protocol['upper'] = [
  [50, 'esp'],
  [51, 'ah'],
  [108, 'comp'],
  [17, 'udp'],
  [136, 'udplite'],
  [6, 'tcp'],
  [33, 'dccp'],
  [132, 'sctp'],
];
const IP_UPPER: Protocol['upper'] = [
  [1, 'icmp'],
  [2, 'igmp'],
  [58, 'icmpv6'],
  ...TRANSPORT,
  [47, 'gre'],
  [47, 'gretap'],
];
const ETHER_UPPER: Protocol['upper'] = [
  [0x0800, 'ip'],
  [0x0806, 'arp'],
  [0x86dd, 'ip6'],
  [0x8100, 'vlan'],
];
const ETHER_UPPER_AD: Protocol['upper'] = [...ETHER_UPPER, [0x88a8, 'vlan']];

const etherType = field('type', 96, 16, ethertypeType);
const ether: Protocol = {
  name: 'ether',
  base: 'll',
  length: 112,
  fields: [field('daddr', 0, 48, etheraddrType), field('saddr', 48, 48, etheraddrType), etherType],
  key: etherType,
  upper: ETHER_UPPER_AD,
};

const vlanType = field('type', 16, 16, ethertypeType);
const vlan: Protocol = {
  name: 'vlan',
  base: 'll',
  length: 32,
  fields: [
    field('pcp', 0, 3),
    field('dei', 3, 1),
    field('cfi', 3, 1),
    field('id', 4, 12),
    vlanType,
  ],
  key: vlanType,
  upper: ETHER_UPPER_AD,
};

/** RFC 826 with Ethernet and IPv4 addresses. */
const arp: Protocol = {
  name: 'arp',
  base: 'nh',
  fields: [
    field('htype', 0, 16),
    field('ptype', 16, 16, ethertypeType),
    field('hlen', 32, 8),
    field('plen', 40, 8),
    field('operation', 48, 16, arpopType),
    field('saddr ether', 64, 48, etheraddrType),
    field('saddr ip', 112, 32, ipaddrType),
    field('daddr ether', 144, 48, etheraddrType),
    field('daddr ip', 192, 32, ipaddrType),
  ],
  upper: [],
};

const ip: Protocol = {
  name: 'ip',
  base: 'nh',
  fields: [
    field('version', 0, 4),
    field('hdrlength', 4, 4),
    field('dscp', 8, 6, dscpType),
    field('ecn', 14, 2, ecnType),
    field('length', 16, 16),
    field('id', 32, 16),
    field('frag-off', 48, 16, xintegerType),
    field('ttl', 64, 8),
    field('protocol', 72, 8, inetProtoType),
    field('checksum', 80, 16),
    field('saddr', 96, 32, ipaddrType),
    field('daddr', 128, 32, ipaddrType),
  ],
  metaKey: META_L4PROTO,
  upper: IP_UPPER,
  checksum: { type: 'inet', offset: 80 },
  pseudoHeader: ['saddr', 'daddr', 'protocol', 'length'],
};

const ip6: Protocol = {
  name: 'ip6',
  base: 'nh',
  fields: [
    field('version', 0, 4),
    field('dscp', 4, 6, dscpType),
    field('ecn', 10, 2, ecnType),
    field('flowlabel', 12, 20),
    field('length', 32, 16),
    field('nexthdr', 48, 8, inetProtoType),
    field('hoplimit', 56, 8),
    field('saddr', 64, 128, ip6addrType),
    field('daddr', 192, 128, ip6addrType),
  ],
  metaKey: META_L4PROTO,
  upper: IP_UPPER,
  pseudoHeader: ['saddr', 'daddr', 'nexthdr', 'length'],
};

const icmpType = field('type', 0, 8, icmpTypeType);
const icmp: Protocol = {
  name: 'icmp',
  base: 'th',
  fields: [
    icmpType,
    field('code', 8, 8, icmpCodeType),
    field('checksum', 16, 16),
    field('id', 32, 16, integerType, 'echo'),
    field('sequence', 48, 16, integerType, 'echo'),
    field('gateway', 32, 32, integerType, 'address'),
    field('mtu', 48, 16, integerType, 'mtu'),
  ],
  key: icmpType,
  upper: [],
  checksum: { type: 'inet', offset: 16 },
};

const icmpv6Type = field('type', 0, 8, icmpv6TypeType);
const icmpv6: Protocol = {
  name: 'icmpv6',
  base: 'th',
  fields: [
    icmpv6Type,
    field('code', 8, 8, icmpv6CodeType),
    field('checksum', 16, 16),
    field('parameter-problem', 32, 32, integerType, 'pptr6'),
    field('mtu', 32, 32, integerType, 'mtu6'),
    field('id', 32, 16, integerType, 'echo6'),
    field('sequence', 48, 16, integerType, 'echo6'),
    field('max-delay', 32, 16, integerType, 'mgmq6'),
    field('taddr', 64, 128, ip6addrType, 'address6'),
    field('daddr', 192, 128, ip6addrType, 'redirect6'),
  ],
  key: icmpv6Type,
  upper: [],
  checksum: { type: 'inet', offset: 16 },
};

const igmp: Protocol = {
  name: 'igmp',
  base: 'th',
  fields: [
    field('type', 0, 8, igmpTypeType),
    field('mrt', 8, 8),
    field('checksum', 16, 16),
    field('group', 32, 32),
  ],
  upper: [],
  checksum: { type: 'inet', offset: 16 },
};

/** No checksum to repair by offset: zero means none here, so a write asks for the L4 update. */
const udp: Protocol = {
  name: 'udp',
  base: 'th',
  fields: [...PORTS, field('length', 32, 16), field('checksum', 48, 16)],
  upper: [
    [0, 'vxlan'],
    [0, 'geneve'],
  ],
};

const udplite: Protocol = {
  name: 'udplite',
  base: 'th',
  fields: [...PORTS, field('csumcov', 32, 16), field('checksum', 48, 16)],
  upper: [],
};

const tcp: Protocol = {
  name: 'tcp',
  base: 'th',
  fields: [
    ...PORTS,
    field('sequence', 32, 32),
    field('ackseq', 64, 32),
    field('doff', 96, 4),
    field('reserved', 100, 4),
    field('flags', 104, 8, tcpFlagType),
    field('window', 112, 16),
    field('checksum', 128, 16),
    field('urgptr', 144, 16),
  ],
  upper: [],
  checksum: { type: 'inet', offset: 128 },
};

const dccp: Protocol = {
  name: 'dccp',
  base: 'th',
  fields: [...PORTS, field('type', 67, 4, dccpPkttypeType)],
  upper: [],
};

const sctp: Protocol = {
  name: 'sctp',
  base: 'th',
  fields: [...PORTS, field('vtag', 32, 32), field('checksum', 64, 32)],
  upper: [],
  checksum: { type: 'sctp', offset: 64 },
};

const ahNext = field('nexthdr', 0, 8, inetProtoType);
const ah: Protocol = {
  name: 'ah',
  base: 'th',
  fields: [
    ahNext,
    field('hdrlength', 8, 8),
    field('reserved', 16, 16),
    field('spi', 32, 32),
    field('sequence', 64, 32),
  ],
  key: ahNext,
  upper: TRANSPORT,
};

const esp: Protocol = {
  name: 'esp',
  base: 'th',
  fields: [field('spi', 0, 32), field('sequence', 32, 32)],
  upper: [],
};

const compNext = field('nexthdr', 0, 8, inetProtoType);
const comp: Protocol = {
  name: 'comp',
  base: 'th',
  fields: [compNext, field('flags', 8, 8, bitmaskType), field('cpi', 16, 16)],
  key: compNext,
  upper: TRANSPORT,
};

/** include/uapi/linux/netfilter/nf_tables.h: NFT_INNER_HDRSIZE 1, LL 2, NH 4, TH 8. */
const gre: Protocol = {
  name: 'gre',
  base: 'th',
  fields: [field('flags', 0, 5), field('version', 13, 3), field('protocol', 16, 16, ethertypeType)],
  metaKey: META_L4PROTO,
  upper: [],
  inner: { type: 'gre', hdrsize: 4, flags: 12 },
};
const gretap: Protocol = {
  name: 'gretap',
  base: 'th',
  fields: [],
  metaKey: META_L4PROTO,
  upper: [],
  inner: { type: 'gretap', hdrsize: 4, flags: 14 },
};
const vxlan: Protocol = {
  name: 'vxlan',
  base: 'ih',
  fields: [field('flags', 0, 8, bitmaskType), field('vni', 32, 24)],
  upper: ETHER_UPPER,
  inner: { type: 'vxlan', hdrsize: 8, flags: 15 },
};
const geneve: Protocol = {
  name: 'geneve',
  base: 'ih',
  fields: [field('type', 16, 16, ethertypeType), field('vni', 32, 24)],
  upper: ETHER_UPPER,
  inner: { type: 'geneve', hdrsize: 8, flags: 15 },
};

/** The ports every transport protocol begins with. */
const th: Protocol = { name: 'th', base: 'th', fields: PORTS, upper: [] };

// Protocols no packet has: what a family knows of a packet before anything was matched.

/** inet tables: IPv4 or IPv6, told apart by meta nfproto. */
const inet: Protocol = {
  name: 'inet',
  base: 'll',
  fields: [],
  metaKey: { key: 'nfproto', type: nfprotoType, len: 8 },
  upper: [
    [2, 'ip'],
    [10, 'ip6'],
  ],
};
/** netdev tables, told apart by meta protocol. */
const netdev: Protocol = {
  name: 'netdev',
  base: 'll',
  fields: [],
  metaKey: { key: 'protocol', type: ethertypeType, len: 16 },
  upper: ETHER_UPPER_AD,
};
/** Whatever transport either IP version carries. */
const inetService: Protocol = {
  name: 'inet-service',
  base: 'th',
  fields: [],
  metaKey: META_L4PROTO,
  upper: IP_UPPER,
};
const unknown: Protocol = { name: 'unknown', base: 'll', fields: [], upper: [] };

const ALL: readonly Protocol[] = [
  ether,
  vlan,
  arp,
  ip,
  ip6,
  icmp,
  icmpv6,
  igmp,
  udp,
  udplite,
  tcp,
  dccp,
  sctp,
  ah,
  esp,
  comp,
  gre,
  gretap,
  vxlan,
  geneve,
  th,
  inet,
  netdev,
  inetService,
  unknown,
];

export const PROTOCOLS: ReadonlyMap<string, Protocol> = new Map(ALL.map((p) => [p.name, p]));

/** A protocol that is known to exist, by the name above. */
export function protocol(name: string): Protocol {
  const found = PROTOCOLS.get(name);
  if (found === undefined) throw new RangeError(`no protocol description named ${name}`);
  return found;
}

export function findField(proto: Protocol, name: string): Field | undefined {
  return proto.fields.find((f) => f.name === name);
}

/** The protocol that a value of the key field leads to. */
export function upperByNumber(proto: Protocol, value: number): Protocol | undefined {
  const link = proto.upper.find(([number]) => number === value);
  return link && protocol(link[1]);
}

/** The value of the key field that leads to a protocol. */
export const numberOfUpper = (proto: Protocol, upper: Protocol): number | undefined =>
  proto.upper.find(([, name]) => name === upper.name)?.[0];
