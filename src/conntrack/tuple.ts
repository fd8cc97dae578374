// Tuples: what identifies one direction of a connection (struct nf_conntrack_tuple).
//
//   word  0 … 3  source address        4 … 7  destination address (IPv4: first word only)
//   word  8      source part << 16 | destination part: ports; for ICMP the identifier and
//                type << 8 | code; 0 for protocols without either
//   word  9      NFPROTO_* | protocol << 8
//
// Words are signed 32-bit integers in host order, so that comparing and mixing them stays in
// integer registers.

import { put32, u16, u32 } from '../bytes/index.ts';
import { ipv6ExtensionLength, isIpv6ExtensionHeader } from '../core/index.ts';
import {
  GRE_PROTO_PPP,
  GRE_VERSION,
  GRE_VERSION_1,
  ICMP_ADDRESS,
  ICMP_ADDRESSREPLY,
  ICMP_ECHO,
  ICMP_ECHOREPLY,
  ICMP_INFO_REPLY,
  ICMP_INFO_REQUEST,
  ICMP_TIMESTAMP,
  ICMP_TIMESTAMPREPLY,
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_NONE,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../uapi/index.ts';
import { NFPROTO_IPV4, NFPROTO_IPV6 } from './constants.ts';

export type Tuple = Int32Array;

export const T_SRC = 0;
export const T_DST = 4;
export const T_PORTS = 8;
export const T_PROTO = 9;
export const TUPLE_WORDS = 10;

export const createTuple = (): Tuple => new Int32Array(TUPLE_WORDS);

export const l3Of = (tuple: Tuple): number => tuple[T_PROTO]! & 0xff;
export const l4Of = (tuple: Tuple): number => (tuple[T_PROTO]! >>> 8) & 0xff;
export const srcPortOf = (tuple: Tuple): number => tuple[T_PORTS]! >>> 16;
export const dstPortOf = (tuple: Tuple): number => tuple[T_PORTS]! & 0xffff;

/** Where the transport header of the IP header at `nhoff` starts, and its protocol; see `locate`. */
export interface L4Location {
  /** Offset in the buffer, or -1 where there is none to track. */
  offset: number;
  protocol: number;
}

/** ipv4_get_l4proto(): no later fragments; a header length below 20 is not refused here. */
function locate4(buf: Uint8Array, nhoff: number, end: number, out: L4Location): boolean {
  out.offset = -1;
  if (nhoff + 20 > end || (u16(buf, nhoff + 6) & 0x1fff) !== 0) return false;
  const offset = nhoff + ((buf[nhoff]! & 0x0f) << 2);
  if (offset > end) return false;
  out.offset = offset;
  out.protocol = buf[nhoff + 9]!;
  return true;
}

/** ipv6_skip_exthdr(): stops at "no next header" and at fragments that are not the first. */
function locate6(buf: Uint8Array, nhoff: number, end: number, out: L4Location): boolean {
  out.offset = -1;
  if (nhoff + 7 > end) return false;
  let protocol = buf[nhoff + 6]!;
  let at = nhoff + 40;
  while (isIpv6ExtensionHeader(protocol)) {
    if (protocol === IPPROTO_NONE || at + 2 > end) return false;
    const isFragment = protocol === 44;
    if (isFragment && (at + 4 > end || (u16(buf, at + 2) & 0xfff8) !== 0)) return false;
    const next = buf[at]!;
    at += ipv6ExtensionLength(buf, at, protocol);
    protocol = next;
  }
  if (at > end) return false;
  out.offset = at;
  out.protocol = protocol;
  return true;
}

/** get_l4proto(), net/netfilter/nf_conntrack_core.c. */
export const locate = (
  buf: Uint8Array,
  nhoff: number,
  end: number,
  l3: number,
  out: L4Location,
): boolean => (l3 === NFPROTO_IPV4 ? locate4(buf, nhoff, end, out) : locate6(buf, nhoff, end, out));

/**
 * gre_pkt_to_tuple(): only the enhanced header of PPTP (RFC 2637 §4.1) carries a call id. The source
 * key comes from the PPTP helper's key map and is 0 without it.
 */
function grePorts(buf: Uint8Array, offset: number, end: number, tuple: Tuple): boolean {
  tuple[T_PORTS] = 0;
  if (offset + 4 > end || (u16(buf, offset) & GRE_VERSION) !== GRE_VERSION_1) return true;
  if (offset + 8 > end) return true;
  if (u16(buf, offset + 2) !== GRE_PROTO_PPP) return false;
  tuple[T_PORTS] = u16(buf, offset + 6);
  return true;
}

function l4Part(
  buf: Uint8Array,
  offset: number,
  end: number,
  protocol: number,
  tuple: Tuple,
): boolean {
  switch (protocol) {
    case IPPROTO_TCP:
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
    case IPPROTO_SCTP:
      if (offset + 4 > end) return false;
      tuple[T_PORTS] = u32(buf, offset) | 0;
      return true;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
      if (offset + 8 > end) return false;
      tuple[T_PORTS] = (u16(buf, offset + 4) << 16) | u16(buf, offset);
      return true;
    case IPPROTO_GRE:
      return grePorts(buf, offset, end, tuple);
    default:
      tuple[T_PORTS] = 0;
      return true;
  }
}

/**
 * nf_ct_get_tuple(): fills `tuple` from the packet whose network header is at `nhoff` and whose
 * transport header (of `protocol`) is at `offset`. False where the bytes end too early.
 */
export function readTuple(
  buf: Uint8Array,
  nhoff: number,
  offset: number,
  end: number,
  l3: number,
  protocol: number,
  tuple: Tuple,
): boolean {
  if (l3 === NFPROTO_IPV4) {
    if (nhoff + 20 > end) return false;
    tuple[T_SRC] = u32(buf, nhoff + 12) | 0;
    tuple[1] = 0;
    tuple[2] = 0;
    tuple[3] = 0;
    tuple[5] = 0;
    tuple[6] = 0;
    tuple[7] = 0;
    tuple[T_DST] = u32(buf, nhoff + 16) | 0;
  } else {
    if (nhoff + 40 > end) return false;
    for (let i = 0; i < 8; i++) tuple[i] = u32(buf, nhoff + 8 + 4 * i) | 0;
  }
  tuple[T_PROTO] = l3 | (protocol << 8);
  return l4Part(buf, offset, end, protocol, tuple);
}

/** The ICMP type that answers a type, or -1 where none does (invmap of nf_conntrack_proto_icmp.c). */
export function invertIcmpType(type: number): number {
  switch (type) {
    case ICMP_ECHO:
      return ICMP_ECHOREPLY;
    case ICMP_ECHOREPLY:
      return ICMP_ECHO;
    case ICMP_TIMESTAMP:
      return ICMP_TIMESTAMPREPLY;
    case ICMP_TIMESTAMPREPLY:
      return ICMP_TIMESTAMP;
    case ICMP_INFO_REQUEST:
      return ICMP_INFO_REPLY;
    case ICMP_INFO_REPLY:
      return ICMP_INFO_REQUEST;
    case ICMP_ADDRESS:
      return ICMP_ADDRESSREPLY;
    case ICMP_ADDRESSREPLY:
      return ICMP_ADDRESS;
    default:
      return -1;
  }
}

/** As {@link invertIcmpType} for ICMPv6: echo (RFC 4443 §4) and node information (RFC 4620). */
export const invertIcmpv6Type = (type: number): number =>
  type === 128 ? 129 : type === 129 ? 128 : type === 139 ? 140 : type === 140 ? 139 : -1;

/** nf_ct_invert_tuple(): the tuple of the answer. False for ICMP types that have none. */
export function invertTuple(tuple: Tuple, inverse: Tuple): boolean {
  for (let i = 0; i < 4; i++) {
    inverse[T_SRC + i] = tuple[T_DST + i]!;
    inverse[T_DST + i] = tuple[T_SRC + i]!;
  }
  inverse[T_PROTO] = tuple[T_PROTO]!;
  const protocol = l4Of(tuple);
  const ports = tuple[T_PORTS]!;
  if (protocol !== IPPROTO_ICMP && protocol !== IPPROTO_ICMPV6) {
    inverse[T_PORTS] = (ports << 16) | (ports >>> 16);
    return true;
  }
  const type = (ports >>> 8) & 0xff;
  const answer = protocol === IPPROTO_ICMP ? invertIcmpType(type) : invertIcmpv6Type(type);
  inverse[T_PORTS] = (ports & 0xffff00ff) | (answer << 8);
  return answer >= 0;
}

/** A few words: a loop is faster than `set` of typed arrays. */
export function copyTuple(from: Tuple, to: Tuple): void {
  for (let i = 0; i < TUPLE_WORDS; i++) to[i] = from[i]!;
}

export function equalTuples(a: Tuple, b: Tuple): boolean {
  for (let i = TUPLE_WORDS - 1; i >= 0; i--) if (a[i] !== b[i]) return false;
  return true;
}

function mix(hash: number, word: number): number {
  const h = Math.imul(hash ^ word, 0x85ebca6b);
  return Math.imul(h ^ (h >>> 13), 0xc2b2ae35) ^ (h >>> 16);
}

/**
 * A signed 32-bit hash of tuple and zone. The kernel uses siphash with a secret (hash_conntrack_raw);
 * where entries land is no observable behaviour, so a few multiplications do.
 */
export function hashTuple(tuple: Tuple, zone: number, seed: number): number {
  let h = mix(seed ^ zone, tuple[T_PROTO]!);
  if ((tuple[T_PROTO]! & 0xff) === NFPROTO_IPV6) {
    h = mix(mix(mix(h, tuple[1]!), tuple[2]!), tuple[3]!);
    h = mix(mix(mix(h, tuple[5]!), tuple[6]!), tuple[7]!);
  }
  h = mix(mix(mix(h, tuple[T_SRC]!), tuple[T_DST]!), tuple[T_PORTS]!);
  return h ^ (h >>> 15);
}

/** Writes the address at word `from` of a tuple, in network order; returns its length, 4 or 16. */
export function putAddress(tuple: Tuple, from: number, out: Uint8Array, offset: number): number {
  put32(out, offset, tuple[from]!);
  if (l3Of(tuple) === NFPROTO_IPV4) return 4;
  for (let i = 1; i < 4; i++) put32(out, offset + 4 * i, tuple[from + i]!);
  return 16;
}

/** Reads an address of 4 or 16 bytes into word `from`. */
export function takeAddress(tuple: Tuple, from: number, bytes: Uint8Array, offset = 0): void {
  const words = l3Of(tuple) === NFPROTO_IPV4 ? 1 : 4;
  for (let i = 0; i < 4; i++) tuple[from + i] = i < words ? u32(bytes, offset + 4 * i) | 0 : 0;
}
