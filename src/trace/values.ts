// Bytes in the words of the rule language. Hex is in big-endian host order, as traces carry it.
import { formatIPv4, formatIPv6, formatMac, u32, unhex, utf8Decode } from '../bytes/index.ts';
import type { Field, Format } from './layout.ts';

type Names = readonly (readonly [number, string])[];

/** enum ip_conntrack_info as nf_conntrack_common.h turns it into bits. */
const CT_STATE: Names = [
  [1, 'invalid'],
  [2, 'established'],
  [4, 'related'],
  [8, 'new'],
  [64, 'untracked'],
];
/** enum ip_conntrack_status. */
const CT_STATUS: Names = [
  [1, 'expected'],
  [2, 'seen-reply'],
  [4, 'assured'],
  [8, 'confirmed'],
  [16, 'snat'],
  [32, 'dnat'],
  [512, 'dying'],
];
const TCP_FLAGS: Names = [
  [1, 'fin'],
  [2, 'syn'],
  [4, 'rst'],
  [8, 'psh'],
  [16, 'ack'],
  [32, 'urg'],
  [64, 'ecn'],
  [128, 'cwr'],
];
/** IPPROTO_*. */
const PROTOCOLS: Names = [
  [0, 'hopopt'],
  [1, 'icmp'],
  [2, 'igmp'],
  [4, 'ipip'],
  [6, 'tcp'],
  [17, 'udp'],
  [33, 'dccp'],
  [41, 'ipv6'],
  [43, 'ipv6-route'],
  [44, 'ipv6-frag'],
  [47, 'gre'],
  [50, 'esp'],
  [51, 'ah'],
  [58, 'ipv6-icmp'],
  [59, 'ipv6-nonxt'],
  [60, 'ipv6-opts'],
  [132, 'sctp'],
  [136, 'udplite'],
];
const ETHERTYPES: Names = [
  [0x0800, 'ip'],
  [0x0806, 'arp'],
  [0x8100, '8021q'],
  [0x86dd, 'ip6'],
  [0x8864, 'pppoe'],
  [0x88a8, '8021ad'],
];
const FAMILIES: Names = [
  [1, 'inet'],
  [2, 'ipv4'],
  [3, 'arp'],
  [5, 'netdev'],
  [7, 'bridge'],
  [10, 'ipv6'],
];
const DIRECTIONS: Names = [
  [0, 'original'],
  [1, 'reply'],
];
const PKTTYPES: Names = [
  [0, 'host'],
  [1, 'broadcast'],
  [2, 'multicast'],
  [3, 'other'],
  [4, 'outgoing'],
];
/** RTN_*. */
const FIB_TYPES: Names = [
  [0, 'unspec'],
  [1, 'unicast'],
  [2, 'local'],
  [3, 'broadcast'],
  [4, 'anycast'],
  [5, 'multicast'],
  [6, 'blackhole'],
  [7, 'unreachable'],
  [8, 'prohibit'],
];

const ONE_OF: Readonly<Partial<Record<Format, Names>>> = {
  l4proto: PROTOCOLS,
  ethertype: ETHERTYPES,
  nfproto: FAMILIES,
  ctdir: DIRECTIONS,
  pkttype: PKTTYPES,
  fibtype: FIB_TYPES,
};

const BITS: Readonly<Partial<Record<Format, Names>>> = {
  ctstate: CT_STATE,
  ctstatus: CT_STATUS,
  tcpflags: TCP_FLAGS,
};

/** True where the words of a format are flags, and a match on one is a test of a bit. */
export const isBits = (format: Format): boolean => BITS[format] !== undefined;

/** The value as a number; exact up to six bytes, which no number in a rule exceeds in practice. */
const numberOf = (digits: string): number => Number.parseInt(digits === '' ? '0' : digits, 16);

const plainHex = (digits: string): string => `0x${digits.replace(/^0+(?=.)/, '')}`;

function bitNames(names: Names, digits: string): string {
  const value = numberOf(digits);
  const found = names.filter(([bit]) => (value & bit) !== 0).map(([, name]) => name);
  return found.length === 0 ? (value === 0 ? 'none' : plainHex(digits)) : found.join(',');
}

function text(digits: string): string {
  const value = utf8Decode(unhex(digits)).replace(/\0.*$/s, '');
  return `"${value}"`;
}

/** How a value is written in a rule: `10.0.0.1`, `443`, `new`, `"eth0"`. `digits` is whole bytes in hex. */
export function formatValue(format: Format, digits: string): string {
  const names = ONE_OF[format];
  if (names !== undefined) {
    const value = numberOf(digits);
    return names.find(([n]) => n === value)?.[1] ?? String(value);
  }
  const flags = BITS[format];
  if (flags !== undefined) return bitNames(flags, digits);
  return formatPlain(format, digits);
}

function formatPlain(format: Format, digits: string): string {
  switch (format) {
    case 'ipv4':
      return digits.length === 8 ? formatIPv4(u32(unhex(digits), 0)) : plainHex(digits);
    case 'ipv6':
      return digits.length === 32 ? formatIPv6(unhex(digits)) : plainHex(digits);
    case 'mac':
      return digits.length === 12 ? formatMac(unhex(digits)) : plainHex(digits);
    case 'name':
      return text(digits);
    case 'hex':
      return plainHex(digits);
    default:
      return digits.length > 12 ? plainHex(digits) : String(numberOf(digits));
  }
}

/** Several adjacent fields: `10.0.0.1 . 443`. `padded`: each field fills whole registers of four bytes. */
export function formatFields(fields: readonly Field[], digits: string, padded: boolean): string {
  const parts: string[] = [];
  let at = 0;
  for (const { format, length } of fields) {
    parts.push(formatValue(format, digits.slice(at, at + 2 * length)));
    at += 2 * (padded ? (length + 3) & ~3 : length);
  }
  return parts.join(' . ');
}
