// The datatypes of the language: what a value is made of, how wide it is, in which byte order it
// stands in a register, which names it has. Ids are those nft stores with a set
// (NFTA_SET_KEY_TYPE); in a concatenation six bits are one type.

import type { SymbolTable } from './symbols.ts';
import * as symbols from './symbols.ts';

/** `none`: the value is one byte, or not a number. */
export type ByteOrder = 'host' | 'big' | 'none';

/** How a number of the type is written where it has no name. */
export interface NumberFormat {
  readonly radix: 10 | 16;
  /** Digits to pad hexadecimal to; 0 for as many as it takes. */
  readonly digits: number;
}

export interface Datatype {
  readonly name: string;
  readonly id: number;
  /** As error messages call it. */
  readonly desc: string;
  readonly byteorder: ByteOrder;
  /** Bits; 0 where the expression decides (integer, string). */
  readonly size: number;
  /** The type it refines. */
  readonly base?: Datatype;
  readonly symbols?: SymbolTable;
  readonly format?: NumberFormat;
  /** The fields of a concatenation, in order. */
  readonly parts?: readonly Datatype[];
}

type Options = Partial<Pick<Datatype, 'symbols' | 'format'>>;

function define(
  id: number,
  name: string,
  desc: string,
  byteorder: ByteOrder,
  size: number,
  base?: Datatype,
  options: Options = {},
): Datatype {
  return Object.freeze({ id, name, desc, byteorder, size, ...(base && { base }), ...options });
}

const HEX: NumberFormat = { radix: 16, digits: 0 };
const hexDigits = (digits: number): NumberFormat => ({ radix: 16, digits });

