// ICMPv6 messages this host makes (net/ipv6/icmp.c).

import {
  checksum,
  fold16,
  pseudoHeaderSum6,
  put16,
  put32,
  sum16,
  u16,
  u32,
} from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { dissectNetwork, PACKET_HOST } from '../core/index.ts';
import { formatAddress, isLinkLocal6, isMulticast6, isZero } from './address.ts';
import type { Interface } from './interface.ts';
import { localOut6, writeHeader6 } from './ip6-output.ts';
import { attachConntrack, makePacket } from './make.ts';
import { receiveNd } from './nd.ts';
import { IPPROTO_ICMPV6, IPV6_HLEN, IPV6_MIN_MTU, RTN_ANYCAST, RTN_LOCAL } from './numbers.ts';
import { Route } from './route.ts';
import { routeOutput6, selectSource6 } from './routing6.ts';
import type { Stack } from './stack.ts';
import { traceGenerated } from './trace.ts';

export const ICMPV6_HLEN = 8;
const FRAGMENT_HLEN = 8;
const ICMPV6_DEST_UNREACH = 1;
const ICMPV6_PKT_TOOBIG = 2;
const ICMPV6_PARAMPROB = 4;
const ICMPV6_UNK_OPTION = 2;
const ICMPV6_ECHO_REQUEST = 128;
const ICMPV6_ECHO_REPLY = 129;
/** Messages from here on are not errors. */
const ICMPV6_INFOMSG_MASK = 0x80;
/** ND: router solicitation to redirect. */
const ND_FIRST = 133;
const ND_LAST = 137;

const NAMES: Readonly<Record<number, string>> = {
  1: 'icmpv6 destination-unreachable',
  2: 'icmpv6 packet-too-big',
  3: 'icmpv6 time-exceeded',
  4: 'icmpv6 parameter-problem',
  129: 'icmpv6 echo-reply',
  135: 'neighbour solicitation',
  136: 'neighbour advertisement',
  137: 'icmpv6 redirect',
};

const icmp6Name = (type: number): string => NAMES[type] ?? `icmpv6 type ${type}`;

/** is_ineligible(): no errors about errors, nor about what may be one. */
function aboutError(packet: Packet): boolean {
  // On its way up, the transport header is where delivery has come to among the extension headers.
  packet.dissected = false;
  dissectNetwork(packet);
  if (packet.l4proto !== IPPROTO_ICMPV6) return false;
  if (packet.fragOffset > 0) return false;
  if (packet.transport >= packet.end) return true;
  return (packet.buf[packet.transport]! & ICMPV6_INFOMSG_MASK) === 0;
}

/** net.ipv6.icmp.ratemask, by default all but packet-too-big and information. */
const limited = (type: number): boolean =>
  type !== ICMPV6_PKT_TOOBIG && (type & ICMPV6_INFOMSG_MASK) === 0;

interface Limit {
  readonly type: number;
  readonly daddr: Uint8Array;
  readonly route: Route;
}

/** icmpv6_xrlim_allow(): wider prefixes may get more. */
function peerAllows(stack: Stack, { type, daddr, route }: Limit): boolean {
  if (!limited(type) || route.iface?.loopback === true) return true;
  const time = stack.sysctl('net.ipv6.icmp.ratelimit', 100);
  const cost = route.length < 128 ? time >> ((128 - route.length) >> 5) : time;
  if (!stack.limits.peerAllow(formatAddress(daddr), cost)) return false;
  stack.limits.globalConsume();
  return true;
}

/** Where a message goes and what it starts with. */
export interface Message6 {
  readonly type: number;
  readonly code: number;
  readonly saddr: Uint8Array;
  readonly daddr: Uint8Array;
  readonly trafficClass: number;
  readonly hopLimit: number;
  /** -1: a label is made up, as auto_flowlabels has it. */
  readonly flowLabel: number;
  readonly route: Route;
}

