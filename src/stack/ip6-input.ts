// IPv6 from the device to the route: ipv6_rcv() of net/ipv6/ip6_input.c.

import { u16 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { ACCEPT, dissectNetwork, PACKET_LOOPBACK, PACKET_OTHERHOST } from '../core/index.ts';
import { isLoopback6, isMulticast6, isZero } from './address.ts';
import { localDeliver6 } from './deliver6.ts';
import { sendUnreachable6 } from './icmp6.ts';
import type { Interface } from './interface.ts';
import { parseOptions6 } from './ip6-extensions.ts';
import { forward6 } from './ip6-forward.ts';
import { EACCES, IPPROTO_HOPOPTS, IPV6_HLEN, RTN_MULTICAST } from './numbers.ts';
import { Route } from './route.ts';
import { routeInput6 } from './routing6.ts';
import { noticeSegments } from './segments.ts';
import { earlyDemux } from './sockets.ts';
import type { Stack } from './stack.ts';
import { traceRoute } from './trace.ts';

const ICMPV6_NOROUTE = 0;
const ICMPV6_ADM_PROHIBITED = 1;

/** Scope of a group, the low half of its second byte (RFC 4291 §2.7). */
const groupScope = (buf: Uint8Array, at: number): number => buf[at + 1]! & 0x0f;

/** Addresses that have no business on the wire (RFC 4291 §2.5.3, §2.7, erratum 3480). */
function badAddresses(packet: Packet, iface: Interface): boolean {
  const { buf, network } = packet;
  const saddr = network + 8;
  const daddr = network + 24;
  if (!iface.loopback && (isLoopback6(buf, saddr) || isLoopback6(buf, daddr))) return true;
  if (isMulticast6(buf, saddr)) return true;
  if (!isMulticast6(buf, daddr)) return false;
  const scope = groupScope(buf, daddr);
  const inside = iface.loopback || packet.pktType === PACKET_LOOPBACK;
  return scope === 0 || (scope === 1 && !inside);
}

/** ip6_rcv_core(): the reason to drop, or ''. Trims what the link padded. */
function validate(stack: Stack, packet: Packet, iface: Interface): string {
  const { buf, network } = packet;
  if (stack.sysctl(`net.ipv6.conf.${iface.device.name}.disable_ipv6`, 0) !== 0)
    return 'IPV6DISABLED';
  const length = packet.end - network;
  if (length < IPV6_HLEN) return 'IP_INHDR';
  if (buf[network]! >>> 4 !== 6) return 'UNHANDLED_PROTO';
  if (badAddresses(packet, iface)) return 'IP_INHDR';
  const payload = u16(buf, network + 4);
  if (payload > 0 || buf[network + 6] !== IPPROTO_HOPOPTS) {
    if (payload + IPV6_HLEN > length) return 'PKT_TOO_SMALL';
    packet.end = network + IPV6_HLEN + payload;
  }
  return '';
}

export function ip6Receive(stack: Stack, packet: Packet): boolean {
  const iface = stack.interfaceOf(packet.iif);
  if (iface === null) return stack.drop(packet, 'DEV_READY', 'ip6_rcv');
  if (packet.pktType === PACKET_OTHERHOST) return stack.drop(packet, 'OTHERHOST', 'ip6_rcv');
  const reason = validate(stack, packet, iface);
  if (reason !== '') return stack.drop(packet, reason, 'ip6_rcv');
  if (packet.buf[packet.network + 6] === IPPROTO_HOPOPTS) {
    const bad = parseOptions6(stack, packet, packet.network + IPV6_HLEN, true);
    if (bad !== '') return stack.drop(packet, bad, 'ip6_rcv');
    packet.optionSlot = IPV6_HLEN;
  }
  packet.dissected = false;
  dissectNetwork(packet);
  noticeSegments(packet);
  const verdict = stack.netns.hooks.run(stack.ip6.prerouting, packet);
  if (verdict !== ACCEPT) return stack.halt(packet, verdict, 'prerouting');
  return ip6ReceiveFinish(stack, packet);
}

/** Behind PREROUTING: ip6_rcv_finish(). */
export function ip6ReceiveFinish(stack: Stack, packet: Packet): boolean {
  const iface = stack.interfaceOf(packet.iif);
  if (iface === null) return stack.drop(packet, 'DEV_READY', 'route');
  const known = packet.dst instanceof Route ? packet.dst : null;
  if (known === null) earlyDemux(stack, packet, 'ip6');
  const route = known ?? routeInput6(stack, packet, iface);
  packet.dst = route;
  if (stack.netns.tracer !== null) traceRoute(stack, packet, route, '');
  switch (route.input) {
    case 'forward':
      return forward6(stack, packet, iface, route);
    case 'local':
      return route.type === RTN_MULTICAST
        ? multicastInput(stack, packet, iface)
        : localDeliver6(stack, packet);
    case 'error':
      return routeError6(stack, packet, route);
    default:
      return stack.drop(packet, 'NOT_SPECIFIED', 'route');
  }
}

/** ip6_mc_input(): for members only. */
function multicastInput(stack: Stack, packet: Packet, iface: Interface): boolean {
  if (!iface.inGroup6(packet.buf, packet.network + 24, stack.forwarding6(iface)))
    return stack.drop(packet, 'IP_INADDRERRORS', 'ip6_mc_input');
  return localDeliver6(stack, packet);
}

/** ip6_pkt_drop(): also of a host that does not forward. */
function routeError6(stack: Stack, packet: Packet, route: Route): boolean {
  const nowhere = isZero(packet.buf, packet.network + 24, 16);
  const code = route.error === EACCES ? ICMPV6_ADM_PROHIBITED : ICMPV6_NOROUTE;
  sendUnreachable6(stack, packet, code);
  return stack.drop(packet, nowhere ? 'IP_INADDRERRORS' : 'IP_INNOROUTES', 'route');
}
