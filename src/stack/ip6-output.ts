// IPv6 from the route to the neighbour (net/ipv6/ip6_output.c).

import { equalBytes, put16, put32, u16 } from '../bytes/index.ts';
import type { NetDevice, Packet } from '../core/index.ts';
import { ACCEPT, dissectNetwork, ETH_P_IPV6 } from '../core/index.ts';
import { isMulticast6 } from './address.ts';
import { fragment6 } from './fragment6.ts';
import { sendTooBig6 } from './icmp6.ts';
import { neighbourOf, neighbourOutput } from './neighbour.ts';
import { IPV6_HLEN, IPV6_MIN_MTU } from './numbers.ts';
import { Route } from './route.ts';
import { routeOutput6 } from './routing6.ts';
import type { Stack } from './stack.ts';
import { traceRoute } from './trace.ts';
import { loopedBack } from './transmit.ts';

/** ip6_output(): POSTROUTING and on. */
export function output6(stack: Stack, packet: Packet, route: Route): boolean {
  packet.oif = route.iface?.device ?? null;
  const verdict = stack.netns.hooks.run(stack.ip6.postrouting, packet);
  if (verdict !== ACCEPT) return stack.halt(packet, verdict, 'postrouting');
  return output6Finish(stack, packet);
}

/** Behind POSTROUTING: ip6_finish_output(). */
export function output6Finish(stack: Stack, packet: Packet): boolean {
  const route = packet.dst;
  if (!(route instanceof Route) || route.iface === null)
    return stack.drop(packet, 'IP_OUTNOROUTES', 'ip6_finish_output');
  const mtu = Math.max(route.currentMtu(), IPV6_MIN_MTU);
  const { fragMaxSize, length } = packet;
  if (packet.fits(mtu) && (fragMaxSize === 0 || length <= fragMaxSize))
    return send6(stack, packet, route);
  // Only who made the packet may cut it; one that came in fragments was cut by its maker.
  if (!packet.local && (!packet.ignoreDf || fragMaxSize > mtu)) {
    sendTooBig6(stack, packet, mtu, route.iface);
    return stack.drop(packet, 'PKT_TOO_BIG', 'ip6_fragment');
  }
  return fragment6(stack, packet, route, mtu);
}

/** Members on this host hear their own groups, behind a POSTROUTING of their own. */
function loopBack(stack: Stack, packet: Packet, route: Route): void {
  const { iface } = route;
  if (!route.output || iface === null || iface.loopback) return;
  const at = packet.network + 24;
  if (!isMulticast6(packet.buf, at)) return;
  if (!iface.inGroup6(packet.buf, at, stack.forwarding6(iface))) return;
  const copy = stack.copy(packet);
  const verdict = stack.netns.hooks.run(stack.ip6.postrouting, copy);
  if (verdict === ACCEPT) loopedBack(stack, copy, iface);
  else stack.finish(copy, stack.halt(copy, verdict, 'postrouting'));
}

/** ip6_finish_output2(). */
export function send6(stack: Stack, packet: Packet, route: Route): boolean {
  const { iface } = route;
  if (iface === null) return stack.drop(packet, 'IP_OUTNOROUTES', 'ip6_finish_output2');
  const { gateway } = route;
  let { neighbour } = route;
  // On the link itself it is the packet's destination, which a hook may have changed since routing.
  const isStale =
    neighbour !== null &&
    gateway === null &&
    !equalBytes(packet.buf, packet.network + 24, neighbour.address, 0, 16);
  if (neighbour === null || isStale) {
    neighbour =
      gateway === null
        ? neighbourOf(stack, iface, packet.buf, packet.network + 24, 16)
        : neighbourOf(stack, iface, gateway, 0, gateway.length);
    route.neighbour = neighbour;
  }
  if (packet.buf[packet.network + 24] === 0xff) loopBack(stack, packet, route);
  return neighbourOutput(stack, packet, neighbour);
}

/**
 * ip6_local_out(): a finished packet of this host, its route in `dst`. `from` is skb->dev, which only copies
 * have, and which behind OUTPUT is where a packet came in.
 */
export function localOut6(stack: Stack, packet: Packet, from: NetDevice | null = null): boolean {
  const route = packet.dst;
  packet.protocol = ETH_P_IPV6;
  packet.local = true;
  packet.iif = null;
  packet.oif = route instanceof Route ? (route.iface?.device ?? null) : null;
  put16(packet.buf, packet.network + 4, packet.length - IPV6_HLEN);
  packet.dissected = false;
  dissectNetwork(packet);
  if (stack.netns.tracer !== null) {
    stack.netns.emit(packet, { kind: 'local-out' });
    if (route instanceof Route) traceRoute(stack, packet, route, '');
  }
  const verdict = stack.netns.hooks.run(stack.ip6.output, packet);
  if (verdict !== ACCEPT) return stack.halt(packet, verdict, 'output');
  packet.iif = from;
  return localOut6Finish(stack, packet);
}

/** Behind OUTPUT: dst_output(). */
export function localOut6Finish(stack: Stack, packet: Packet): boolean {
  const route = packet.dst;
  if (!(route instanceof Route)) return stack.drop(packet, 'IP_OUTNOROUTES', 'ip6_output');
  return output6(stack, packet, route);
}

/** ip6_route_me_harder(). False when there is no way; the packet must be dropped then. */
export function reroute6(stack: Stack, packet: Packet): boolean {
  const { buf, network } = packet;
  const was = packet.dst instanceof Route ? packet.dst.iface : null;
  const daddr = buf.slice(network + 24, network + 40);
  const route = routeOutput6(stack, {
    daddr,
    saddr: buf.slice(network + 8, network + 24),
    mark: packet.mark,
    tos: (u16(buf, network) >> 4) & 0xff,
    oif: isMulticast6(daddr, 0) ? was : null,
  });
  if (typeof route === 'number') return false;
  packet.dst = route;
  if (stack.netns.tracer !== null) traceRoute(stack, packet, route, 'routed again');
  return true;
}

export interface Header6 {
  readonly trafficClass: number;
  readonly flowLabel: number;
  readonly nextHeader: number;
  readonly hopLimit: number;
  readonly saddr: Uint8Array;
  readonly daddr: Uint8Array;
}

/** Writes the 40 bytes of a header; the payload length follows in ip6_local_out. */
export function writeHeader6(packet: Packet, header: Header6): void {
  const { buf, network } = packet;
  put32(buf, network, 0x60000000 | (header.trafficClass << 20) | header.flowLabel);
  put16(buf, network + 4, packet.length - IPV6_HLEN);
  buf[network + 6] = header.nextHeader;
  buf[network + 7] = header.hopLimit;
  buf.set(header.saddr, network + 8);
  buf.set(header.daddr, network + 24);
}
