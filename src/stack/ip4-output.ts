// IPv4 from the route to the neighbour (net/ipv4/ip_output.c).

import { put16, put32, u16, u32 } from '../bytes/index.ts';
import type { NetDevice, Packet } from '../core/index.ts';
import { ACCEPT, dissectNetwork, ETH_P_IP } from '../core/index.ts';
import { fragment4 } from './fragment4.ts';
import { sendError4 } from './icmp4.ts';
import { writeChecksum4 } from './ip4-header.ts';
import { neighbourOf, neighbourOutput } from './neighbour.ts';
import { IP_DF, RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST } from './numbers.ts';
import { Route } from './route.ts';
import { routeOutput4 } from './routing4.ts';
import type { Stack } from './stack.ts';
import { traceRoute } from './trace.ts';
import { loopedBack } from './transmit.ts';

const ICMP_DEST_UNREACH = 3;
const ICMP_FRAG_NEEDED = 4;

/** ip_output(): POSTROUTING and on. */
export function output4(stack: Stack, packet: Packet, route: Route): boolean {
  packet.oif = route.iface?.device ?? null;
  if (route.type !== RTN_UNICAST) loopBack(stack, packet, route);
  const verdict = stack.netns.hooks.run(stack.ip.postrouting, packet);
  if (verdict !== ACCEPT) return stack.halt(packet, verdict, 'postrouting');
  return output4Finish(stack, packet);
}

/** ip_mc_output(): members on this host hear their own groups and broadcasts, behind a POSTROUTING of their own. */
function loopBack(stack: Stack, packet: Packet, route: Route): void {
  const { iface } = route;
  if (!route.output || iface === null || iface.loopback) return;
  const heard =
    route.type === RTN_BROADCAST ||
    (route.type === RTN_MULTICAST && iface.inGroup4(u32(packet.buf, packet.network + 16)));
  if (!heard) return;
  const copy = stack.copy(packet);
  copy.oif = iface.device;
  const verdict = stack.netns.hooks.run(stack.ip.postrouting, copy);
  if (verdict === ACCEPT) loopedBack(stack, copy, iface);
  else stack.finish(copy, stack.halt(copy, verdict, 'postrouting'));
}

/** Behind POSTROUTING: ip_finish_output(). */
export function output4Finish(stack: Stack, packet: Packet): boolean {
  const route = packet.dst;
  if (!(route instanceof Route) || route.iface === null)
    return stack.drop(packet, 'IP_OUTNOROUTES', 'ip_finish_output');
  const mtu = route.currentMtu();
  if (packet.fits(mtu) && packet.fragMaxSize === 0) return send4(stack, packet, route);
  const df = (u16(packet.buf, packet.network + 6) & IP_DF) !== 0;
  if (df && (!packet.ignoreDf || packet.fragMaxSize > mtu)) {
    sendError4(stack, packet, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu);
    return stack.drop(packet, 'PKT_TOO_BIG', 'ip_fragment');
  }
  return fragment4(stack, packet, route, mtu);
}

/** ip_finish_output2(). */
export function send4(stack: Stack, packet: Packet, route: Route): boolean {
  const { iface } = route;
  if (iface === null) return stack.drop(packet, 'IP_OUTNOROUTES', 'ip_finish_output2');
  const { gateway } = route;
  let { neighbour } = route;
  // On the link itself it is the packet's destination, which a hook may have changed since routing.
  const isStale =
    neighbour !== null &&
    gateway === null &&
    u32(neighbour.address, 0) !== u32(packet.buf, packet.network + 16);
  if (neighbour === null || isStale) {
    neighbour =
      gateway === null
        ? neighbourOf(stack, iface, packet.buf, packet.network + 16, 4)
        : neighbourOf(stack, iface, gateway, 0, gateway.length);
    // Looped broadcasts and the like have a route each; only shared ones are worth keeping it.
    route.neighbour = neighbour;
  }
  return neighbourOutput(stack, packet, neighbour);
}

/**
 * ip_local_out(): a finished packet of this host, its route in `dst`. `from` is skb->dev, which only copies
 * have, and which behind OUTPUT is where a packet came in.
 */
export function localOut4(stack: Stack, packet: Packet, from: NetDevice | null = null): boolean {
  const { buf, network } = packet;
  const route = packet.dst;
  packet.protocol = ETH_P_IP;
  packet.local = true;
  packet.iif = null;
  packet.oif = route instanceof Route ? (route.iface?.device ?? null) : null;
  put16(buf, network + 2, packet.length);
  writeChecksum4(packet);
  packet.dissected = false;
  dissectNetwork(packet);
  if (stack.netns.tracer !== null) {
    stack.netns.emit(packet, { kind: 'local-out' });
    if (route instanceof Route) traceRoute(stack, packet, route, '');
  }
  const verdict = stack.netns.hooks.run(stack.ip.output, packet);
  if (verdict !== ACCEPT) return stack.halt(packet, verdict, 'output');
  packet.iif = from;
  return localOut4Finish(stack, packet);
}

/** Behind OUTPUT: dst_output(). */
export function localOut4Finish(stack: Stack, packet: Packet): boolean {
  const route = packet.dst;
  if (!(route instanceof Route)) return stack.drop(packet, 'IP_OUTNOROUTES', 'ip_output');
  return output4(stack, packet, route);
}

/**
 * ip_route_me_harder(): routes a packet of this host again after its addresses or mark changed.
 * False when there is no way; the packet must be dropped then. Rules behind it still see the device it had:
 * nf_hook_state has one for all of OUTPUT.
 */
export function reroute4(stack: Stack, packet: Packet): boolean {
  const { buf, network } = packet;
  const saddr = u32(buf, network + 12);
  const daddr = u32(buf, network + 16);
  const type = stack.addressType4(saddr, null);
  const keep = type === RTN_LOCAL || type === RTN_UNICAST;
  const route = routeOutput4(stack, {
    daddr,
    saddr: keep ? saddr : 0,
    mark: packet.mark,
    tos: buf[network + 1]!,
    anySource: keep,
  });
  if (typeof route === 'number') return false;
  packet.dst = route;
  if (stack.netns.tracer !== null) traceRoute(stack, packet, route, 'routed again');
  return true;
}

/** Writes a plain header of 20 bytes; length and checksum follow in ip_local_out. */
export interface Header4 {
  readonly tos: number;
  readonly id: number;
  readonly df: boolean;
  readonly ttl: number;
  readonly protocol: number;
  readonly saddr: number;
  readonly daddr: number;
}

export function writeHeader4(packet: Packet, header: Header4): void {
  const { buf, network } = packet;
  buf[network] = 0x45;
  buf[network + 1] = header.tos;
  put16(buf, network + 2, packet.length);
  put16(buf, network + 4, header.id);
  put16(buf, network + 6, header.df ? IP_DF : 0);
  buf[network + 8] = header.ttl;
  buf[network + 9] = header.protocol;
  put32(buf, network + 12, header.saddr);
  put32(buf, network + 16, header.daddr);
}
