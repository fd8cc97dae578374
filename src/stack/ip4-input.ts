// IPv4 from the device to the route: ip_rcv() and ip_rcv_finish() of net/ipv4/ip_input.c.

import { fold16, sum16, u16 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { ACCEPT, dissectNetwork, PACKET_OTHERHOST } from '../core/index.ts';
import { localDeliver4 } from './deliver4.ts';
import { DONE } from './fate.ts';
import { routeError4 } from './icmp4.ts';
import type { Interface } from './interface.ts';
import { forward4 } from './ip4-forward.ts';
import { compileOptions } from './ip4-options.ts';
import { IPV4_HLEN } from './numbers.ts';
import { Route } from './route.ts';
import { routeInput4 } from './routing4.ts';
import { noticeSegments } from './segments.ts';
import { earlyDemux } from './sockets.ts';
import type { Stack } from './stack.ts';
import { traceRoute } from './trace.ts';

/** ip_rcv_core(): the reason to drop, or '' for a sound header. Trims what the link padded. */
export function validate4(packet: Packet): string {
  const { buf, network } = packet;
  const length = packet.end - network;
  const headerLength = (buf[network]! & 0x0f) << 2;
  if (length < IPV4_HLEN || buf[network]! >>> 4 !== 4 || headerLength < IPV4_HLEN)
    return 'IP_INHDR';
  if (length < headerLength) return 'IP_INHDR';
  if (fold16(sum16(buf, network, headerLength)) !== 0xffff) return 'IP_CSUM';
  const total = u16(buf, network + 2);
  if (total > length) return 'PKT_TOO_SMALL';
  if (total < headerLength) return 'IP_INHDR';
  packet.end = network + total;
  return '';
}

export function ip4Receive(stack: Stack, packet: Packet): boolean {
  if (packet.pktType === PACKET_OTHERHOST) return stack.drop(packet, 'OTHERHOST', 'ip_rcv');
  const reason = validate4(packet);
  if (reason !== '') return stack.drop(packet, reason, 'ip_rcv');
  packet.dissected = false;
  dissectNetwork(packet);
  noticeSegments(packet);
  const verdict = stack.netns.hooks.run(stack.ip.prerouting, packet);
  if (verdict !== ACCEPT) return stack.halt(packet, verdict, 'prerouting');
  return ip4ReceiveFinish(stack, packet);
}

/** Behind PREROUTING: ip_rcv_finish(). */
export function ip4ReceiveFinish(stack: Stack, packet: Packet): boolean {
  const iface = stack.interfaceOf(packet.iif);
  if (iface === null) return stack.drop(packet, 'DEV_READY', 'route');
  // A packet that came round through lo keeps the route it left with.
  const known = packet.dst instanceof Route ? packet.dst : null;
  if (known === null) earlyDemux(stack, packet, 'ip');
  const route = known ?? routeInput4(stack, packet, iface);
  if (typeof route === 'string') {
    if (stack.netns.tracer !== null) traceRoute(stack, packet, null, route);
    return stack.drop(packet, route, 'route');
  }
  packet.dst = route;
  if (stack.netns.tracer !== null) traceRoute(stack, packet, route, '');
  if ((packet.buf[packet.network]! & 0x0f) > 5) {
    const bad = compileOptions(stack, packet, iface);
    if (bad !== '') return stack.drop(packet, bad, 'options');
  }
  return routeInput(stack, packet, iface, route);
}

/** dst_input(). */
function routeInput(stack: Stack, packet: Packet, iface: Interface, route: Route): boolean {
  switch (route.input) {
    case 'forward':
      return forward4(stack, packet, route);
    case 'local':
      return localDeliver4(stack, packet);
    case 'error':
      return routeError4(stack, packet, iface, route);
    default:
      return stack.drop(packet, 'NOT_SPECIFIED', 'route') && DONE;
  }
}
