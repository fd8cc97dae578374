// Forwarding: ip6_forward() of net/ipv6/ip6_output.c.

import type { Packet } from '../core/index.ts';
import { ACCEPT, PACKET_HOST } from '../core/index.ts';
import { isLinkLocal6 } from './address.ts';
import { sendError6, sendTooBig6, sendUnreachable6 } from './icmp6.ts';
import type { Interface } from './interface.ts';
import { output6 } from './ip6-output.ts';
import { sendRedirect6 } from './nd.ts';
import { IPV6_MIN_MTU } from './numbers.ts';
import { Route } from './route.ts';
import { unusableSource } from './routing6.ts';
import type { Stack } from './stack.ts';

const ICMPV6_TIME_EXCEED = 3;
const ICMPV6_NOT_NEIGHBOUR = 2;

/** ip6_pkt_too_big(). */
function tooBig(packet: Packet, mtu: number): boolean {
  if (packet.fits(mtu)) return false;
  return packet.fragMaxSize > mtu || !packet.ignoreDf;
}

/** Sources that must not be forwarded; a link-local one is told so (RFC 4443 §3.1). */
function sourceStays(stack: Stack, packet: Packet): boolean {
  const at = packet.network + 8;
  if (unusableSource(packet.buf, at)) return true;
  if (!isLinkLocal6(packet.buf, at)) return false;
  sendUnreachable6(stack, packet, ICMPV6_NOT_NEIGHBOUR);
  return true;
}

export function forward6(stack: Stack, packet: Packet, iface: Interface, route: Route): boolean {
  if (stack.sysctl('net.ipv6.conf.all.forwarding', 0) === 0)
    return stack.drop(packet, 'NOT_SPECIFIED', 'ip6_forward');
  if (packet.pktType !== PACKET_HOST) return stack.drop(packet, 'NOT_SPECIFIED', 'ip6_forward');
  if (packet.sk !== null) return stack.drop(packet, 'NOT_SPECIFIED', 'ip6_forward');
  const { buf, network } = packet;
  if (buf[network + 7]! <= 1) {
    sendError6(stack, packet, ICMPV6_TIME_EXCEED, 0, 0);
    return stack.drop(packet, 'IP_INHDR', 'ip6_forward');
  }
  if (route.iface === iface) sendRedirect6(stack, packet, iface, route);
  else if (sourceStays(stack, packet)) return stack.drop(packet, 'IP_INADDRERRORS', 'ip6_forward');
  const mtu = Math.max(route.currentMtu(), IPV6_MIN_MTU);
  if (tooBig(packet, mtu)) {
    sendTooBig6(stack, packet, mtu, route.iface);
    return stack.drop(packet, 'PKT_TOO_BIG', 'ip6_forward');
  }
  buf[network + 7]!--;
  packet.oif = route.iface?.device ?? null;
  const verdict = stack.netns.hooks.run(stack.ip6.forward, packet);
  if (verdict !== ACCEPT) return stack.halt(packet, verdict, 'forward');
  return forward6Finish(stack, packet);
}

/** Behind FORWARD. */
export function forward6Finish(stack: Stack, packet: Packet): boolean {
  const route = packet.dst;
  if (!(route instanceof Route)) return stack.drop(packet, 'IP_OUTNOROUTES', 'ip6_forward');
  return output6(stack, packet, route);
}
