// Changing what a packet carries (nf_nat_mangle_tcp_packet() and nf_nat_mangle_udp_packet() of
// net/netfilter/nf_nat_helper.c): the bytes behind move, lengths and checksums are made anew, and where
// the length of a TCP segment changes the sequence numbers of the connection do from there on.

import { checksum, pseudoHeaderSum4, pseudoHeaderSum6, put16, u32 } from '../bytes/index.ts';
import type { Conntrack } from '../conntrack/index.ts';
import { adjustFrom, directionOf } from '../conntrack/index.ts';
import type { Packet } from '../core/index.ts';
import { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE } from '../uapi/index.ts';

const MAX_PACKET = 65535;
const UDP_HEADER = 8;
const TCP_CHECK = 16;
const UDP_CHECK = 6;
const UDP_LENGTH = 4;

/** Where the data of the transport header begins. */
export const payloadStart = ({ buf, transport, l4proto }: Packet): number =>
  l4proto === IPPROTO_TCP
    ? transport + ((buf[transport + 12]! >>> 4) << 2)
    : transport + UDP_HEADER;

/** Room for a longer packet; offsets stay what they are. */
function grow(packet: Packet, end: number): void {
  if (end <= packet.buf.length) return;
  const buf = new Uint8Array(Math.max(end, 2 * packet.buf.length));
  buf.set(packet.buf.subarray(0, packet.end));
  packet.buf = buf;
}

/** The network header's length and, for IPv4, its checksum. */
function fitNetworkHeader(packet: Packet): void {
  const { buf, network } = packet;
  if (buf[network]! >>> 4 === 6) {
    put16(buf, network + 4, packet.length - 40);
    return;
  }
  put16(buf, network + 2, packet.length);
  put16(buf, network + 10, 0);
  put16(buf, network + 10, checksum(buf, network, (buf[network]! & 15) << 2));
}

function fitChecksum(packet: Packet, at: number, protocol: number): void {
  const { buf, network, transport, end } = packet;
  const length = end - transport;
  put16(buf, transport + at, 0);
  const sum = buf[network]! >>> 4 === 6 ? pseudoHeaderSum6 : pseudoHeaderSum4;
  const check = checksum(buf, transport, length, sum(buf, network, protocol, length));
  put16(buf, transport + at, protocol === IPPROTO_TCP ? check : check || 0xffff);
}

/**
 * Replaces `length` bytes at `offset` of the payload. False where there are not so many, or where the
 * packet would become longer than one can be.
 * @param adjust whether sequence numbers are moved; a helper of many changes does it once itself
 */
export function manglePayload(
  ct: Conntrack,
  packet: Packet,
  offset: number,
  length: number,
  replacement: Uint8Array,
  adjust = true,
): boolean {
  const start = payloadStart(packet) + offset;
  const delta = replacement.length - length;
  if (offset < 0 || length < 0 || start + length > packet.end) return false;
  if (packet.length + delta > MAX_PACKET) return false;
  grow(packet, packet.end + delta);
  packet.buf.copyWithin(start + replacement.length, start + length, packet.end);
  packet.buf.set(replacement, start);
  packet.end += delta;
  fitNetworkHeader(packet);
  const { buf, transport, l4proto } = packet;
  if (l4proto === IPPROTO_TCP) {
    fitChecksum(packet, TCP_CHECK, IPPROTO_TCP);
    const dir = directionOf(packet.ctinfo);
    if (adjust) adjustFrom(ct.store, packet.ct, dir, u32(buf, transport + 4), delta);
  } else if (l4proto === IPPROTO_UDP || l4proto === IPPROTO_UDPLITE) {
    put16(buf, transport + UDP_LENGTH, packet.end - transport);
    // Without a checksum it came, without one it goes (RFC 768).
    if (buf[transport + UDP_CHECK] !== 0 || buf[transport + UDP_CHECK + 1] !== 0)
      fitChecksum(packet, UDP_CHECK, l4proto);
  }
  return true;
}