/** A message with room for `data` bytes behind its header of 8. */
export function makeMessage6(stack: Stack, message: Message6, data: number): Packet {
  const made = makePacket(stack, IPV6_HLEN + ICMPV6_HLEN + data);
  const { trafficClass, hopLimit, saddr, daddr } = message;
  writeHeader6(made, {
    trafficClass,
    flowLabel: 0,
    nextHeader: IPPROTO_ICMPV6,
    hopLimit,
    saddr,
    daddr,
  });
  const { buf, network } = made;
  const auto = stack.sysctl('net.ipv6.auto_flowlabels', 1) !== 0;
  if (message.flowLabel < 0 && auto)
    put32(
      buf,
      network,
      u32(buf, network) | stack.idents.flowLabel(buf, network + 8, IPPROTO_ICMPV6),
    );
  made.transport = network + IPV6_HLEN;
  buf[made.transport] = message.type;
  buf[made.transport + 1] = message.code;
  made.dst = message.route;
  return made;
}

/**
 * Where __ip6_append_data() begins another buffer, and so where the message is cut: unlike a cut made
 * later, the last piece is no longer than the others.
 */
function appended(route: unknown, length: number): number[] | null {
  const mtu = route instanceof Route ? Math.max(route.currentMtu(), IPV6_MIN_MTU) : 0;
  if (mtu === 0 || IPV6_HLEN + length <= mtu) return null;
  const most = ((mtu - IPV6_HLEN) & ~7) - FRAGMENT_HLEN;
  return Array.from({ length: Math.ceil(length / most) }, (_, i) =>
    Math.min(most, length - i * most),
  );
}

/** Writes the checksum and sends. */
export function sendMessage6(stack: Stack, made: Packet): void {
  const { buf, network, transport, end } = made;
  const length = end - transport;
  put16(buf, transport + 2, 0);
  const pseudo = pseudoHeaderSum6(buf, network, IPPROTO_ICMPV6, length);
  put16(buf, transport + 2, checksum(buf, transport, length, pseudo));
  made.fragLengths = appended(made.dst, length);
  traceGenerated(stack, made, icmp6Name(buf[transport]!));
  stack.finish(made, localOut6(stack, made));
}

/** As above, through the one socket of ICMPv6; discovery has another. */
function sendLocked(stack: Stack, made: Packet): void {
  stack.icmpBusy.ip6 = true;
  sendMessage6(stack, made);
  stack.icmpBusy.ip6 = false;
}

const hopLimit = (stack: Stack): number => stack.sysctl('net.ipv6.conf.all.hop_limit', 64);

/** May there be an error about this packet at all (icmp6_send, RFC 4443 §2.4)? */
function mayComplain(packet: Packet, type: number, code: number): boolean {
  const { buf, network } = packet;
  const toMany = isMulticast6(buf, network + 24) || packet.pktType !== PACKET_HOST;
  const anyway =
    type === ICMPV6_PKT_TOOBIG || (type === ICMPV6_PARAMPROB && code === ICMPV6_UNK_OPTION);
  if (toMany && !anyway) return false;
  if (isZero(buf, network + 8, 16) || isMulticast6(buf, network + 8)) return false;
  return !aboutError(packet);
}

/** The packet's own destination where it is ours. */
function ownDestination(stack: Stack, packet: Packet, iface: Interface | null): Uint8Array | null {
  const { buf, network } = packet;
  const at = network + 24;
  if (isMulticast6(buf, at) || packet.pktType !== PACKET_HOST) return null;
  // ipv6_chk_acast_addr_src(): an anycast address of ours speaks for itself.
  const own = buf.slice(at, at + 16);
  if (stack.addressType('ip6', own) === RTN_ANYCAST) return own;
  const among = isLinkLocal6(buf, at) && iface !== null ? [iface] : stack.interfaces;
  return among.some((one) => one.hasAddress6(buf, at)) ? own : null;
}

/** Source of an error: the address asked for, else the best of the interface it came in by. */
function errorSource(
  stack: Stack,
  packet: Packet,
  iface: Interface | null,
  daddr: Uint8Array,
): Uint8Array | null {
  const own = ownDestination(stack, packet, iface);
  if (own !== null) return own;
  const incoming = stack.interfaceOf(packet.iif);
  return incoming === null ? null : selectSource6(stack, incoming, daddr);
}

/**
 * icmp6_send(). @param info the second word: mtu or pointer
 * @param device stands for skb->dev where that is not the input device
 */
