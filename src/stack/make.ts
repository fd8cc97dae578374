// New packets of this host.

import type { Packet } from '../core/index.ts';
import { CONTROL_SOCKET, HEADROOM } from '../core/index.ts';
import type { Stack } from './stack.ts';

/** enum ip_conntrack_info from which on a packet is of the reply direction. */
const IP_CT_IS_REPLY = 3;
const IP_CT_RELATED = 1;
const IP_CT_RELATED_REPLY = 4;

/** A packet of `length` bytes, all zero, network header first; it belongs to the kernel itself. */
export function makePacket(stack: Stack, length: number): Packet {
  const packet = stack.take();
  packet.reserve(length);
  packet.reset();
  packet.network = HEADROOM;
  packet.transport = HEADROOM;
  packet.end = HEADROOM + length;
  packet.buf.fill(0, HEADROOM, HEADROOM + length);
  packet.local = true;
  packet.sk = CONTROL_SOCKET;
  return packet;
}

/** nf_ct_attach(): an answer belongs to the connection of what caused it, in the other direction. */
export function attachConntrack(made: Packet, cause: Packet): void {
  if (cause.ct === 0) return;
  made.ct = cause.ct;
  made.ctinfo = cause.ctinfo < IP_CT_IS_REPLY ? IP_CT_RELATED_REPLY : IP_CT_RELATED;
}

/** nf_reset_ct(). */
export function resetConntrack(packet: Packet): void {
  packet.ct = 0;
  packet.ctinfo = 0;
}
