import { type Packet, segmentLengthOf } from '../core/index.ts';

/** The checksum of a large packet is of the pseudo header alone (tcp_gro_complete()), and nobody sums it. */
export function noticeSegments(packet: Packet): void {
  const length = packet.fragOffset === 0 ? segmentLengthOf(packet, packet.l4proto) : 0;
  if (length === 0) return;
  packet.segmentLength = length;
  packet.csumValid = true;
}
