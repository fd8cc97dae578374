// IPv6 routing of received and of local packets (net/ipv6/route.c, addrconf.c for sources).

import { equalBytes, u16, u32 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { isLinkLocal6, isLoopback6, isMulticast6, isZero, samePrefix } from './address.ts';
import type { FibResult } from './fib.ts';
import type { Interface, InterfaceAddress } from './interface.ts';
import {
  EINVAL,
  RTN_ANYCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_UNICAST,
  RTN_UNREACHABLE,
} from './numbers.ts';
import { Route } from './route.ts';
import type { FlowKey } from './rules.ts';
import type { Stack } from './stack.ts';

const trafficClass = (buf: Uint8Array, at: number): number => (u16(buf, at) >> 4) & 0xff;

/** rt6_need_strict(): addresses that mean something on one link only. */
const needsInterface = (address: Uint8Array, offset: number): boolean =>
  isLinkLocal6(address, offset) || isMulticast6(address, offset) || isLoopback6(address, offset);

function hash6(buf: Uint8Array, at: number): number {
  let h = 0;
  for (let i = 0; i < 32; i += 4) h = Math.imul(h ^ u32(buf, at + i), 0x9e3779b1) ^ (h >>> 15);
  return h >>> 0;
}

function prepare(key: FlowKey, packet: Packet, iface: Interface): FlowKey {
  const { buf, network, transport } = packet;
  const strict = needsInterface(buf, network + 24);
  key.address = buf;
  key.offset = network + 24;
  key.source = buf;
  key.sourceOffset = network + 8;
  key.mark = packet.mark;
  key.tos = trafficClass(buf, network);
  key.iif = iface.device.name;
  key.oif = strict ? iface.device.index : 0;
  key.oifName = '';
  key.protocol = packet.l4proto;
  key.sport = u16(buf, transport);
  key.dport = u16(buf, transport + 2);
  key.hash = hash6(buf, network + 8);
  return key;
}

function errorRoute(stack: Stack, error: number): Route {
  const route = new Route();
  route.type = RTN_UNREACHABLE;
  route.error = error;
  route.input = error === EINVAL ? 'discard' : 'error';
  route.iface = stack.loopback;
  return route;
}

function routeOf(stack: Stack, result: FibResult): Route {
  const route = new Route();
  route.type = result.route.type;
  route.iface = stack.interfaceOf(result.nexthop?.device ?? null);
  route.gateway = result.nexthop?.gateway ?? null;
  route.source = result.route.source;
  route.mtu = result.route.mtu;
  route.fib = result.route;
  route.table = result.route.table;
  route.realm = result.route.realm;
  route.length = result.route.length;
  const { type } = route;
  const own = type === RTN_LOCAL || type === RTN_ANYCAST;
  if (own) route.iface = stack.loopback;
  route.input = own || type === RTN_MULTICAST ? 'local' : 'forward';
  return route;
}

/**
 * ipv6_anycast_destination(): an address of the routers of a network, by the local table where this is
 * one of them, else by the network that is on a link.
 */
export function isAnycast6({ route, nexthop }: FibResult, address: Uint8Array): boolean {
  if (route.type === RTN_ANYCAST) return true;
  if (route.length >= 127 || nexthop === null || nexthop.gateway !== null) return false;
  return equalBytes(route.prefix, 0, address, 0, 16);
}

/** ip6_route_input(). */
export function routeInput6(stack: Stack, packet: Packet, iface: Interface): Route {
  const { buf, network } = packet;
  const { index } = iface.device;
  const tos = trafficClass(buf, network);
  const at = network + 8;
  const cached = stack.cache6.find(buf, at, index, packet.mark, tos, stack.generation);
  if (cached !== undefined) return cached;
  const result = stack.fib6.lookup(prepare(stack.flow, packet, iface));
  const route = typeof result === 'number' ? errorRoute(stack, result) : routeOf(stack, result);
  if (stack.cacheable)
    stack.cache6.insert(route, buf, at, index, packet.mark, tos, stack.generation);
  return route;
}

/** struct flowi6 of a packet made here. */
export interface OutputFlow6 {
  readonly daddr: Uint8Array;
  readonly saddr: Uint8Array | null;
  readonly mark: number;
  readonly tos: number;
  readonly oif?: Interface | null;
  /** A raw socket wrote the header itself: the way is to where it says now (FLOWI_FLAG_KNOWN_NH). */
  readonly knownNexthop?: boolean;
}

/** ip6_route_output(), with the source filled in as ip6_dst_lookup_tail() does: a route or an errno. */
export function routeOutput6(stack: Stack, flow: OutputFlow6): Route | number {
  const key = stack.flow;
  key.address = flow.daddr;
  key.offset = 0;
  key.source = flow.saddr;
  key.sourceOffset = 0;
  key.mark = flow.mark;
  key.tos = flow.tos;
  key.iif = 'lo';
  // ip6_route_output_flags(): with a source given, the device is a wish and not a condition.
  const strict = needsInterface(flow.daddr, 0) || flow.saddr === null;
  key.oif = strict ? (flow.oif?.device.index ?? 0) : 0;
  key.oifName = flow.oif?.device.name ?? '';
  key.protocol = 0;
  key.sport = 0;
  key.dport = 0;
  key.hash = hash6(flow.daddr, 0);
  const result = stack.fib6.lookup(key);
  if (typeof result === 'number') return result;
  const route = routeOf(stack, result);
  route.anycast = isAnycast6(result, flow.daddr);
  route.output = true;
  if (route.input === 'forward') route.input = 'discard';
  // ip6_rt_cache_alloc(): a route of its own, for this destination.
  if (flow.knownNexthop === true && route.type === RTN_UNICAST) route.gateway ??= flow.daddr;
  // fib6_info_nh_dev(): for an address of this host the device that has it, not lo.
  const owner = stack.interfaceOf(result.nexthop?.device ?? null);
  route.source = flow.saddr ?? route.source ?? selectSource6(stack, owner, flow.daddr);
  return route;
}

/** Scope of an address as RFC 4007 counts it: 2 link, 14 global. */
function scopeOf(address: Uint8Array, offset: number): number {
  if (isMulticast6(address, offset)) return address[offset + 1]! & 0x0f;
  if (isLinkLocal6(address, offset)) return 2;
  return isLoopback6(address, offset) ? 1 : 14;
}

const commonPrefix = (a: Uint8Array, b: Uint8Array): number => {
  let bits = 0;
  while (bits < 128 && samePrefix(a, 0, b, 0, bits + 1)) bits++;
  return bits;
};

/** Labels of the default policy table (RFC 6724 §2.1), the kernel's ip6addrlbl_init_table. */
const LABELS: readonly (readonly [readonly number[], number, number])[] = [
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 128, 0],
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff], 96, 4],
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 96, 3],
  [[0x20, 0x01, 0x00, 0x00], 32, 6],
  [[0x20, 0x01, 0x00, 0x10], 28, 7],
  [[0x20, 0x02], 16, 2],
  [[0xfc], 7, 5],
];

