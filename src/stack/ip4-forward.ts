// Forwarding: ip_forward() of net/ipv4/ip_forward.c.

import { put16, u16, updateChecksum16 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { ACCEPT, PACKET_HOST } from '../core/index.ts';
import { sendError4, sendRedirect4 } from './icmp4.ts';
import { forwardOptions } from './ip4-options.ts';
import { output4 } from './ip4-output.ts';
import { IP_DF } from './numbers.ts';
import { Route } from './route.ts';
import type { Stack } from './stack.ts';

const ICMP_DEST_UNREACH = 3;
const ICMP_FRAG_NEEDED = 4;
const ICMP_TIME_EXCEEDED = 11;

/** ip_tos2prio of net/ipv4/route.c: TC_PRIO_* by the four bits of RFC 1349. */
const TOS_TO_PRIORITY = [0, 0, 0, 0, 2, 2, 2, 2, 6, 6, 6, 6, 4, 4, 4, 4] as const;
const tosPriority = (tos: number): number => TOS_TO_PRIORITY[(tos & 0x1e) >> 1]!;

/** ip_decrease_ttl(): one less in the upper byte of a word, so the sum is updated in one step. */
export function decreaseTtl(packet: Packet): void {
  const { buf, network } = packet;
  const old = u16(buf, network + 8);
  buf[network + 8]!--;
  put16(buf, network + 10, updateChecksum16(u16(buf, network + 10), old, old - 0x100));
}

/** ip_exceeds_mtu(). */
function exceedsMtu(packet: Packet, mtu: number): boolean {
  if (packet.fits(mtu)) return false;
  if ((u16(packet.buf, packet.network + 6) & IP_DF) === 0) return false;
  return packet.fragMaxSize > mtu || !packet.ignoreDf;
}

export function forward4(stack: Stack, packet: Packet, route: Route): boolean {
  if (packet.pktType !== PACKET_HOST) return stack.drop(packet, 'OTHERHOST', 'ip_forward');
  // What belongs to a socket here goes nowhere else: tproxy without a local route ends like this.
  if (packet.sk !== null) return stack.drop(packet, 'NOT_SPECIFIED', 'ip_forward');
  const { buf, network } = packet;
  if (buf[network + 8]! <= 1) {
    sendError4(stack, packet, ICMP_TIME_EXCEEDED, 0, 0);
    return stack.drop(packet, 'IP_INHDR', 'ip_forward');
  }
  const mtu = route.currentMtu();
  if (exceedsMtu(packet, mtu)) {
    sendError4(stack, packet, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu);
    return stack.drop(packet, 'PKT_TOO_BIG', 'ip_forward');
  }
  decreaseTtl(packet);
  if (route.redirect) sendRedirect4(stack, packet, route);
  if (stack.forwardUpdatesPriority) packet.priority = tosPriority(buf[network + 1]!);
  packet.oif = route.iface?.device ?? null;
  const verdict = stack.netns.hooks.run(stack.ip.forward, packet);
  if (verdict !== ACCEPT) return stack.halt(packet, verdict, 'forward');
  return forward4Finish(stack, packet);
}

/** Behind FORWARD: ip_forward_finish(). */
export function forward4Finish(stack: Stack, packet: Packet): boolean {
  const route = packet.dst;
  if (!(route instanceof Route)) return stack.drop(packet, 'IP_OUTNOROUTES', 'ip_forward');
  if ((packet.buf[packet.network]! & 0x0f) > 5) forwardOptions(stack, packet, route);
  return output4(stack, packet, route);
}
