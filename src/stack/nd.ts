// Neighbour discovery (RFC 4861) as net/ipv6/ndisc.c speaks it.

import type { Packet } from '../core/index.ts';
import {
  formatAddress,
  isLinkLocal6,
  isMulticast6,
  isZero,
  samePrefix,
  solicitedNode,
} from './address.ts';
import { ICMPV6_HLEN, makeMessage6, sendMessage6 } from './icmp6.ts';
import type { Interface } from './interface.ts';
import type { Neighbour } from './neighbour.ts';
import { findNeighbour, neighbourOf, updateNeighbour } from './neighbour.ts';
import { IPV6_HLEN, IPV6_MIN_MTU, RTN_UNICAST } from './numbers.ts';
import { Route } from './route.ts';
import { routeOutput6 } from './routing6.ts';
import type { Stack } from './stack.ts';

const SOLICITATION = 135;
const ADVERTISEMENT = 136;
const REDIRECT = 137;
const OPT_SOURCE_LLADDR = 1;
const OPT_TARGET_LLADDR = 2;
const OPT_REDIRECTED = 4;
/** A link-layer address option for Ethernet. */
const OPT_LLADDR_LENGTH = 8;
const FLAG_ROUTER = 0x80;
const FLAG_SOLICITED = 0x40;
const FLAG_OVERRIDE = 0x20;
/** Target address, behind the ICMPv6 header of 8 bytes. */
const TARGET = 8;
const OPTIONS = 24;
const ND_HOP_LIMIT = 255;

const ALL_NODES = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

/** icmp6_dst_alloc(): straight out of one device. */
function linkRoute(iface: Interface): Route {
  const route = new Route();
  route.type = RTN_UNICAST;
  route.input = 'discard';
  route.output = true;
  route.iface = iface;
  return route;
}

interface NdMessage {
  readonly type: number;
  readonly saddr: Uint8Array;
  readonly daddr: Uint8Array;
  readonly target: Uint8Array;
  /** Type of a link-layer address option with our own address, 0 for none. */
  readonly option: number;
}

function makeNd(stack: Stack, iface: Interface, message: NdMessage): Packet {
  const { type, saddr, daddr, target, option } = message;
  const length = 16 + (option === 0 ? 0 : OPT_LLADDR_LENGTH);
  const route = linkRoute(iface);
  const header = { type, code: 0, saddr, daddr, trafficClass: 0, hopLimit: ND_HOP_LIMIT };
  const made = makeMessage6(stack, { ...header, flowLabel: 0, route }, length);
  made.buf.set(target, made.transport + TARGET);
  if (option !== 0) writeLinkAddress(made, made.transport + OPTIONS, option, iface.device.address);
  return made;
}

function writeLinkAddress(made: Packet, at: number, option: number, mac: Uint8Array): void {
  made.buf[at] = option;
  made.buf[at + 1] = 1;
  made.buf.set(mac.subarray(0, 6), at + 2);
}

/** ndisc_solicit(): to the solicited-node group first, later to who answered before. */
export function sendSolicitation(stack: Stack, neighbour: Neighbour, cause: Packet | null): void {
  const { iface, address } = neighbour;
  const borrowed = cause === null ? null : ownSource(iface, cause);
  const saddr = borrowed ?? iface.linkLocal();
  if (saddr === null) return;
  const daddr = neighbour.state === 'probe' ? address : solicitedNode(address);
  const message = { type: SOLICITATION, saddr, daddr, target: address, option: OPT_SOURCE_LLADDR };
  sendMessage6(stack, makeNd(stack, iface, message));
}

/** The source of the packet that waits, where the device has that address. */
function ownSource(iface: Interface, cause: Packet): Uint8Array | null {
  const { buf, network } = cause;
  return iface.hasAddress6(buf, network + 8) ? buf.slice(network + 8, network + 24) : null;
}

interface Advertisement {
  readonly daddr: Uint8Array;
  readonly target: Uint8Array;
  readonly solicited: boolean;
  readonly override: boolean;
  readonly withAddress: boolean;
}

/** ndisc_send_na(). */
function advertise(stack: Stack, iface: Interface, what: Advertisement): void {
  const made = makeNd(stack, iface, {
    type: ADVERTISEMENT,
    saddr: what.target,
    daddr: what.daddr,
    target: what.target,
    option: what.withAddress ? OPT_TARGET_LLADDR : 0,
  });
  made.buf[made.transport + 4] =
    (stack.forwarding6(iface) ? FLAG_ROUTER : 0) |
    (what.solicited ? FLAG_SOLICITED : 0) |
    (what.override ? FLAG_OVERRIDE : 0);
  sendMessage6(stack, made);
}

/** The hardware address in an option of this type; null without one, undefined for malformed options. */
function linkAddress(packet: Packet, option: number): Uint8Array | null | undefined {
  const { buf, transport, end } = packet;
  let found: Uint8Array | null = null;
  for (let at = transport + OPTIONS; at < end; ) {
    const length = at + 1 < end ? buf[at + 1]! << 3 : 0;
    if (length === 0 || at + length > end) return undefined;
    if (buf[at] === option && length === OPT_LLADDR_LENGTH) found ??= buf.slice(at + 2, at + 8);
    at += length;
  }
  return found;
}

