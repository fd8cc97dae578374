// Large packets: segments of one TCP connection that a device puts together before anybody sees them
// (generic receive offload, net/core/gro.c).

import type { Packet } from '../core/index.ts';
import { IPPROTO_TCP } from './numbers.ts';

/**
 * Nothing longer than the MTU comes over a link, so such a packet of a capture was put together. Its checksum is
 * of the pseudo header alone (tcp_gro_complete()), and nobody sums it.
 */
export function noticeSegments(packet: Packet): void {
  const { iif, fragOffset, l4proto } = packet;
  if (iif === null || packet.length <= iif.mtu) return;
  if (l4proto !== IPPROTO_TCP || fragOffset !== 0) return;
  packet.segmentLength = iif.mtu;
  packet.csumValid = true;
}
