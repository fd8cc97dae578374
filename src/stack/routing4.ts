// IPv4 routing of received and of local packets (net/ipv4/route.c, fib_frontend.c).

import { put32, u16, u32 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { isLoopback4, isMulticast4, isZeronet4, LIMITED_BROADCAST, samePrefix } from './address.ts';
import type { FibResult } from './fib.ts';
import type { Interface } from './interface.ts';
import {
  EHOSTUNREACH,
  EINVAL,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_UNICAST,
  RTN_UNREACHABLE,
} from './numbers.ts';
import { Route } from './route.ts';
import type { FlowKey, Lookup } from './rules.ts';
import type { Stack } from './stack.ts';

/** INET_DSCP_MASK: what of the type of service routing looks at. */
const INET_DSCP_MASK = 0xfc;
/** 224.0.0.0/24 */
const isLocalMulticast = (address: number): boolean => (address & 0xffffff00) >>> 0 === 0xe0000000;
const IPPROTO_IGMP = 2;

/** The hash that chooses among nexthops: addresses only, as fib_multipath_hash_policy 0. */
const pathHash = (buf: Uint8Array, at: number): number => {
  const mixed = Math.imul(u32(buf, at) ^ Math.imul(u32(buf, at + 4), 0x85ebca6b), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 15)) >>> 0;
};

function prepare(key: FlowKey, packet: Packet, iface: Interface): FlowKey {
  const { buf, network, transport } = packet;
  key.address = buf;
  key.offset = network + 16;
  key.source = buf;
  key.sourceOffset = network + 12;
  key.mark = packet.mark;
  key.tos = buf[network + 1]! & INET_DSCP_MASK;
  key.iif = iface.device.name;
  key.oif = 0;
  key.oifName = '';
  key.protocol = buf[network + 9]!;
  key.sport = u16(buf, transport);
  key.dport = u16(buf, transport + 2);
  key.hash = pathHash(buf, network + 12);
  return key;
}

/** fib_info_nh_uses_dev(). */
const usesDevice = (result: FibResult, iface: Interface): boolean =>
  result.route.nexthops.some((hop) => hop.device === iface.device);

const onLink = (result: FibResult): boolean =>
  (result.nexthop?.scope ?? RT_SCOPE_UNIVERSE) >= RT_SCOPE_HOST;

/** What validating a source found: a drop reason, or whether it is a host on the link. */
type SourceCheck = 'IP_LOCAL_SOURCE' | 'IP_RPFILTER' | boolean;

/** __fib_validate_source(): would an answer leave where this packet came in? */
function fullCheck(
  stack: Stack,
  packet: Packet,
  iface: Interface,
  rpf: number,
  toBroadcast: boolean,
): SourceCheck {
  const key = stack.flow;
  const { buf, network } = packet;
  key.address = buf;
  key.offset = network + 12;
  key.source = toBroadcast ? null : buf;
  key.sourceOffset = network + 16;
  key.mark = stack.confMax(iface, 'src_valid_mark', 0) > 0 ? packet.mark : 0;
  key.iif = 'lo';
  key.oif = 0;
  key.oifName = '';
  const result = stack.fib4.lookup(key);
  const noAddress = iface.addresses4.length === 0;
  if (typeof result === 'number') return rpf > 0 ? 'IP_RPFILTER' : false;
  const acceptLocal = stack.confAny(iface, 'accept_local', 0);
  const { type } = result.route;
  if (type !== RTN_UNICAST && (type !== RTN_LOCAL || !acceptLocal)) return 'IP_LOCAL_SOURCE';
  if (usesDevice(result, iface) || (type === RTN_LOCAL && iface.loopback)) return onLink(result);
  if (noAddress) return rpf > 0 ? 'IP_RPFILTER' : false;
  if (rpf === 1) return 'IP_RPFILTER';
  key.oif = iface.device.index;
  key.oifName = iface.device.name;
  const second = stack.fib4.lookup(key);
  key.oif = 0;
  key.oifName = '';
  return typeof second !== 'number' && second.route.type === RTN_UNICAST && onLink(second);
}

