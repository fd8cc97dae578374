// What reject rules send (net/ipv4/netfilter/nf_reject_ipv4.c and its IPv6 sibling).

import { fold16, pseudoHeaderSum4, pseudoHeaderSum6, sum16, u16, u32 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { dissectNetwork, ETH_P_IP, ETH_P_IPV6 } from '../core/index.ts';
import { isMulticast6, isZero } from './address.ts';
import { sendUnreachable4 } from './icmp4.ts';
import { sendError6 } from './icmp6.ts';
import { writeChecksum4 } from './ip4-header.ts';
import { localOut4, reroute4, writeHeader4 } from './ip4-output.ts';
import { localOut6, writeHeader6 } from './ip6-output.ts';
import { attachConntrack, makePacket } from './make.ts';
import {
  IP_OFFSET,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  IPV4_HLEN,
  IPV6_HLEN,
  RTN_BROADCAST,
  RTN_MULTICAST,
} from './numbers.ts';
import { Route } from './route.ts';
import { routeOutput4 } from './routing4.ts';
import { routeOutput6 } from './routing6.ts';
import type { Stack } from './stack.ts';
import { traceGenerated } from './trace.ts';
import { transmitFrom } from './transmit.ts';
import { answerReset, TCP_HLEN, writeReset } from './transport.ts';

const IPPROTO_GRE = 47;
const IPPROTO_ESP = 50;
const IPPROTO_AH = 51;
const IPPROTO_SCTP = 132;
const ICMPV6_DEST_UNREACH = 1;
/** GRE's flag for a checksum, in its first byte. */
const GRE_CSUM = 0x80;

/** Hooks where a packet has no route yet. */
const unrouted = (hook: string): boolean => hook === 'prerouting' || hook === 'ingress';

/**
 * nf_reject_verify_csum(): protocols whose payload has no sum that can be checked. DCCP is none of them
 * since Linux 6.17, and over IPv4 its sum is never found right.
 */
function hasChecksum(packet: Packet): boolean {
  const { buf, transport, l4proto } = packet;
  switch (l4proto) {
    case IPPROTO_AH:
    case IPPROTO_ESP:
    case IPPROTO_SCTP:
    case IPPROTO_UDPLITE:
      return false;
    case IPPROTO_UDP:
      return u16(buf, transport + 6) !== 0;
    case IPPROTO_GRE:
      return (buf[transport]! & GRE_CSUM) !== 0;
    default:
      return true;
  }
}

/**
 * nf_ip_checksum(): only TCP and UDP are summed with a pseudo header. The header itself is summed, too, and
 * that of a packet whose options were filled is not right before it leaves.
 */
function soundPayload4(packet: Packet): boolean {
  if (packet.csumValid) return true;
  const { buf, network, transport, end, l4proto } = packet;
  const pseudo = l4proto === IPPROTO_TCP || l4proto === IPPROTO_UDP;
  const sum = pseudo ? pseudoHeaderSum4(buf, network, l4proto, end - transport) : 0;
  packet.csumValid = fold16(sum16(buf, network, end - network, sum)) === 0xffff;
  return packet.csumValid;
}

/** nf_ip6_checksum(): always with a pseudo header. */
function soundPayload6(packet: Packet): boolean {
  if (packet.csumValid) return true;
  const { buf, network, transport, end, l4proto } = packet;
  const length = end - transport;
  const sum = pseudoHeaderSum6(buf, network, l4proto, length);
  packet.csumValid = fold16(sum16(buf, transport, length, sum)) === 0xffff;
  return packet.csumValid;
}

/** nf_reject_fill_skb_dst(): before routing, the way back stands for the way on. */
function fillRoute4(stack: Stack, packet: Packet): boolean {
  if (packet.dst instanceof Route) return true;
  const daddr = u32(packet.buf, packet.network + 12);
  const route = routeOutput4(stack, { daddr, saddr: 0, mark: 0, tos: 0 });
  if (typeof route === 'number') return false;
  packet.dst = route;
  return true;
}

/** nf_send_unreach(). */
function unreachable4(stack: Stack, packet: Packet, code: number, hook: string): void {
  if ((u16(packet.buf, packet.network + 6) & IP_OFFSET) !== 0) return;
  if (unrouted(hook) && !fillRoute4(stack, packet)) return;
  if (hasChecksum(packet) && !soundPayload4(packet)) return;
  sendUnreachable4(stack, packet, code);
}

/** nf_send_unreach6(). */
function unreachable6(stack: Stack, packet: Packet, code: number, hook: string): void {
  if (packet.l4proto < 0 || packet.transport >= packet.end || packet.fragOffset > 0) return;
  if (hasChecksum(packet) && !soundPayload6(packet)) return;
  const device = hook === 'output' ? stack.loopback : stack.interfaceOf(packet.iif);
  sendError6(stack, packet, ICMPV6_DEST_UNREACH, code, 0, device);
}

export function rejectUnreachable(stack: Stack, packet: Packet, code: number, hook: string): void {
  dissectNetwork(packet);
  if (packet.protocol === ETH_P_IP) unreachable4(stack, packet, code, hook);
  else if (packet.protocol === ETH_P_IPV6) unreachable6(stack, packet, code, hook);
}

/** nf_reject_ip_tcphdr_get(): a whole segment that a reset may answer. */
const resettable = (packet: Packet): boolean =>
  packet.l4proto === IPPROTO_TCP &&
  packet.fragOffset === 0 &&
  packet.end - packet.transport >= TCP_HLEN &&
  answerReset(packet);

/** nf_send_reset(). */
function reset4(stack: Stack, packet: Packet, hook: string): void {
  if (!resettable(packet) || !soundPayload4(packet)) return;
  if (unrouted(hook) && !fillRoute4(stack, packet)) return;
  const cause = packet.dst;
  if (cause instanceof Route && (cause.type === RTN_BROADCAST || cause.type === RTN_MULTICAST))
    return;
  const { buf, network } = packet;
  const made = makePacket(stack, IPV4_HLEN + TCP_HLEN);
  made.sk = null;
  writeHeader4(made, {
    tos: 0,
    id: 0,
    df: true,
    ttl: stack.sysctl('net.ipv4.ip_default_ttl', 64),
    protocol: IPPROTO_TCP,
    saddr: u32(buf, network + 16),
    daddr: u32(buf, network + 12),
  });
  made.transport = made.network + IPV4_HLEN;
  writeReset(made, packet, pseudoHeaderSum4(made.buf, made.network, IPPROTO_TCP, TCP_HLEN));
  made.mark = stack.sysctl('net.ipv4.fwmark_reflect', 0) !== 0 ? packet.mark : 0;
  if (!reroute4(stack, made)) return;
  sendReset(stack, made, packet);
  stack.finish(made, bridgedReset(stack, made, packet) ?? localOut4(stack, made));
}

/**
 * In answer to a packet that passed a bridge: in the name of whom that was sent to, out by the port it came in
 * by, past all rules but those of egress. Undefined where there was no bridge.
 */
function bridgedReset(stack: Stack, made: Packet, cause: Packet): boolean | undefined {
  const port = stack.interfaceOf(cause.bridge?.physIn ?? null);
  if (port === null || cause.mac < 0) return undefined;
  const { buf, mac } = cause;
  made.protocol = cause.protocol;
  if (made.protocol === ETH_P_IP) writeChecksum4(made);
  const [to, from] = [buf.subarray(mac + 6, mac + 12), buf.subarray(mac, mac + 6)];
  return transmitFrom(stack, made, port, to, from);
}

function sendReset(stack: Stack, made: Packet, cause: Packet): void {
  attachConntrack(made, cause);
  if (cause.ct !== 0) stack.netns.conntrack?.setClosing(cause);
  traceGenerated(stack, made, 'tcp reset');
}

const isUnicast6 = (buf: Uint8Array, at: number): boolean =>
  !isMulticast6(buf, at) && !isZero(buf, at, 16);

/** nf_send_reset6(). */
function reset6(stack: Stack, packet: Packet): void {
  const { buf, network } = packet;
  if (!isUnicast6(buf, network + 8) || !isUnicast6(buf, network + 24)) return;
  if (!resettable(packet) || !soundPayload6(packet)) return;
  const saddr = buf.slice(network + 24, network + 40);
  const daddr = buf.slice(network + 8, network + 24);
  const mark = stack.sysctl('net.ipv6.fwmark_reflect', 0) !== 0 ? packet.mark : 0;
  const route = routeOutput6(stack, { daddr, saddr, mark, tos: 0 });
  if (typeof route === 'number') return;
  const made = makePacket(stack, IPV6_HLEN + TCP_HLEN);
  made.sk = null;
  writeHeader6(made, {
    trafficClass: 0,
    flowLabel: 0,
    nextHeader: IPPROTO_TCP,
    hopLimit: stack.sysctl('net.ipv6.conf.all.hop_limit', 64),
    saddr,
    daddr,
  });
  made.transport = made.network + IPV6_HLEN;
  writeReset(made, packet, pseudoHeaderSum6(made.buf, made.network, IPPROTO_TCP, TCP_HLEN));
  made.mark = mark;
  made.dst = route;
  sendReset(stack, made, packet);
  stack.finish(made, bridgedReset(stack, made, packet) ?? localOut6(stack, made));
}

export function rejectReset(stack: Stack, packet: Packet, hook: string): void {
  // ip_forward() leaves CHECKSUM_NONE: nf_ip_checksum() of a segment on its way sums again.
  if (hook === 'forward') packet.csumValid = false;
  dissectNetwork(packet);
  if (packet.protocol === ETH_P_IP) reset4(stack, packet, hook);
  else if (packet.protocol === ETH_P_IPV6) reset6(stack, packet);
}