/** ndisc_rcv(): '' or the reason to drop. */
export function receiveNd(stack: Stack, packet: Packet, iface: Interface): string {
  const { buf, network, transport, end } = packet;
  if (buf[network + 7] !== ND_HOP_LIMIT) return 'IPV6_NDISC_HOP_LIMIT';
  if (buf[transport + 1] !== 0) return 'IPV6_NDISC_BAD_CODE';
  const type = buf[transport]!;
  if (type !== SOLICITATION && type !== ADVERTISEMENT) return '';
  if (end - transport < OPTIONS) return 'PKT_TOO_SMALL';
  if (isMulticast6(buf, transport + TARGET)) return 'NOT_SPECIFIED';
  return type === SOLICITATION ? solicited(stack, packet, iface) : advertised(stack, packet, iface);
}

/** ndisc_recv_ns(). */
function solicited(stack: Stack, packet: Packet, iface: Interface): string {
  const { buf, network, transport } = packet;
  const mac = linkAddress(packet, OPT_SOURCE_LLADDR);
  if (mac === undefined) return 'IPV6_NDISC_NS_OTHERHOST';
  const probing = isZero(buf, network + 8, 16);
  if (probing && (mac !== null || !isSolicitedNode(buf, network + 24)))
    return 'IPV6_NDISC_NS_OTHERHOST';
  if (!iface.hasAddress6(buf, transport + TARGET)) return 'IPV6_NDISC_NS_OTHERHOST';
  const target = buf.slice(transport + TARGET, transport + TARGET + 16);
  if (probing) {
    // Somebody is about to take our address (RFC 4862 §5.4.3).
    const all = { daddr: ALL_NODES, target, solicited: false, override: true, withAddress: true };
    advertise(stack, iface, all);
    return '';
  }
  const group = isMulticast6(buf, network + 24);
  if (!group || mac !== null) learn(stack, packet, iface, mac);
  const daddr = buf.slice(network + 8, network + 24);
  advertise(stack, iface, { daddr, target, solicited: true, override: group, withAddress: group });
  return '';
}

function isSolicitedNode(buf: Uint8Array, at: number): boolean {
  const group = solicitedNode(buf, at);
  return samePrefix(buf, at, group, 0, 104);
}

function learn(stack: Stack, packet: Packet, iface: Interface, mac: Uint8Array | null): void {
  const neighbour = neighbourOf(stack, iface, packet.buf, packet.network + 8, 16);
  if (mac !== null) updateNeighbour(stack, neighbour, { mac, state: 'stale', override: true });
}

/** ndisc_recv_na(). */
function advertised(stack: Stack, packet: Packet, iface: Interface): string {
  const { buf, network, transport } = packet;
  const flags = buf[transport + 4]!;
  if (isMulticast6(buf, network + 24) && (flags & FLAG_SOLICITED) !== 0) return 'NOT_SPECIFIED';
  const mac = linkAddress(packet, OPT_TARGET_LLADDR);
  if (mac === undefined) return 'NOT_SPECIFIED';
  const neighbour = findNeighbour(iface, buf, transport + TARGET, 16);
  // Strangers are not remembered, and a failed one is asked again first.
  if (neighbour === undefined || neighbour.state === 'failed') return '';
  updateNeighbour(stack, neighbour, {
    mac,
    state: (flags & FLAG_SOLICITED) !== 0 ? 'reachable' : 'stale',
    override: (flags & FLAG_OVERRIDE) !== 0,
  });
  return '';
}

/** ndisc_send_redirect(): the sender has a better way on its own link. */
export function sendRedirect6(stack: Stack, packet: Packet, iface: Interface, route: Route): void {
  const { buf, network } = packet;
  const dest = buf.slice(network + 24, network + 40);
  const target = route.gateway ?? dest;
  const saddr = iface.linkLocal();
  if (saddr === null || (route.gateway !== null && !isLinkLocal6(target, 0))) return;
  const daddr = buf.slice(network + 8, network + 24);
  const back = routeOutput6(stack, { daddr, saddr: null, mark: 0, tos: 0, oif: iface });
  if (typeof back === 'number' || back.gateway !== null) return;
  if (!stack.limits.peerAllow(formatAddress(daddr), 1000)) return;
  const known = findNeighbour(iface, target, 0, 16);
  const mac = known?.valid === true ? known.mac : null;
  const option = mac === null ? 0 : OPT_LLADDR_LENGTH;
  const room = IPV6_MIN_MTU - IPV6_HLEN - ICMPV6_HLEN - 32 - option;
  const quote = Math.min(room, packet.length + 8) & ~7;
  const made = makeMessage6(
    stack,
    {
      type: REDIRECT,
      code: 0,
      saddr,
      daddr,
      trafficClass: 0,
      hopLimit: ND_HOP_LIMIT,
      flowLabel: 0,
      route: linkRoute(iface),
    },
    32 + option + quote,
  );
  writeRedirect(made, packet, { target, dest, mac, quote });
  sendMessage6(stack, made);
}

interface RedirectParts {
  readonly target: Uint8Array;
  readonly dest: Uint8Array;
  readonly mac: Uint8Array | null;
  /** Length of the redirected-header option. */
  readonly quote: number;
}

function writeRedirect(made: Packet, packet: Packet, parts: RedirectParts): void {
  const { buf, transport } = made;
  buf.set(parts.target, transport + TARGET);
  buf.set(parts.dest, transport + OPTIONS);
  let at = transport + OPTIONS + 16;
  if (parts.mac !== null) {
    writeLinkAddress(made, at, OPT_TARGET_LLADDR, parts.mac);
    at += OPT_LLADDR_LENGTH;
  }
  buf[at] = OPT_REDIRECTED;
  buf[at + 1] = parts.quote >> 3;
  buf.set(packet.buf.subarray(packet.network, packet.network + parts.quote - 8), at + 8);
}