/** fib_validate_source(). */
function validateSource(
  stack: Stack,
  packet: Packet,
  iface: Interface,
  out: Interface | null,
  toBroadcast = false,
): SourceCheck {
  const rpf = stack.confMax(iface, 'rp_filter', 0);
  const sameDevice = out === iface;
  if (rpf === 0 && (!sameDevice || !stack.confAny(iface, 'send_redirects', 1))) {
    if (stack.confAny(iface, 'accept_local', 0)) return false;
    if (!stack.fib4.customRules && !stack.customLocal4)
      return stack.hasAddress4(u32(packet.buf, packet.network + 12)) ? 'IP_LOCAL_SOURCE' : false;
  }
  return fullCheck(stack, packet, iface, rpf, toBroadcast);
}

function localRoute(stack: Stack, type: number, result: Lookup | null): Route {
  const route = new Route();
  route.type = type;
  route.input = 'local';
  route.iface = stack.loopback;
  if (result !== null && typeof result !== 'number') describe(route, result);
  return route;
}

function describe(route: Route, result: FibResult): void {
  route.fib = result.route;
  route.table = result.route.table;
  route.realm = result.route.realm;
  route.length = result.route.length;
}

/** ip_error as the way in; nothing but an ICMP error comes of it. */
function errorRoute(stack: Stack, error: number): Route {
  const route = new Route();
  route.type = RTN_UNREACHABLE;
  route.input = 'error';
  route.error = error;
  route.iface = stack.loopback;
  return route;
}

/** Checks addresses that no route table is asked about. */
function martian(stack: Stack, iface: Interface, saddr: number, daddr: number): string {
  if (isMulticast4(saddr) || saddr === LIMITED_BROADCAST) return 'IP_INVALID_SOURCE';
  if (daddr === LIMITED_BROADCAST || (saddr === 0 && daddr === 0)) return '';
  if (isZeronet4(saddr)) return 'IP_INVALID_SOURCE';
  if (isZeronet4(daddr)) return 'IP_INVALID_DEST';
  if (!isLoopback4(daddr) && !isLoopback4(saddr)) return '';
  return stack.confAny(iface, 'route_localnet', 0) ? '' : 'IP_LOCALNET';
}

/** ip_route_input_mc(): groups are for members only, no multicast routing here. */
function multicastInput(stack: Stack, packet: Packet, iface: Interface): Route | string {
  const { buf, network } = packet;
  const saddr = u32(buf, network + 12);
  const daddr = u32(buf, network + 16);
  if (!iface.inGroup4(daddr)) return 'IP_INVALID_DEST';
  if (isMulticast4(saddr) || saddr === LIMITED_BROADCAST) return 'IP_INVALID_SOURCE';
  if (isLoopback4(saddr) && !stack.confAny(iface, 'route_localnet', 0)) return 'IP_LOCALNET';
  if (isZeronet4(saddr)) {
    if (!isLocalMulticast(daddr) && buf[network + 9] !== IPPROTO_IGMP) return 'IP_INVALID_SOURCE';
  } else {
    const check = validateSource(stack, packet, iface, null, true);
    if (typeof check === 'string') return check;
  }
  return localRoute(stack, RTN_MULTICAST, null);
}

function broadcastInput(stack: Stack, packet: Packet, iface: Interface): Route | string {
  if (!isZeronet4(u32(packet.buf, packet.network + 12))) {
    const check = validateSource(stack, packet, iface, null, true);
    if (typeof check === 'string') return check;
  }
  return localRoute(stack, RTN_BROADCAST, null);
}

/** inet_addr_onlink(): both addresses lie in one prefix of the device. */
const sharesLink = (
  iface: Interface,
  saddr: Uint8Array,
  at: number,
  gateway: Uint8Array,
): boolean =>
  iface.addresses4.some(
    (one) =>
      samePrefix(saddr, at, one.prefix, 0, one.length) &&
      samePrefix(gateway, 0, one.prefix, 0, one.length),
  );

/** __mkroute_input(). */
function forwardRoute(
  stack: Stack,
  packet: Packet,
  iface: Interface,
  result: FibResult,
): Route | string {
  const out = stack.interfaceOf(result.nexthop?.device ?? null);
  if (out === null) return 'IP_INNOROUTES';
  const check = validateSource(stack, packet, iface, out);
  if (typeof check === 'string') return check;
  const route = new Route();
  route.iface = out;
  route.gateway = result.nexthop?.gateway ?? null;
  route.mtu = result.route.mtu;
  describe(route, result);
  if (out === iface && check && stack.confAny(out, 'send_redirects', 1)) {
    const gateway = route.gateway ?? packet.buf.subarray(packet.network + 16, packet.network + 20);
    route.redirect =
      stack.confAny(out, 'shared_media', 1) ||
      sharesLink(out, packet.buf, packet.network + 12, gateway);
  }
  return route;
}

