// Changing the addresses and ports of a packet (net/netfilter/nf_nat_proto.c), checksums with them,
// incrementally as RFC 1624 has it.

import {
  crc32c,
  put16,
  put32,
  put32le,
  u16,
  u32,
  updateChecksum16,
  updateChecksum32,
} from '../bytes/index.ts';
import type { L4Location, Tuple } from '../conntrack/index.ts';
import {
  dstPortOf,
  l3Of,
  l4Of,
  locate,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  srcPortOf,
  T_DST,
  T_SRC,
} from '../conntrack/index.ts';
import type { Packet } from '../core/index.ts';
import {
  ICMPV6_ECHO_REPLY,
  ICMPV6_ECHO_REQUEST,
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../uapi/index.ts';
import type { Manip } from './range.ts';
import { NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC } from './range.ts';

const TCP_CHECK = 16;
const UDP_CHECK = 6;
const ICMP_CHECK = 2;
const ICMP_ID = 4;
const SCTP_CHECK = 8;
const location: L4Location = { offset: -1, protocol: 0 };

/** ICMP types with an identifier: echo, timestamp, information and address mask, both ways. */
const hasIcmpId = (type: number): boolean => type === 0 || type === 8 || (type >= 13 && type <= 18);

/** Offset of the address that is changed, from the network header. */
function addressAt(l3: number, manip: Manip): number {
  if (l3 === NFPROTO_IPV4) return manip === NF_NAT_MANIP_SRC ? 12 : 16;
  return manip === NF_NAT_MANIP_SRC ? 8 : 24;
}

/** nf_csum_update(): a transport checksum after the address at the network header changes. */
function addressInChecksum(
  buf: Uint8Array,
  network: number,
  check: number,
  target: Tuple,
  manip: Manip,
): number {
  const l3 = l3Of(target);
  const at = network + addressAt(l3, manip);
  const from = manip === NF_NAT_MANIP_SRC ? T_SRC : T_DST;
  const words = l3 === NFPROTO_IPV4 ? 1 : 4;
  let result = check;
  for (let i = 0; i < words; i++)
    result = updateChecksum32(result, u32(buf, at + 4 * i), target[from + i]! >>> 0);
  return result;
}

/** Where the port that is changed stands in the headers of TCP, UDP and SCTP. */
const portOffset = (manip: Manip): number => (manip === NF_NAT_MANIP_SRC ? 0 : 2);

/** Port of the tuple for the side that is changed. */
const portOf = (target: Tuple, manip: Manip): number =>
  manip === NF_NAT_MANIP_SRC ? srcPortOf(target) : dstPortOf(target);

/**
 * Writes the port or identifier of `target` into the transport header at `at`, and mends its checksum;
 * false where the bytes end too early for that.
 */
type ManipProtocol = (
  buf: Uint8Array,
  network: number,
  at: number,
  end: number,
  target: Tuple,
  manip: Manip,
) => boolean;

const manipTcp: ManipProtocol = (buf, network, at, end, target, manip) => {
  if (at + 8 > end) return false;
  const portAt = at + portOffset(manip);
  const old = u16(buf, portAt);
  const port = portOf(target, manip);
  put16(buf, portAt, port);
  // An ICMP error need not quote more than 8 bytes, and then there is no checksum to change.
  if (at + 20 > end) return true;
  const check = addressInChecksum(buf, network, u16(buf, at + TCP_CHECK), target, manip);
  put16(buf, at + TCP_CHECK, updateChecksum16(check, old, port));
  return true;
};

/** A UDP checksum of 0 means none and stays; a computed 0 is written as 0xffff (RFC 768). */
const manipUdp: ManipProtocol = (buf, network, at, end, target, manip) => {
  if (at + 8 > end) return false;
  const portAt = at + portOffset(manip);
  const port = portOf(target, manip);
  const old = u16(buf, at + UDP_CHECK);
  if (old !== 0 || l4Of(target) === IPPROTO_UDPLITE) {
    const check = addressInChecksum(buf, network, old, target, manip);
    put16(buf, at + UDP_CHECK, updateChecksum16(check, u16(buf, portAt), port) || 0xffff);
  }
  put16(buf, portAt, port);
  return true;
};

/** SCTP's CRC covers no address, but the ports; it is made anew (RFC 9260 §6.8). */
function manipSctp(buf: Uint8Array, at: number, end: number, target: Tuple, manip: Manip): boolean {
  if (at + 8 > end) return false;
  put16(buf, at + portOffset(manip), portOf(target, manip));
  if (at + 12 > end) return true;
  put32(buf, at + SCTP_CHECK, 0);
  put32le(buf, at + SCTP_CHECK, crc32c(buf, at, end - at));
  return true;
}

function manipIcmp(buf: Uint8Array, at: number, end: number, target: Tuple): boolean {
  if (at + 8 > end) return false;
  if (!hasIcmpId(buf[at]!)) return true;
  const id = srcPortOf(target);
  const check = updateChecksum16(u16(buf, at + ICMP_CHECK), u16(buf, at + ICMP_ID), id);
  put16(buf, at + ICMP_CHECK, check);
  put16(buf, at + ICMP_ID, id);
  return true;
}

/** ICMPv6 has the addresses in its checksum, whatever its type (RFC 4443 §2.3). */
const manipIcmpv6: ManipProtocol = (buf, network, at, end, target, manip) => {
  if (at + 8 > end) return false;
  let check = addressInChecksum(buf, network, u16(buf, at + ICMP_CHECK), target, manip);
  if (buf[at] === ICMPV6_ECHO_REQUEST || buf[at] === ICMPV6_ECHO_REPLY) {
    const id = srcPortOf(target);
    check = updateChecksum16(check, u16(buf, at + ICMP_ID), id);
    put16(buf, at + ICMP_ID, id);
  }
  put16(buf, at + ICMP_CHECK, check);
  return true;
};

/** Only PPTP's packets carry a key, and only that of their receiver (RFC 2637 §4.1). */
function manipGre(buf: Uint8Array, at: number, end: number, target: Tuple, manip: Manip): boolean {
  if (at + 8 > end) return false;
  if (manip !== NF_NAT_MANIP_DST) return true;
  const version = buf[at + 1]! & 7;
  if (version === 1) put16(buf, at + 6, dstPortOf(target));
  return version <= 1;
}

const manipTransport: ManipProtocol = (buf, network, at, end, target, manip) => {
  switch (l4Of(target)) {
    case IPPROTO_TCP:
      return manipTcp(buf, network, at, end, target, manip);
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
      return manipUdp(buf, network, at, end, target, manip);
    case IPPROTO_SCTP:
      return manipSctp(buf, at, end, target, manip);
    case IPPROTO_ICMP:
      return manipIcmp(buf, at, end, target);
    case IPPROTO_ICMPV6:
      return manipIcmpv6(buf, network, at, end, target, manip);
    case IPPROTO_GRE:
      return manipGre(buf, at, end, target, manip);
    default:
      return true;
  }
};

function manip4(
  buf: Uint8Array,
  network: number,
  end: number,
  target: Tuple,
  manip: Manip,
): boolean {
  if (network + 20 > end) return false;
  const at = network + ((buf[network]! & 0x0f) << 2);
  if (!manipTransport(buf, network, at, end, target, manip)) return false;
  const addressOffset = network + addressAt(NFPROTO_IPV4, manip);
  const address = target[manip === NF_NAT_MANIP_SRC ? T_SRC : T_DST]! >>> 0;
  const check = updateChecksum32(u16(buf, network + 10), u32(buf, addressOffset), address);
  put16(buf, network + 10, check);
  put32(buf, addressOffset, address);
  return true;
}

function manip6(
  buf: Uint8Array,
  network: number,
  end: number,
  target: Tuple,
  manip: Manip,
): boolean {
  if (network + 40 > end) return false;
  // Where the transport header cannot be found, the address is changed all the same.
  if (
    locate(buf, network, end, NFPROTO_IPV6, location) &&
    !manipTransport(buf, network, location.offset, end, target, manip)
  )
    return false;
  const at = network + addressAt(NFPROTO_IPV6, manip);
  const from = manip === NF_NAT_MANIP_SRC ? T_SRC : T_DST;
  for (let i = 0; i < 4; i++) put32(buf, at + 4 * i, target[from + i]!);
  return true;
}

/**
 * nf_nat_manip_pkt(): gives the packet whose network header is at `network` (that of `packet` itself, or
 * one quoted in it) the source or destination of `target`. False where it is too short for that.
 */
export const manipPacket = (
  packet: Packet,
  network: number,
  target: Tuple,
  manip: Manip,
): boolean =>
  l3Of(target) === NFPROTO_IPV4
    ? manip4(packet.buf, network, packet.end, target, manip)
    : manip6(packet.buf, network, packet.end, target, manip);
