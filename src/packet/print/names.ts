/*
 * What tcpdump calls things, so that people find here the words they know.
 */

export type Names = ReadonlyMap<number, string>;

export const nameOf = (names: Names, number: number, other: string): string =>
  names.get(number) ?? other;

/** IP protocols. */
export const PROTOCOL_NAMES: Names = new Map([
  [0, 'Options'],
  [1, 'ICMP'],
  [2, 'IGMP'],
  [4, 'IPIP'],
  [6, 'TCP'],
  [8, 'EGP'],
  [9, 'IGRP'],
  [17, 'UDP'],
  [33, 'DCCP'],
  [41, 'IPv6'],
  [43, 'Routing'],
  [44, 'Fragment'],
  [46, 'RSVP'],
  [47, 'GRE'],
  [50, 'ESP'],
  [51, 'AH'],
  [55, 'Mobile IP'],
  [58, 'ICMPv6'],
  [62, 'Mobility (old)'],
  [88, 'EIGRP'],
  [89, 'OSPF'],
  [103, 'PIM'],
  [108, 'Compressed IP'],
  [112, 'VRRP'],
  [113, 'PGM'],
  [132, 'SCTP'],
  [135, 'Mobility'],
]);

export const protocolName = (protocol: number): string =>
  nameOf(PROTOCOL_NAMES, protocol, 'unknown');

const ETHERTYPE_NAMES: Names = new Map([
  [0x0800, 'IPv4'],
  [0x0806, 'ARP'],
  [0x8035, 'Reverse ARP'],
  [0x8100, '802.1Q'],
  [0x86dd, 'IPv6'],
  [0x8809, 'Slow Protocols'],
  [0x8847, 'MPLS unicast'],
  [0x8848, 'MPLS multicast'],
  [0x8863, 'PPPoE D'],
  [0x8864, 'PPPoE S'],
  [0x888e, 'EAPOL'],
  [0x88a8, '802.1Q-QinQ'],
  [0x88cc, 'LLDP'],
  [0x9000, 'Loopback'],
  [0x9100, '802.1Q-9100'],
  [0x9200, '802.1Q-9200'],
]);

/** `IPv4 (0x0800)` */
export const ethertypeName = (type: number): string =>
  `${nameOf(ETHERTYPE_NAMES, type, 'Unknown')} (0x${type.toString(16).padStart(4, '0')})`;

/** Names of the bits that are set, joined; `none` without any. */
export function flagNames(
  flags: number,
  names: readonly (readonly [number, string])[],
  separator = ', ',
): string {
  const set = names.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  return set.length === 0 ? 'none' : set.join(separator);
}

/** Group record types of IGMPv3 and MLDv2. */
export const RECORD_NAMES: Names = new Map([
  [1, 'is_in'],
  [2, 'is_ex'],
  [3, 'to_in'],
  [4, 'to_ex'],
  [5, 'allow'],
  [6, 'block'],
]);

export const hex4 = (value: number): string => `0x${value.toString(16).padStart(4, '0')}`;
export const hex8 = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;
