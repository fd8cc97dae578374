import {
  checksum,
  fold16,
  pseudoHeaderSum6,
  put16,
  put32le,
  sum16,
  u16,
  u32le,
} from '../bytes/index.ts';
import {
  IPOPT_LSRR,
  IPOPT_SSRR,
  IPPROTO_DCCP,
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_IGMP,
  IPPROTO_MH,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  IPV6_SRCRT_TYPE_0,
  IPV6_SRCRT_TYPE_2,
  IPV6_SRCRT_TYPE_4,
  NEXTHDR_ROUTING,
} from '../uapi/index.ts';
import { DCCP_CCVAL_CSCOV, DCCP_CHECKSUM, DCCP_DATA_OFFSET } from './dccp.ts';
import { GRE_FLAGS } from './gre.ts';
import { ICMP_CHECKSUM } from './icmp.ts';
import { IGMP_CHECKSUM } from './igmp.ts';
import {
  IPV4_CHECKSUM,
  IPV4_DESTINATION,
  IPV4_HEADER_LENGTH,
  IPV4_SOURCE,
  ipv4HeaderLength,
} from './ipv4.ts';
import { findIPv4Option } from './ipv4-options.ts';
import { IPV6_DESTINATION, IPV6_SOURCE } from './ipv6.ts';
import { findIPv6Header, headerPlace, IP6_FH_F_SKIP_RH } from './ipv6-walk.ts';
import { SCTP_CHECKSUM, SCTP_HEADER_LENGTH, sctpChecksum } from './sctp.ts';
import { TCP_CHECKSUM } from './tcp.ts';
import { findTransport, type TransportPlace, transportPlace } from './transport.ts';
import { UDP_CHECKSUM, UDP_HEADER_LENGTH, UDP_LENGTH } from './udp.ts';
import { UDPLITE_CHECKSUM, UDPLITE_COVERAGE } from './udplite.ts';

/*
 * The checksum of each transport protocol as one question, "what should it be?", asked by
 * verifying, by fixing and by building alike.
 */

/**
 * Offset of the 16-bit checksum in the transport header; -1 where the protocol has none, or not of
 * that kind.
 */
export function checksumOffset(protocol: number): number {
  switch (protocol) {
    case IPPROTO_TCP:
      return TCP_CHECKSUM;
    case IPPROTO_UDP:
      return UDP_CHECKSUM;
    case IPPROTO_UDPLITE:
      return UDPLITE_CHECKSUM;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
      return ICMP_CHECKSUM;
    case IPPROTO_IGMP:
      return IGMP_CHECKSUM;
    case IPPROTO_DCCP:
      return DCCP_CHECKSUM;
    case IPPROTO_MH:
      return 4;
    case IPPROTO_GRE:
      return 4;
    default:
      return -1;
  }
}

/** Which protocols sum the addresses too; ICMP (of IPv4), IGMP and GRE do not. */
export const hasPseudoHeader = (protocol: number): boolean =>
  protocol === IPPROTO_TCP ||
  protocol === IPPROTO_UDP ||
  protocol === IPPROTO_UDPLITE ||
  protocol === IPPROTO_ICMPV6 ||
  protocol === IPPROTO_DCCP ||
  protocol === IPPROTO_MH;

/**
 * Offset of the address the pseudo header of IPv4 has as destination: on the way along a source
 * route, the last one of its list (RFC 1122 §4.1.3.3).
 */
function finalDestination4(bytes: Uint8Array, networkOffset: number): number {
  const own = networkOffset + IPV4_DESTINATION;
  if (ipv4HeaderLength(bytes, networkOffset) === IPV4_HEADER_LENGTH) return own;
  const loose = findIPv4Option(bytes, networkOffset, IPOPT_LSRR);
  const route = loose < 0 ? findIPv4Option(bytes, networkOffset, IPOPT_SSRR) : loose;
  if (route < 0) return own;
  const length = bytes[route + 1]!;
  // The pointer counts from 1 and passes the end when the route is used up (RFC 791 §3.1).
  return length >= 7 && bytes[route + 2]! <= length - 3 ? route + length - 4 : own;
}

const routing = headerPlace();

/**
 * Offset of the address the pseudo header has as destination: on the way along a routing header,
 * the last one of its list (RFC 8200 §8.1), which an SRH keeps first (RFC 8754 §2).
 */
