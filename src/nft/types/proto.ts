// Protocol headers as nft knows them: fields by offset and length in bits, the values that lead
// from one header to the next, and what a write to a field has to repair.

import {
  arpopType,
  dscpType,
  ecnType,
  etheraddrType,
  ethertypeType,
  inetProtoType,
  ip6addrType,
  ipaddrType,
  nfprotoType,
  xintegerType,
} from './datatype.ts';
import {
  ETHER_UPPER_AD,
  type Field,
  field,
  IP_UPPER,
  META_L4PROTO,
  PORTS,
  type Protocol,
} from './header.ts';
import {
  ah,
  comp,
  dccp,
  esp,
  geneve,
  gre,
  gretap,
  icmp,
  icmpv6,
  igmp,
  sctp,
  tcp,
  udp,
  udplite,
  vxlan,
} from './proto-transport.ts';

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
  // Destructuring in these two takes an iterator for each entry; every match of a rule asks them.
  const link = proto.upper.find((entry) => entry[0] === value);
  return link && protocol(link[1]);
}

/** The value of the key field that leads to a protocol. */
export const numberOfUpper = (proto: Protocol, upper: Protocol): number | undefined =>
  proto.upper.find((entry) => entry[1] === upper.name)?.[0];
