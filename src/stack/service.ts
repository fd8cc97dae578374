// Programs that listen on this host.

import { u16 } from '../bytes/index.ts';
import type { Packet, Socket } from '../core/index.ts';
import { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE } from './numbers.ts';
import { keyOf, socketText } from './sockets.ts';
import type { Stack } from './stack.ts';

const SCTP = 132;
const DCCP = 33;
const hasPorts = (protocol: number): boolean =>
  protocol === IPPROTO_TCP ||
  protocol === IPPROTO_UDP ||
  protocol === IPPROTO_UDPLITE ||
  protocol === SCTP ||
  protocol === DCCP;

/**
 * The socket a segment or datagram is for: the one a rule or early demultiplexing has found
 * (skb_steal_sock()), else by its addresses.
 */
function socketFor(stack: Stack, packet: Packet, protocol: number): Socket | null {
  if (packet.sk !== null) return packet.sk;
  if (stack.sockets.empty || (protocol !== IPPROTO_TCP && protocol !== IPPROTO_UDP)) return null;
  return stack.sockets.lookup(
    keyOf(packet, packet.buf[packet.network]! >> 4 === 4 ? 'ip' : 'ip6', protocol),
  );
}

/** Hands the packet to whoever listens. False where nobody does. */
export function serve(stack: Stack, packet: Packet, protocol: number): boolean {
  const socket = socketFor(stack, packet, protocol);
  if (socket !== null) {
    if (stack.netns.tracer !== null)
      stack.netns.emit(packet, { kind: 'deliver', protocol, socket: socketText(socket) });
    return true;
  }
  if (stack.services.length === 0) return false;
  const port = hasPorts(protocol) ? u16(packet.buf, packet.transport + 2) : -1;
  const service = stack.services.find(
    (one) => one.protocol === protocol && (one.port === undefined || one.port === port),
  );
  if (service === undefined) return false;
  if (stack.netns.tracer !== null) stack.netns.emit(packet, { kind: 'deliver', protocol });
  service.receive(packet);
  return true;
}
