// ICMP messages this host makes (net/ipv4/icmp.c).

import { checksum, fold16, put16, put32, sum16, u16, u32 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { PACKET_HOST } from '../core/index.ts';
import type { Interface } from './interface.ts';
import type { EchoedOptions } from './ip4-options.ts';
import { echoOptions, writeOptions4 } from './ip4-options.ts';
import { localOut4, writeHeader4 } from './ip4-output.ts';
import { attachConntrack, makePacket } from './make.ts';
import {
  EACCES,
  EHOSTUNREACH,
  ENETUNREACH,
  IP_OFFSET,
  IPPROTO_ICMP,
  IPV4_HLEN,
  RT_SCOPE_LINK,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
} from './numbers.ts';
import { Route } from './route.ts';
import { routeOutput4, specificDestination } from './routing4.ts';
import type { Stack } from './stack.ts';
import { traceGenerated } from './trace.ts';

const ICMP_ECHOREPLY = 0;
const ICMP_DEST_UNREACH = 3;
const ICMP_REDIRECT = 5;
const ICMP_ECHO = 8;
const ICMP_TIMESTAMP = 13;
const ICMP_TIMESTAMPREPLY = 14;
const ICMP_FRAG_NEEDED = 4;
const NR_ICMP_TYPES = 18;
const ICMP_HLEN = 8;
/** IPTOS_PREC_INTERNETCONTROL, what errors are sent with (RFC 1812 §4.3.2.5). */
const PREC_INTERNETCONTROL = 0xc0;
/** IPTOS_TOS_MASK: of the rest, what RFC 1349 called type of service. */
const IPTOS_TOS_MASK = 0x1e;
/** No error message is longer than this (RFC 1812 §4.3.2.3). */
const MAX_ERROR = 576;
/** Default net.ipv4.icmp_ratemask: unreachable, source quench, time exceeded, parameter problem. */
const RATEMASK = 0x1818;
/** INADDR_DUMMY, 192.0.0.8 (RFC 7600): a router without an address. */
const INADDR_DUMMY = 0xc0000008;

/** Unreachable, source quench, redirect, time exceeded, parameter problem, and what is unassigned. */
const ERRORS = 0b0001_1110_1111_1110;
/** icmp_pointers[].error: types that are errors, about which no errors are sent. */
const isError = (type: number): boolean => type < 16 && ((ERRORS >> type) & 1) === 1;

const NAMES: Readonly<Record<number, string>> = {
  0: 'icmp echo-reply',
  3: 'icmp destination-unreachable',
  5: 'icmp redirect',
  11: 'icmp time-exceeded',
  12: 'icmp parameter-problem',
  14: 'icmp timestamp-reply',
};

/** icmpv4_mask_allow(): is this kind free of limits? */
function unlimited(stack: Stack, type: number, code: number): boolean {
  if (type > NR_ICMP_TYPES) return true;
  if (type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED) return true;
  return ((1 << type) & stack.sysctl('net.ipv4.icmp_ratemask', RATEMASK)) === 0;
}

/** The reasons of __icmp_send() not to send an error about a packet. */
function mayComplain(packet: Packet, route: Route, type: number): boolean {
  const { buf, network, end } = packet;
  if (packet.pktType !== PACKET_HOST) return false;
  if (route.type === RTN_BROADCAST || route.type === RTN_MULTICAST) return false;
  if ((u16(buf, network + 6) & IP_OFFSET) !== 0) return false;
  if (!isError(type) || buf[network + 9] !== IPPROTO_ICMP) return true;
  const at = network + ((buf[network]! & 0x0f) << 2);
  if (at >= end) return false;
  return buf[at]! <= NR_ICMP_TYPES && !isError(buf[at]!);
}

/** Source of an error: the address the packet was for if it is ours, else routing's choice. */
function errorSource(stack: Stack, packet: Packet, route: Route): number {
  if (route.type === RTN_LOCAL) return u32(packet.buf, packet.network + 16);
  if (route.output || stack.sysctl('net.ipv4.icmp_errors_use_inbound_ifaddr', 0) === 0) return 0;
  const inbound = stack.interfaceOf(packet.iif);
  const towards = packet.buf.subarray(packet.network + 12, packet.network + 16);
  const source = stack.selectAddress4(inbound, towards, RT_SCOPE_LINK);
  return source === null ? 0 : u32(source, 0);
}

/** What the parts of a message have in common. */
interface Message {
  readonly type: number;
  readonly code: number;
  /** The second word of the header: mtu, gateway, pointer. */
  readonly info: number;
  readonly saddr: number;
  readonly daddr: number;
  readonly tos: number;
  readonly mark: number;
}

/** Routes a message and asks the limits; null where it must not be sent. */
function routeMessage(stack: Stack, message: Message): Route | null {
  if (stack.icmpBusy.ip) return null;
  const { daddr, saddr, mark, tos, type, code } = message;
  const free = unlimited(stack, type, code);
  if (!free && !stack.limits.globalAllow()) return null;
  const route = routeOutput4(stack, { daddr, saddr, mark, tos });
  if (typeof route === 'number') return null;
  if (free || route.iface?.loopback === true) return route;
  const cost = stack.sysctl('net.ipv4.icmp_ratelimit', 1000);
  if (!stack.limits.peerAllow(String(daddr), cost)) return null;
  stack.limits.globalConsume();
  return route;
}

function buildMessage(
  stack: Stack,
  message: Message,
  route: Route,
  options: EchoedOptions,
  data: number,
): Packet {
  const headerLength = IPV4_HLEN + options.bytes.length;
  const made = makePacket(stack, headerLength + ICMP_HLEN + data);
  const saddr = route.source === null ? INADDR_DUMMY : u32(route.source, 0);
  const { tos, daddr } = message;
  const id = stack.idents.next4(saddr, daddr, IPPROTO_ICMP);
  const ttl = stack.sysctl('net.ipv4.ip_default_ttl', 64);
  writeHeader4(made, { tos, id, df: false, ttl, protocol: IPPROTO_ICMP, saddr, daddr });
  writeOptions4(stack, made, options, saddr);
  const at = made.network + headerLength;
  made.buf[at] = message.type;
  made.buf[at + 1] = message.code;
  put32(made.buf, at + 4, message.info);
  made.transport = at;
  made.mark = message.mark;
  made.dst = route;
  return made;
}

function sendMessage(stack: Stack, made: Packet): void {
  const { buf, transport, end } = made;
  const sum = checksum(buf, transport, end - transport);
  // A sum of nothing but zeroes: csum_partial_copy_nocheck() begins at all ones (arch/x86/lib/csum-copy_64.S).
  put16(buf, transport + 2, sum === 0xffff ? 0 : sum);
  put16(buf, made.network + 10, 0);
  const head = made.transport - made.network;
  put16(buf, made.network + 10, checksum(buf, made.network, head));
  traceGenerated(stack, made, NAMES[buf[transport]!] ?? `icmp type ${buf[transport]}`);
  stack.icmpBusy.ip = true;
  stack.finish(made, localOut4(stack, made));
  stack.icmpBusy.ip = false;
}

/** IP4_REPLY_MARK(). */
const replyMark = (stack: Stack, packet: Packet): number =>
  stack.sysctl('net.ipv4.fwmark_reflect', 0) !== 0 ? packet.mark : 0;

/**
 * icmp_send(): tells the sender of `packet` what became of it. Nothing is sent about errors, later
 * fragments, broadcasts, or beyond the rate limits.
 * @param info the second word of the ICMP header in host form
 */
export function sendError4(
  stack: Stack,
  packet: Packet,
  type: number,
  code: number,
  info: number,
): void {
  const { buf, network } = packet;
  const cause = packet.dst;
  if (!(cause instanceof Route) || !mayComplain(packet, cause, type)) return;
  const options = echoOptions(stack, packet);
  if (options === null) return;
  const message: Message = {
    type,
    code,
    info,
    saddr: errorSource(stack, packet, cause),
    daddr: u32(buf, network + 12),
    tos: isError(type)
      ? (buf[network + 1]! & IPTOS_TOS_MASK) | PREC_INTERNETCONTROL
      : buf[network + 1]!,
    mark: replyMark(stack, packet),
  };
  const route = routeMessage(stack, message);
  if (route === null) return;
  const room =
    Math.min(route.currentMtu(), MAX_ERROR) - IPV4_HLEN - options.bytes.length - ICMP_HLEN;
  if (room <= IPV4_HLEN) return;
  const quote = Math.min(packet.length, room);
  const made = buildMessage(stack, message, route, options, quote);
  made.buf.set(buf.subarray(network, network + quote), made.transport + ICMP_HLEN);
  attachConntrack(made, packet);
  sendMessage(stack, made);
}

export const sendUnreachable4 = (stack: Stack, packet: Packet, code: number): void =>
  sendError4(stack, packet, ICMP_DEST_UNREACH, code, 0);

const REDIRECT_NUMBER = 9;
const REDIRECT_LOAD_MS = 20;
const REDIRECT_SILENCE_MS = REDIRECT_LOAD_MS << 10;

/** ip_rt_send_redirect(): ever more seldom to one who does not listen. */
export function sendRedirect4(stack: Stack, packet: Packet, route: Route): void {
  const { buf, network } = packet;
  const key = String(u32(buf, network + 12));
  if (!stack.limits.redirectAllow(key, REDIRECT_NUMBER, REDIRECT_LOAD_MS, REDIRECT_SILENCE_MS))
    return;
  const gateway = route.gateway === null ? u32(buf, network + 16) : u32(route.gateway, 0);
  sendError4(stack, packet, ICMP_REDIRECT, 1, gateway);
}

/** ip_error(): the route says there is no way. */
export function routeError4(stack: Stack, packet: Packet, iface: Interface, route: Route): boolean {
  const { error } = route;
  const unknown = error === ENETUNREACH ? 'IP_INNOROUTES' : 'NOT_SPECIFIED';
  if (!stack.forwarding4(iface)) {
    const reason = error === EHOSTUNREACH ? 'IP_INADDRERRORS' : unknown;
    return stack.drop(packet, reason, 'route');
  }
  const code = error === EHOSTUNREACH ? 1 : error === ENETUNREACH ? 0 : error === EACCES ? 13 : -1;
  const key = String(u32(packet.buf, packet.network + 12));
  if (code >= 0 && stack.limits.routeErrorAllow(key)) sendUnreachable4(stack, packet, code);
  return stack.drop(packet, unknown, 'route');
}

/** icmp_reply() with the data of the request, its first eight bytes excepted. */
function reply(
  stack: Stack,
  packet: Packet,
  iface: Interface,
  type: number,
  data: number,
): Packet | null {
  const { buf, network, transport } = packet;
  const options = echoOptions(stack, packet);
  if (options === null) return null;
  const source = specificDestination(stack, packet, iface);
  const message: Message = {
    type,
    code: 0,
    info: u32(buf, transport + 4),
    saddr: source === null ? 0 : u32(source, 0),
    daddr: u32(buf, network + 12),
    tos: buf[network + 1]!,
    mark: replyMark(stack, packet),
  };
  const route = routeMessage(stack, message);
  if (route === null) return null;
  return buildMessage(stack, message, route, options, data);
}

function echo(stack: Stack, packet: Packet, iface: Interface): void {
  if (stack.sysctl('net.ipv4.icmp_echo_ignore_all', 0) !== 0) return;
  const { buf, transport, end } = packet;
  const made = reply(stack, packet, iface, ICMP_ECHOREPLY, end - transport - ICMP_HLEN);
  if (made === null) return;
  made.buf[made.transport + 1] = buf[transport + 1]!;
  made.buf.set(buf.subarray(transport + ICMP_HLEN, end), made.transport + ICMP_HLEN);
  sendMessage(stack, made);
}

/** icmp_timestamp(): milliseconds since midnight UTC (RFC 792). */
function timestamp(stack: Stack, packet: Packet, iface: Interface): boolean {
  const { buf, transport, end } = packet;
  if (end - transport < ICMP_HLEN + 4) return false;
  const made = reply(stack, packet, iface, ICMP_TIMESTAMPREPLY, 12);
  if (made === null) return true;
  const now = Math.floor((stack.netns.clock.realtime() % 86400) * 1000);
  const at = made.transport + ICMP_HLEN;
  put32(made.buf, at, u32(buf, transport + ICMP_HLEN));
  put32(made.buf, at + 4, now);
  put32(made.buf, at + 8, now);
  sendMessage(stack, made);
  return true;
}

/** icmp_rcv(): answers what a host answers; '' or the reason to drop. */
export function receiveIcmp4(stack: Stack, packet: Packet, iface: Interface): string {
  const { buf, transport, end } = packet;
  if (!packet.csumValid && fold16(sum16(buf, transport, end - transport)) !== 0xffff)
    return 'ICMP_CSUM';
  if (end - transport < ICMP_HLEN) return 'NOT_SPECIFIED';
  const type = buf[transport]!;
  if (type > NR_ICMP_TYPES) return 'UNHANDLED_PROTO';
  const route = packet.dst;
  const toMany =
    route instanceof Route && (route.type === RTN_BROADCAST || route.type === RTN_MULTICAST);
  const asks = type === ICMP_ECHO || type === ICMP_TIMESTAMP;
  if (toMany && asks && stack.sysctl('net.ipv4.icmp_echo_ignore_broadcasts', 1) !== 0)
    return 'INVALID_PROTO';
  if (toMany && !asks) return 'INVALID_PROTO';
  if (type === ICMP_ECHO) echo(stack, packet, iface);
  if (type === ICMP_TIMESTAMP && !timestamp(stack, packet, iface)) return 'PKT_TOO_SMALL';
  return '';
}