/** ip_route_input_slow(). */
function inputSlow(stack: Stack, packet: Packet, iface: Interface): Route | string {
  const { buf, network } = packet;
  const saddr = u32(buf, network + 12);
  const daddr = u32(buf, network + 16);
  if (isMulticast4(daddr)) return multicastInput(stack, packet, iface);
  const reason = martian(stack, iface, saddr, daddr);
  if (reason !== '') return reason;
  if (daddr === LIMITED_BROADCAST || (saddr === 0 && daddr === 0))
    return broadcastInput(stack, packet, iface);
  const result = stack.fib4.lookup(prepare(stack.flow, packet, iface));
  const forwarding = stack.forwarding4(iface);
  if (typeof result === 'number') return errorRoute(stack, forwarding ? result : EHOSTUNREACH);
  const { type } = result.route;
  if (type === RTN_BROADCAST) return broadcastInput(stack, packet, iface);
  if (type === RTN_LOCAL) {
    const check = validateSource(stack, packet, iface, null);
    return typeof check === 'string' ? check : localRoute(stack, RTN_LOCAL, result);
  }
  if (!forwarding) return errorRoute(stack, EHOSTUNREACH);
  if (type !== RTN_UNICAST) return 'IP_INVALID_DEST';
  return forwardRoute(stack, packet, iface, result);
}

/** The route of a received packet, or the reason to drop it. */
export function routeInput4(stack: Stack, packet: Packet, iface: Interface): Route | string {
  const { buf, network } = packet;
  const tos = buf[network + 1]! & INET_DSCP_MASK;
  const { index } = iface.device;
  const at = network + 12;
  const cached = stack.cache4.find(buf, at, index, packet.mark, tos, stack.generation);
  if (cached !== undefined) return cached;
  const route = inputSlow(stack, packet, iface);
  if (typeof route !== 'string' && stack.cacheable)
    stack.cache4.insert(route, buf, at, index, packet.mark, tos, stack.generation);
  return route;
}

/** struct flowi4 of a packet made here; addresses as numbers, 0 for none. */
export interface OutputFlow4 {
  readonly daddr: number;
  readonly saddr: number;
  readonly mark: number;
  readonly tos: number;
  readonly oif?: Interface | null;
  /** The source may be an address of somebody else (FLOWI_FLAG_ANYSRC). */
  readonly anySource?: boolean;
  /** A raw socket wrote the header itself: the way is to where it says now (FLOWI_FLAG_KNOWN_NH). */
  readonly knownNexthop?: boolean;
}

const addressBytes = (address: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  put32(bytes, 0, address);
  return bytes;
};

/** fib_result_prefsrc(). */
export function preferredSource(stack: Stack, result: FibResult): Uint8Array | null {
  if (result.route.source !== null) return result.route.source;
  const iface = stack.interfaceOf(result.nexthop?.device ?? null);
  return stack.selectAddress4(iface, result.nexthop?.gateway ?? null, result.route.scope);
}

function outputRoute(iface: Interface | null, type: number, source: Uint8Array | null): Route {
  const route = new Route();
  route.output = true;
  route.iface = iface;
  route.type = type;
  // Of a packet that comes round again: through lo, or as a copy of what goes to a group or to all.
  route.input = type === RTN_UNICAST ? 'discard' : 'local';
  route.source = source;
  return route;
}

function outputKey(key: FlowKey, flow: OutputFlow4): FlowKey {
  key.address = addressBytes(flow.daddr);
  key.offset = 0;
  key.source = flow.saddr === 0 ? null : addressBytes(flow.saddr);
  key.sourceOffset = 0;
  key.mark = flow.mark;
  key.tos = flow.tos & INET_DSCP_MASK;
  key.iif = 'lo';
  key.oif = flow.oif?.device.index ?? 0;
  key.oifName = flow.oif?.device.name ?? '';
  key.protocol = 0;
  key.sport = 0;
  key.dport = 0;
  key.hash = (flow.daddr ^ flow.saddr) >>> 0;
  return key;
}

