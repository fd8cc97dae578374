// Programs that listen on this host.

import { u16 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE } from './numbers.ts';
import type { Stack } from './stack.ts';

const SCTP = 132;
const DCCP = 33;
const hasPorts = (protocol: number): boolean =>
  protocol === IPPROTO_TCP ||
  protocol === IPPROTO_UDP ||
  protocol === IPPROTO_UDPLITE ||
  protocol === SCTP ||
  protocol === DCCP;

/** Hands the packet to whoever listens. False where nobody does. */
export function serve(stack: Stack, packet: Packet, protocol: number): boolean {
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
