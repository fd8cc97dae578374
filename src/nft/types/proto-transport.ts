// Headers above IP, and those that carry packets of their own.

import {
  bitmaskType,
  dccpPkttypeType,
  ethertypeType,
  icmpCodeType,
  icmpTypeType,
  icmpv6CodeType,
  icmpv6TypeType,
  igmpTypeType,
  inetProtoType,
  integerType,
  ip6addrType,
  tcpFlagType,
} from './datatype.ts';
import { ETHER_UPPER, field, META_L4PROTO, PORTS, type Protocol, TRANSPORT } from './header.ts';

export const icmpType = field('type', 0, 8, icmpTypeType);
export const icmp: Protocol = {
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

export const icmpv6Type = field('type', 0, 8, icmpv6TypeType);
export const icmpv6: Protocol = {
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

export const igmp: Protocol = {
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
export const udp: Protocol = {
  name: 'udp',
  base: 'th',
  fields: [...PORTS, field('length', 32, 16), field('checksum', 48, 16)],
  upper: [
    [0, 'vxlan'],
    [0, 'geneve'],
  ],
};

export const udplite: Protocol = {
  name: 'udplite',
  base: 'th',
  fields: [...PORTS, field('csumcov', 32, 16), field('checksum', 48, 16)],
  upper: [],
};

export const tcp: Protocol = {
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

export const dccp: Protocol = {
  name: 'dccp',
  base: 'th',
  fields: [...PORTS, field('type', 67, 4, dccpPkttypeType)],
  upper: [],
};

export const sctp: Protocol = {
  name: 'sctp',
  base: 'th',
  fields: [...PORTS, field('vtag', 32, 32), field('checksum', 64, 32)],
  upper: [],
  checksum: { type: 'sctp', offset: 64 },
};

export const ahNext = field('nexthdr', 0, 8, inetProtoType);
export const ah: Protocol = {
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

export const esp: Protocol = {
  name: 'esp',
  base: 'th',
  fields: [field('spi', 0, 32), field('sequence', 32, 32)],
  upper: [],
};

export const compNext = field('nexthdr', 0, 8, inetProtoType);
export const comp: Protocol = {
  name: 'comp',
  base: 'th',
  fields: [compNext, field('flags', 8, 8, bitmaskType), field('cpi', 16, 16)],
  key: compNext,
  upper: TRANSPORT,
};

/** include/uapi/linux/netfilter/nf_tables.h: NFT_INNER_HDRSIZE 1, LL 2, NH 4, TH 8. */
export const gre: Protocol = {
  name: 'gre',
  base: 'th',
  fields: [field('flags', 0, 5), field('version', 13, 3), field('protocol', 16, 16, ethertypeType)],
  metaKey: META_L4PROTO,
  upper: [],
  inner: { type: 'gre', hdrsize: 4, flags: 12 },
};
export const gretap: Protocol = {
  name: 'gretap',
  base: 'th',
  fields: [],
  metaKey: META_L4PROTO,
  upper: [],
  inner: { type: 'gretap', hdrsize: 4, flags: 14 },
};
export const vxlan: Protocol = {
  name: 'vxlan',
  base: 'ih',
  fields: [field('flags', 0, 8, bitmaskType), field('vni', 32, 24)],
  upper: ETHER_UPPER,
  inner: { type: 'vxlan', hdrsize: 8, flags: 15 },
};
export const geneve: Protocol = {
  name: 'geneve',
  base: 'ih',
  fields: [field('type', 16, 16, ethertypeType), field('vni', 32, 24)],
  upper: ETHER_UPPER,
  inner: { type: 'geneve', hdrsize: 8, flags: 15 },
};