function finalDestination(bytes: Uint8Array, networkOffset: number, end: number): number {
  const own = networkOffset + IPV6_DESTINATION;
  if (!findIPv6Header(bytes, networkOffset, end, NEXTHDR_ROUTING, routing, IP6_FH_F_SKIP_RH))
    return own;
  const type = bytes[routing.offset + 2]!;
  const addresses = bytes[routing.offset + 1]! >>> 1;
  if (addresses === 0) return own;
  if (type === IPV6_SRCRT_TYPE_4) return routing.offset + 8;
  const known = type === IPV6_SRCRT_TYPE_0 || type === IPV6_SRCRT_TYPE_2;
  return known ? routing.offset + 8 + 16 * (addresses - 1) : own;
}

/**
 * The partial sum of the pseudo header of the IPv4 or IPv6 packet at `networkOffset`. Allocation
 * free.
 */
export function pseudoHeaderSum(
  bytes: Uint8Array,
  networkOffset: number,
  end: number,
  protocol: number,
  length: number,
): number {
  if (bytes[networkOffset]! >>> 4 !== 6) {
    const source = sum16(bytes, networkOffset + IPV4_SOURCE, 4, protocol + length);
    return sum16(bytes, finalDestination4(bytes, networkOffset), 4, source);
  }
  const destination = finalDestination(bytes, networkOffset, end);
  if (destination === networkOffset + IPV6_DESTINATION) {
    return pseudoHeaderSum6(bytes, networkOffset, protocol, length);
  }
  const source = sum16(bytes, networkOffset + IPV6_SOURCE, 16, protocol + length);
  return sum16(bytes, destination, 16, source);
}

/**
 * How many bytes from the transport header on the checksum covers; -1 where a field says more than
 * there are.
 */
function coveredLength(bytes: Uint8Array, at: number, protocol: number, length: number): number {
  if (protocol === IPPROTO_UDP) {
    const said = u16(bytes, at + UDP_LENGTH);
    return said === 0 ? length : said <= length && said >= UDP_HEADER_LENGTH ? said : -1;
  }
  if (protocol === IPPROTO_UDPLITE) {
    const said = u16(bytes, at + UDPLITE_COVERAGE);
    return said === 0 ? length : said <= length && said >= UDP_HEADER_LENGTH ? said : -1;
  }
  if (protocol === IPPROTO_DCCP) {
    const coverage = bytes[at + DCCP_CCVAL_CSCOV]! & 0x0f;
    if (coverage === 0) return length;
    const said = 4 * (bytes[at + DCCP_DATA_OFFSET]! + coverage - 1);
    return said <= length ? said : -1;
  }
  return length;
}

/** GRE of version 0 with the C bit is the only one with a checksum. */
const hasField = (bytes: Uint8Array, at: number, protocol: number, length: number): boolean => {
  const offset = checksumOffset(protocol);
  if (offset < 0 || length < offset + 2) return false;
  return protocol !== IPPROTO_GRE || (u16(bytes, at + GRE_FLAGS) & 0x8007) === 0x8000;
};

/**
 * The right value of the 16-bit transport checksum, or -1 where there is none to compute. A UDP
 * checksum that comes out as 0 is 0xffff, for 0 says that there is none (RFC 768); so with UDP-Lite
 * (RFC 3828 §3.1). The packet's own checksum field counts as zero, whatever it holds.
 */
export function expectedChecksum(
  bytes: Uint8Array,
  networkOffset: number,
  transport: number,
  end: number,
  protocol: number,
): number {
  const length = end - transport;
  if (!hasField(bytes, transport, protocol, length)) return -1;
  const covered = coveredLength(bytes, transport, protocol, length);
  if (covered < 0) return -1;
  // UDP's pseudo header has UDP's own length; the others' are as long as the packet.
  const pseudoLength = protocol === IPPROTO_UDP ? covered : length;
  const pseudo = hasPseudoHeader(protocol)
    ? pseudoHeaderSum(bytes, networkOffset, end, protocol, pseudoLength)
    : 0;
  const field = checksumOffset(protocol);
  const before = sum16(bytes, transport, field, pseudo);
  const sum = sum16(bytes, transport + field + 2, covered - field - 2, before);
  const value = ~fold16(sum) & 0xffff;
  const zeroIsNone = protocol === IPPROTO_UDP || protocol === IPPROTO_UDPLITE;
  return value === 0 && zeroIsNone ? 0xffff : value;
}

/** What a check of one checksum found. */
export interface ChecksumReport {
  readonly protocol: 'ipv4' | 'transport';
  /** IPPROTO_* of the transport protocol; 4 for the IPv4 header itself. */
  readonly number: number;
  /** Offset of the checksum field in the bytes. */
  readonly offset: number;
  readonly actual: number;
  readonly expected: number;
  /** `absent`: a UDP checksum of 0 over IPv4. */
  readonly state: 'correct' | 'incorrect' | 'absent';
}