/** A destination no table is asked about, once the device is given. */
function linkDestination(stack: Stack, flow: OutputFlow4): Route | null {
  const { daddr, saddr } = flow;
  const group = isMulticast4(daddr);
  if (!group && daddr !== LIMITED_BROADCAST) return null;
  // Without a device, that of the source address.
  const oif = flow.oif ?? stack.interfaces.find((one) => one.owns4(saddr)) ?? null;
  if (oif === null) return null;
  const source = saddr !== 0 ? addressBytes(saddr) : stack.selectAddress4(oif, null, RT_SCOPE_LINK);
  return outputRoute(oif, group ? RTN_MULTICAST : RTN_BROADCAST, source);
}

/** What somebody may send from. */
export const isSource4 = (saddr: number): boolean =>
  !isMulticast4(saddr) && saddr !== LIMITED_BROADCAST && !isZeronet4(saddr);

/** ip_route_output_key_hash_rcu(): a route, or an errno. */
export function routeOutput4(stack: Stack, flow: OutputFlow4): Route | number {
  const { daddr, saddr } = flow;
  if (saddr !== 0) {
    if (!isSource4(saddr)) return EINVAL;
    if (flow.anySource !== true && !stack.hasAddress4(saddr)) return EINVAL;
  }
  const direct = linkDestination(stack, flow);
  if (direct !== null) return direct;
  if (daddr === 0) {
    const loop = addressBytes(saddr !== 0 ? saddr : 0x7f000001);
    return outputRoute(stack.loopback, RTN_LOCAL, loop);
  }
  const result = stack.fib4.lookup(outputKey(stack.flow, flow));
  if (typeof result === 'number') {
    if (!flow.oif) return result;
    const source =
      saddr !== 0 ? addressBytes(saddr) : stack.selectAddress4(flow.oif, null, RT_SCOPE_LINK);
    return outputRoute(flow.oif, RTN_UNICAST, source);
  }
  return foundOutput(stack, flow, result);
}

function foundOutput(stack: Stack, flow: OutputFlow4, result: FibResult): Route | number {
  const given = flow.saddr !== 0 ? addressBytes(flow.saddr) : null;
  const { type } = result.route;
  if (type === RTN_LOCAL) {
    const source = given ?? result.route.source ?? addressBytes(flow.daddr);
    const route = outputRoute(stack.loopback, RTN_LOCAL, source);
    describe(route, result);
    return route;
  }
  const out = stack.interfaceOf(result.nexthop?.device ?? null);
  // __mkroute_output(): nothing leaves the host from its loopback net.
  if (
    isLoopback4(flow.saddr) &&
    out !== null &&
    out !== stack.loopback &&
    !stack.confAny(out, 'route_localnet', 0)
  )
    return EINVAL;
  const kind = isMulticast4(flow.daddr) ? RTN_MULTICAST : type;
  const route = outputRoute(out, kind, given ?? preferredSource(stack, result));
  // Groups are on the link whatever the table says of gateways.
  if (kind !== RTN_MULTICAST) route.gateway = result.nexthop?.gateway ?? null;
  // A route that no table keeps has its destination for a gateway, rt_set_nexthop().
  if (flow.knownNexthop === true && kind === RTN_UNICAST) {
    route.gateway ??= addressBytes(flow.daddr);
  }
  route.mtu = result.route.mtu;
  describe(route, result);
  return route;
}

/** fib_compute_spec_dst(): the address of ours that an answer to `packet` should come from. */
export function specificDestination(
  stack: Stack,
  packet: Packet,
  iface: Interface,
): Uint8Array | null {
  const { buf, network } = packet;
  const route = packet.dst;
  if (route instanceof Route && route.type === RTN_LOCAL)
    return buf.slice(network + 16, network + 20);
  const saddr = buf.slice(network + 12, network + 16);
  if (isZeronet4(u32(saddr, 0))) return stack.selectAddress4(iface, saddr, RT_SCOPE_LINK);
  const key = stack.flow;
  outputKey(key, { daddr: u32(saddr, 0), saddr: 0, mark: 0, tos: buf[network + 1]! });
  const result = stack.fib4.lookup(key);
  if (typeof result !== 'number') return preferredSource(stack, result);
  return stack.selectAddress4(iface, saddr, RT_SCOPE_UNIVERSE);
}