export const invalidType = define(0, 'invalid', 'invalid', 'none', 0);
export const verdictType = define(1, 'verdict', 'netfilter verdict', 'none', 0);
export const integerType = define(4, 'integer', 'integer', 'none', 0);
/** Integers of raw payload and a few fields that read better in hexadecimal. */
export const xintegerType = define(4, 'integer', 'integer', 'none', 0, integerType, {
  format: HEX,
});
export const stringType = define(5, 'string', 'string', 'host', 0);
export const bitmaskType = define(3, 'bitmask', 'bitmask', 'none', 0, integerType, {
  format: HEX,
});
export const nfprotoType = define(2, 'nf_proto', 'netfilter protocol', 'none', 8, integerType, {
  symbols: symbols.NFPROTO,
});
export const lladdrType = define(6, 'll_addr', 'link layer address', 'big', 0, integerType);
export const ipaddrType = define(7, 'ipv4_addr', 'IPv4 address', 'big', 32, integerType);
export const ip6addrType = define(8, 'ipv6_addr', 'IPv6 address', 'big', 128, integerType);
export const etheraddrType = define(9, 'ether_addr', 'Ethernet address', 'big', 48, lladdrType);
export const ethertypeType = define(10, 'ether_type', 'Ethernet protocol', 'big', 16, integerType, {
  symbols: symbols.ETHER_TYPE,
  format: hexDigits(4),
});
export const arpopType = define(11, 'arp_op', 'ARP operation', 'big', 16, integerType, {
  symbols: symbols.ARP_OP,
});
export const inetProtoType = define(12, 'inet_proto', 'Internet protocol', 'none', 8, integerType);
export const inetServiceType = define(
  13,
  'inet_service',
  'internet network service',
  'big',
  16,
  integerType,
);
export const icmpTypeType = define(14, 'icmp_type', 'ICMP type', 'big', 8, integerType, {
  symbols: symbols.ICMP_TYPE,
});
export const tcpFlagType = define(15, 'tcp_flag', 'TCP flag', 'big', 8, bitmaskType, {
  symbols: symbols.TCP_FLAG,
});
export const dccpPkttypeType = define(
  16,
  'dccp_pkttype',
  'DCCP packet type',
  'none',
  4,
  integerType,
  { symbols: symbols.DCCP_PKTTYPE },
);
export const mhTypeType = define(17, 'mh_type', 'Mobility Header Type', 'big', 8, integerType, {
  symbols: symbols.MH_TYPE,
});
export const timeType = define(18, 'time', 'relative time', 'host', 32, integerType);
export const markType = define(19, 'mark', 'packet mark', 'host', 32, integerType, {
  format: hexDigits(8),
});
export const ifindexType = define(
  20,
  'iface_index',
  'network interface index',
  'host',
  32,
  integerType,
);
export const arphrdType = define(
  21,
  'iface_type',
  'network interface type',
  'host',
  16,
  integerType,
  { symbols: symbols.ARPHRD },
);
export const realmType = define(22, 'realm', 'routing realm', 'host', 32, integerType);
export const classidType = define(23, 'classid', 'TC classid', 'host', 32, integerType, {
  symbols: symbols.TC_HANDLE,
});
export const uidType = define(24, 'uid', 'user ID', 'host', 32, integerType);
export const gidType = define(25, 'gid', 'group ID', 'host', 32, integerType);
export const ctStateType = define(26, 'ct_state', 'conntrack state', 'host', 32, bitmaskType, {
  symbols: symbols.CT_STATE,
});
export const ctDirType = define(27, 'ct_dir', 'conntrack direction', 'none', 8, integerType, {
  symbols: symbols.CT_DIR,
});
export const ctStatusType = define(28, 'ct_status', 'conntrack status', 'host', 32, bitmaskType, {
  symbols: symbols.CT_STATUS,
});
export const icmpv6TypeType = define(29, 'icmpv6_type', 'ICMPv6 type', 'big', 8, integerType, {
  symbols: symbols.ICMPV6_TYPE,
});
export const ctLabelType = define(30, 'ct_label', 'conntrack label', 'host', 128, bitmaskType);
export const pkttypeType = define(31, 'pkt_type', 'packet type', 'host', 8, integerType, {
  symbols: symbols.PKTTYPE,
});
export const icmpCodeType = define(32, 'icmp_code', 'icmp code', 'big', 8, integerType, {
  symbols: symbols.ICMP_CODE,
});
export const icmpv6CodeType = define(33, 'icmpv6_code', 'icmpv6 code', 'big', 8, integerType, {
  symbols: symbols.ICMPV6_CODE,
});
export const icmpxCodeType = define(34, 'icmpx_code', 'icmpx code', 'big', 8, integerType, {
  symbols: symbols.ICMPX_CODE,
});
export const devgroupType = define(35, 'devgroup', 'devgroup name', 'host', 32, integerType);
export const dscpType = define(
  36,
  'dscp',
  'Differentiated Services Code Point',
  'big',
  6,
  integerType,
  { symbols: symbols.DSCP, format: hexDigits(2) },
);
export const ecnType = define(
  37,
  'ecn',
  'Explicit Congestion Notification',
  'big',
  2,
  integerType,
  {
    symbols: symbols.ECN,
    format: hexDigits(1),
  },
);
export const fibAddrType = define(38, 'fib_addrtype', 'fib address type', 'host', 32, integerType, {
  symbols: symbols.FIB_ADDRTYPE,
});
export const booleanType = define(39, 'boolean', 'boolean type', 'none', 1, integerType, {
  symbols: symbols.BOOLEAN,
});
export const ctEventType = define(40, 'ct_event', 'conntrack event bits', 'host', 32, bitmaskType, {
  symbols: symbols.CT_EVENT,
});
/** IFNAMSIZ bytes, padded with zeroes. */
export const ifnameType = define(41, 'ifname', 'network interface name', 'host', 128, stringType);
export const igmpTypeType = define(42, 'igmp_type', 'IGMP type', 'big', 8, integerType, {
  symbols: symbols.IGMP_TYPE,
});
/** Nanoseconds since the epoch. nft calls it `time` as well, which is the name of durations. */
export const dateType = define(
  43,
  'date',
  'Relative time of packet reception',
  'host',
  64,
  integerType,
);
/** Seconds since midnight, UTC. */
export const hourType = define(
  44,
  'hour',
  'Hour of day of packet reception',
  'host',
  32,
  integerType,
);
export const dayType = define(
  45,
  'day',
  'Day of week of packet reception',
  'host',
  8,
  integerType,
  {
    symbols: symbols.DAY,
  },
);
/** The inode number of a control group's directory. */
export const cgroupv2Type = define(46, 'cgroupsv2', 'cgroupsv2 path', 'host', 64, integerType);
/** No id of its own: values of `mptcp subtype`. */
export const mptcpSubtypeType = define(
  4,
  'integer',
  'mptcp option subtype',
  'big',
  4,
  integerType,
  {
    symbols: symbols.MPTCP_SUBTYPE,
  },
);