const report = (
  number: number,
  offset: number,
  actual: number,
  expected: number,
  absent = false,
): ChecksumReport => ({
  protocol: number === 4 ? 'ipv4' : 'transport',
  number,
  offset,
  actual,
  expected,
  state: absent ? 'absent' : actual === expected ? 'correct' : 'incorrect',
});

/** The IPv4 header checksum as it should be. */
export function expectedIPv4Checksum(bytes: Uint8Array, networkOffset: number): number {
  const field = u16(bytes, networkOffset + IPV4_CHECKSUM);
  const sum = sum16(bytes, networkOffset, ipv4HeaderLength(bytes, networkOffset), ~field & 0xffff);
  return ~fold16(sum) & 0xffff;
}

/** A part of a datagram; an atomic fragment (RFC 6946) is a whole one. */
const isPiece = (place: TransportPlace): boolean =>
  place.fragmentOffset !== 0 || place.moreFragments;

/** The report on the transport header at `place`; undefined where the protocol has no checksum. */
export function verifyTransport(
  bytes: Uint8Array,
  networkOffset: number,
  place: TransportPlace,
): ChecksumReport | undefined {
  const { protocol, offset, end } = place;
  if (protocol === IPPROTO_SCTP) {
    if (end - offset < SCTP_HEADER_LENGTH) return undefined;
    const at = offset + SCTP_CHECKSUM;
    return report(protocol, at, u32le(bytes, at), sctpChecksum(bytes, offset, end - offset));
  }
  const expected = expectedChecksum(bytes, networkOffset, offset, end, protocol);
  if (expected < 0) return undefined;
  const at = offset + checksumOffset(protocol);
  const actual = u16(bytes, at);
  // Over IPv6 a UDP checksum of 0 is not allowed (RFC 8200 §8.1), tunnels apart (RFC 6935).
  const absent = protocol === IPPROTO_UDP && actual === 0 && bytes[networkOffset]! >>> 4 === 4;
  return report(protocol, at, actual, expected, absent);
}

/**
 * Checks the checksums of the packet whose network header is at `networkOffset`: the IPv4 header's,
 * and the transport protocol's unless the packet is a fragment. Empty for what is no IP packet.
 */
export function verifyChecksums(
  bytes: Uint8Array,
  networkOffset: number,
  end = bytes.length,
): ChecksumReport[] {
  const place = transportPlace();
  if (!findTransport(bytes, networkOffset, end, place)) return [];
  const reports: ChecksumReport[] = [];
  if (bytes[networkOffset]! >>> 4 === 4) {
    const at = networkOffset + IPV4_CHECKSUM;
    reports.push(report(4, at, u16(bytes, at), expectedIPv4Checksum(bytes, networkOffset)));
  }
  const transport = isPiece(place) ? undefined : verifyTransport(bytes, networkOffset, place);
  if (transport !== undefined) reports.push(transport);
  return reports;
}

/** Writes the transport checksum at `place`; a UDP checksum of 0 stays 0. Allocation free. */
export function fixTransport(
  bytes: Uint8Array,
  networkOffset: number,
  place: TransportPlace,
): void {
  const { protocol, offset, end } = place;
  if (protocol === IPPROTO_SCTP) {
    if (end - offset < SCTP_HEADER_LENGTH) return;
    put32le(bytes, offset + SCTP_CHECKSUM, sctpChecksum(bytes, offset, end - offset));
    return;
  }
  const expected = expectedChecksum(bytes, networkOffset, offset, end, protocol);
  if (expected < 0) return;
  const at = offset + checksumOffset(protocol);
  if (protocol === IPPROTO_UDP && u16(bytes, at) === 0) return;
  put16(bytes, at, expected);
}

/** Recomputes in place the IPv4 header checksum. Allocation free. */
export function fixIPv4Checksum(bytes: Uint8Array, networkOffset: number): void {
  put16(bytes, networkOffset + IPV4_CHECKSUM, 0);
  const length = ipv4HeaderLength(bytes, networkOffset);
  put16(bytes, networkOffset + IPV4_CHECKSUM, checksum(bytes, networkOffset, length));
}

const scratch = transportPlace();

/**
 * Recomputes in place the checksums of the packet whose network header is at `networkOffset`: the
 * IPv4 header's, and the transport protocol's unless the packet is a fragment. A UDP checksum of 0
 * stays 0; a computed 0 is written as 0xffff. Does nothing to what is no IP packet. Allocation
 * free.
 */
export function fixChecksums(bytes: Uint8Array, networkOffset: number, end = bytes.length): void {
  if (!findTransport(bytes, networkOffset, end, scratch)) return;
  if (bytes[networkOffset]! >>> 4 === 4) fixIPv4Checksum(bytes, networkOffset);
  if (!isPiece(scratch)) fixTransport(bytes, networkOffset, scratch);
}