function labelOf(address: Uint8Array): number {
  const found = LABELS.find(([bytes, length]) => {
    const prefix = new Uint8Array(16);
    prefix.set(bytes);
    return samePrefix(address, 0, prefix, 0, length);
  });
  return found?.[2] ?? 1;
}

/**
 * Is `a` the better source towards `daddr`? Rules of RFC 6724 §5 in the order the kernel has them. Of equal ones on
 * a device it takes the one added last (ipv6_link_dev_addr()), which `isNewer` says of `a`.
 */
function better(
  a: InterfaceAddress,
  b: InterfaceAddress,
  daddr: Uint8Array,
  want: number,
  isNewer: boolean,
): boolean {
  if (samePrefix(a.local, 0, daddr, 0, 128)) return true;
  if (samePrefix(b.local, 0, daddr, 0, 128)) return false;
  const sa = scopeOf(a.local, 0);
  const sb = scopeOf(b.local, 0);
  if (sa !== sb) {
    const fits = (scope: number): number => (scope >= want ? -scope : scope - 128);
    return fits(sa) > fits(sb);
  }
  const label = labelOf(daddr);
  const la = labelOf(a.local) === label;
  const lb = labelOf(b.local) === label;
  if (la !== lb) return la;
  const match = (one: InterfaceAddress): number =>
    Math.min(one.length, commonPrefix(one.local, daddr));
  return match(a) > match(b) || (isNewer && match(a) === match(b));
}

/** ipv6_dev_get_saddr(): the best source on a device, or on any where the destination is not bound to one. */
export function selectSource6(
  stack: Stack,
  iface: Interface | null,
  daddr: Uint8Array,
): Uint8Array | null {
  const want = scopeOf(daddr, 0);
  const bound = needsInterface(daddr, 0) || iface === null;
  let best: InterfaceAddress | null = null;
  let bestHere = false;
  let bestOn: Interface | null = null;
  for (const one of bound && iface !== null ? [iface] : stack.interfaces) {
    const here = one === iface;
    for (const address of one.addresses6) {
      if (best === null) {
        best = address;
        bestHere = here;
        bestOn = one;
        continue;
      }
      const sameScope = scopeOf(address.local, 0) === scopeOf(best.local, 0);
      // Rule 5: of addresses of equal scope, one of the outgoing interface.
      const wins =
        sameScope && here !== bestHere ? here : better(address, best, daddr, want, one === bestOn);
      if (wins) {
        best = address;
        bestHere = here;
        bestOn = one;
      }
    }
  }
  return best?.local ?? null;
}

/** A source that may not leave its link, or is none at all. */
export const unusableSource = (buf: Uint8Array, at: number): boolean =>
  isMulticast6(buf, at) || isLoopback6(buf, at) || isZero(buf, at, 16);