/** By id, so that a lookup by name finds the lowest id first, as nft's does. */
export const DATATYPES: readonly Datatype[] = Object.freeze([
  invalidType,
  verdictType,
  nfprotoType,
  bitmaskType,
  integerType,
  stringType,
  lladdrType,
  ipaddrType,
  ip6addrType,
  etheraddrType,
  ethertypeType,
  arpopType,
  inetProtoType,
  inetServiceType,
  icmpTypeType,
  tcpFlagType,
  dccpPkttypeType,
  mhTypeType,
  timeType,
  markType,
  ifindexType,
  arphrdType,
  realmType,
  classidType,
  uidType,
  gidType,
  ctStateType,
  ctDirType,
  ctStatusType,
  icmpv6TypeType,
  ctLabelType,
  pkttypeType,
  icmpCodeType,
  icmpv6CodeType,
  icmpxCodeType,
  devgroupType,
  dscpType,
  ecnType,
  fibAddrType,
  booleanType,
  ctEventType,
  ifnameType,
  igmpTypeType,
  dateType,
  hourType,
  dayType,
  cgroupv2Type,
]);

const byName = new Map<string, Datatype>();
for (const type of DATATYPES) if (!byName.has(type.name)) byName.set(type.name, type);

/** A simple type by the name a declaration may use; only `typeof` can tell a date. */
export const datatypeByName = (name: string): Datatype | undefined =>
  name === dateType.name ? undefined : byName.get(name);

/** Simple types by the name stored in a program, concatenations included (`a . b`). */
export function datatypeOf(typeName: string): Datatype | undefined {
  const names = typeName.split(' . ');
  if (names.length === 1) return byName.get(typeName);
  const parts: Datatype[] = [];
  for (const name of names) {
    const part = byName.get(name);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return concatType(parts);
}

const TYPE_BITS = 6;

/** The id of a concatenation holds five types at most; beyond that only the last five show. */
export function concatType(parts: readonly Datatype[]): Datatype {
  let id = 0;
  for (const part of parts) id = (id << TYPE_BITS) | part.id;
  return {
    id: id >>> 0,
    name: parts.map((part) => part.name).join(' . '),
    desc: `concatenation of (${parts.map((part) => part.desc).join(', ')})`,
    byteorder: 'big',
    size: parts.reduce((bits, part) => bits + paddedBits(part.size), 0),
    parts,
  };
}

/** A field of a concatenation takes whole 4-byte registers. */
export const paddedBits = (bits: number): number => Math.ceil(bits / 32) * 32;

/** The integer type with the width and byte order of the expression it describes. */
export const sizedInteger = (type: Datatype, bits: number, byteorder: ByteOrder): Datatype => ({
  ...type,
  size: bits,
  byteorder,
});

/** Integer, string, bitmask or verdict: the end of the chain of base types. */
export function basetypeOf(type: Datatype): Datatype {
  let base = type;
  while (base.base !== undefined) base = base.base;
  return base;
}

/** Single values of the type are bit tests, not comparisons. */
export const isBitmask = (type: Datatype): boolean => type.base === bitmaskType;

/** Types are equal by id: every integer equals every other. */
export const sameType = (a: Datatype, b: Datatype): boolean => a.id === b.id;
