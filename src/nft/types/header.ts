// What is known of a header: where it stands, its fields, and what follows it.

import {
  type ByteOrder,
  type Datatype,
  inetProtoType,
  inetServiceType,
  integerType,
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

export const field = (
  name: string,
  offset: number,
  len: number,
  type: Datatype = integerType,
  icmp?: IcmpDependency,
): Field => ({ name, type, byteorder: 'big', offset, len, ...(icmp && { icmp }) });

export const META_L4PROTO = { key: 'l4proto', type: inetProtoType, len: 8 };
export const PORTS = [
  field('sport', 0, 16, inetServiceType),
  field('dport', 16, 16, inetServiceType),
] as const;

/** IANA protocol numbers that lead to a transport header nft has fields for. */
export const TRANSPORT: Protocol['upper'] = [
  [50, 'esp'],
  [51, 'ah'],
  [108, 'comp'],
  [17, 'udp'],
  [136, 'udplite'],
  [6, 'tcp'],
  [33, 'dccp'],
  [132, 'sctp'],
];
export const IP_UPPER: Protocol['upper'] = [
  [1, 'icmp'],
  [2, 'igmp'],
  [58, 'icmpv6'],
  ...TRANSPORT,
  [47, 'gre'],
  [47, 'gretap'],
];
export const ETHER_UPPER: Protocol['upper'] = [
  [0x0800, 'ip'],
  [0x0806, 'arp'],
  [0x86dd, 'ip6'],
  [0x8100, 'vlan'],
];
export const ETHER_UPPER_AD: Protocol['upper'] = [...ETHER_UPPER, [0x88a8, 'vlan']];