export function sendError6(
  stack: Stack,
  packet: Packet,
  type: number,
  code: number,
  info: number,
  device: Interface | null = stack.interfaceOf(packet.iif),
): void {
  const { buf, network } = packet;
  if (stack.icmpBusy.ip6 || !mayComplain(packet, type, code)) return;
  if (device?.loopback !== true && limited(type) && !stack.limits.globalAllow()) return;
  const daddr = buf.slice(network + 8, network + 24);
  const mark = stack.sysctl('net.ipv6.fwmark_reflect', 0) !== 0 ? packet.mark : 0;
  const saddr = errorSource(stack, packet, device, daddr);
  const oif = isLinkLocal6(daddr, 0) ? stack.interfaceOf(packet.iif) : null;
  const route = routeOutput6(stack, { daddr, saddr, mark, tos: 0, oif });
  if (typeof route === 'number' || route.source === null) return;
  // icmpv6_route_lookup(): several may have sent it.
  if (route.anycast && stack.sysctl('net.ipv6.icmp.error_anycast_as_unicast', 0) === 0) return;
  if (!peerAllows(stack, { type, daddr, route })) return;
  const quote = Math.min(packet.length, IPV6_MIN_MTU - IPV6_HLEN - ICMPV6_HLEN);
  const made = makeMessage6(
    stack,
    {
      type,
      code,
      saddr: route.source,
      daddr,
      trafficClass: 0,
      hopLimit: hopLimit(stack),
      flowLabel: -1,
      route,
    },
    quote,
  );
  made.mark = mark;
  put32(made.buf, made.transport + 4, info);
  made.buf.set(buf.subarray(network, network + quote), made.transport + ICMPV6_HLEN);
  attachConntrack(made, packet);
  sendLocked(stack, made);
}

export const sendUnreachable6 = (stack: Stack, packet: Packet, code: number): void =>
  sendError6(stack, packet, ICMPV6_DEST_UNREACH, code, 0);

export const sendParameterProblem6 = (
  stack: Stack,
  packet: Packet,
  code: number,
  pointer: number,
): void => sendError6(stack, packet, ICMPV6_PARAMPROB, code, pointer);

export const sendTooBig6 = (
  stack: Stack,
  packet: Packet,
  mtu: number,
  out: Interface | null,
): void => sendError6(stack, packet, ICMPV6_PKT_TOOBIG, 0, mtu, out);

/** icmpv6_echo_reply(). */
function echo(stack: Stack, packet: Packet, iface: Interface): void {
  if (stack.icmpBusy.ip6 || stack.sysctl('net.ipv6.icmp.echo_ignore_all', 0) !== 0) return;
  const { buf, network, transport, end } = packet;
  const cause = packet.dst;
  const many = isMulticast6(buf, network + 24);
  if (many && stack.sysctl('net.ipv6.icmp.echo_ignore_multicast', 0) !== 0) return;
  const unicast = cause instanceof Route && cause.type === RTN_LOCAL;
  const daddr = buf.slice(network + 8, network + 24);
  const mark = stack.sysctl('net.ipv6.fwmark_reflect', 0) !== 0 ? packet.mark : 0;
  const trafficClass = (u16(buf, network) >> 4) & 0xff;
  const saddr = unicast ? buf.slice(network + 24, network + 40) : null;
  const route = routeOutput6(stack, { daddr, saddr, mark, tos: trafficClass, oif: iface });
  if (typeof route === 'number' || route.source === null) return;
  const made = makeMessage6(
    stack,
    {
      type: ICMPV6_ECHO_REPLY,
      code: 0,
      saddr: route.source,
      daddr,
      trafficClass,
      hopLimit: hopLimit(stack),
      flowLabel: -1,
      route,
    },
    end - transport - ICMPV6_HLEN,
  );
  made.mark = mark;
  made.buf.set(buf.subarray(transport + 4, end), made.transport + 4);
  sendLocked(stack, made);
}

/** icmpv6_rcv(): '' or the reason to drop. */
export function receiveIcmp6(stack: Stack, packet: Packet, iface: Interface): string {
  const { buf, network, transport, end } = packet;
  const length = end - transport;
  const pseudo = pseudoHeaderSum6(buf, network, IPPROTO_ICMPV6, length);
  if (!packet.csumValid && fold16(sum16(buf, transport, length, pseudo)) !== 0xffff)
    return 'ICMP_CSUM';
  if (length < ICMPV6_HLEN) return 'PKT_TOO_SMALL';
  const type = buf[transport]!;
  if (type === ICMPV6_ECHO_REQUEST) echo(stack, packet, iface);
  else if (type >= ND_FIRST && type <= ND_LAST) return receiveNd(stack, packet, iface);
  return '';
}
