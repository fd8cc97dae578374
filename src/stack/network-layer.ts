// What the stack answers hooks: the port NetworkLayer of room core.

import { equalBytes, u32 } from '../bytes/index.ts';
import type { HookPoint, NetDevice, Packet, RouteAnswer, RouteKey } from '../core/index.ts';
import { ETH_P_ARP, ETH_P_IPV6, IP_CT_UNTRACKED } from '../core/index.ts';
import type { Family } from './address.ts';
import { isMulticast4, isMulticast6, isZeronet4, LIMITED_BROADCAST } from './address.ts';
import { arpOutputFinish, arpProcess } from './arp.ts';
import { divertedFinish } from './br-netfilter.ts';
import { bridgeProceed } from './bridge.ts';
import { localDeliver4Finish } from './deliver4.ts';
import { localDeliver6Finish } from './deliver6.ts';
import { sendParameterProblem6 } from './icmp6.ts';
import type { InterfaceAddress } from './interface.ts';
import { decreaseTtl, forward4Finish } from './ip4-forward.ts';
import { ip4ReceiveFinish } from './ip4-input.ts';
import { localOut4, localOut4Finish, output4Finish, reroute4 } from './ip4-output.ts';
import { forward6Finish } from './ip6-forward.ts';
import { ip6ReceiveFinish } from './ip6-input.ts';
import { localOut6, localOut6Finish, output6Finish, reroute6 } from './ip6-output.ts';
import { neighbourOf, neighbourOutput } from './neighbour.ts';
import {
  EACCES,
  EHOSTUNREACH,
  EINVAL,
  IP_DF,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_LOCAL,
  RTN_ANYCAST,
  RTN_BLACKHOLE,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_PROHIBIT,
  RTN_UNICAST,
  RTN_UNREACHABLE,
} from './numbers.ts';
import { afterIngress } from './receive.ts';
import { rejectReset, rejectUnreachable } from './reject.ts';
import { Route } from './route.ts';
import { preferredSource, routeOutput4 } from './routing4.ts';
import { isAnycast6, routeOutput6, selectSource6 } from './routing6.ts';
import type { FlowKey } from './rules.ts';
import type { Stack } from './stack.ts';
import { deviceTransmit, emitFrame } from './transmit.ts';

function prepare(key: FlowKey, asked: RouteKey): FlowKey {
  key.address = asked.daddr;
  key.offset = 0;
  key.source = asked.saddr ?? null;
  key.sourceOffset = 0;
  key.mark = asked.mark ?? 0;
  key.tos = asked.tos ?? 0;
  key.iif = asked.iif?.name ?? 'lo';
  key.oif = asked.oif?.index ?? 0;
  key.oifName = asked.oif?.name ?? '';
  key.protocol = 0;
  key.sport = 0;
  key.dport = 0;
  key.hash = 0;
  return key;
}

const NOWHERE = { device: null, gateway: null, source: null, mtu: 0, table: 0, realm: 0 } as const;

/** Route types that stand for an errno. */
const typeOfError = (error: number): number =>
  error === EINVAL
    ? RTN_BLACKHOLE
    : error === EACCES
      ? RTN_PROHIBIT
      : error === EHOSTUNREACH
        ? RTN_UNREACHABLE
        : 0;

export function route(stack: Stack, asked: RouteKey): RouteAnswer | null {
  const fib = asked.family === 'ip' ? stack.fib4 : stack.fib6;
  const result = fib.lookup(prepare(stack.flow, asked));
  if (typeof result === 'number') {
    const type = typeOfError(result);
    return type === 0 ? null : { type, ...NOWHERE };
  }
  const device = result.nexthop?.device ?? null;
  const source =
    asked.family === 'ip'
      ? preferredSource(stack, result)
      : (result.route.source ?? selectSource6(stack, stack.interfaceOf(device), asked.daddr));
  return {
    type: result.route.type,
    device,
    gateway: result.nexthop?.gateway ?? null,
    source,
    mtu: result.route.mtu !== 0 ? result.route.mtu : (device?.mtu ?? 0),
    table: result.route.table,
    realm: result.route.realm,
  };
}

export const answerOf = (route: Route): RouteAnswer => ({
  type: route.type,
  device: route.iface?.device ?? null,
  gateway: route.gateway,
  source: route.source,
  mtu: route.currentMtu(),
  table: route.table,
  realm: route.realm,
});

/** What was decided for a packet: skb_dst(). */
export const routeOf = ({ dst }: Packet): RouteAnswer | null =>
  dst instanceof Route ? answerOf(dst) : null;

const scratch = new Uint8Array(4);

/** inet_dev_addr_type(): the local table alone says. */
export function addressType4(stack: Stack, address: number, device: NetDevice | null): number {
  if (isZeronet4(address) || address === LIMITED_BROADCAST) return RTN_BROADCAST;
  if (isMulticast4(address)) return RTN_MULTICAST;
  scratch[0] = address >>> 24;
  scratch[1] = address >>> 16;
  scratch[2] = address >>> 8;
  scratch[3] = address;
  const key = { address: scratch, offset: 0, tos: 0, oif: 0, hash: 0 };
  const result = stack.fib4.tables.get(RT_TABLE_LOCAL)?.lookup(key) ?? null;
  if (result === null) return RTN_UNICAST;
  const here = device === null || result.nexthop?.device === device;
  return here ? result.route.type : RTN_UNICAST;
}

/** __nft_fib6_eval_type(): by the route an address has, local ones on `device` if one is given. */
function addressType6(stack: Stack, address: Uint8Array, device: NetDevice | null): number {
  if (isMulticast6(address, 0)) return RTN_MULTICAST;
  if (device !== null && stack.interfaceOf(device)?.hasAddress6(address, 0) === true)
    return RTN_LOCAL;
  const asked: RouteKey = { family: 'ip6', daddr: address };
  const result = stack.fib6.lookup(prepare(stack.flow, asked));
  if (typeof result === 'number') return typeOfError(result) || RTN_UNREACHABLE;
  if (isAnycast6(result, address)) return RTN_ANYCAST;
  return result.route.type === RTN_LOCAL && device === null ? RTN_LOCAL : RTN_UNICAST;
}

export const addressType = (
  stack: Stack,
  family: Family,
  address: Uint8Array,
  device: NetDevice | null,
): number =>
  family === 'ip'
    ? addressType4(stack, u32(address, 0), device)
    : addressType6(stack, address, device);

/** What masquerade asks: the address of the device towards a next hop (inet_select_addr(), ipv6_dev_get_saddr()). */
export function sourceAddress(
  stack: Stack,
  family: Family,
  device: NetDevice,
  towards: Uint8Array,
): Uint8Array | null {
  const iface = stack.interfaceOf(device);
  if (iface === null) return null;
  return family === 'ip6'
    ? selectSource6(stack, iface, towards)
    : stack.selectAddress4(iface, towards.length === 4 ? towards : null, RT_SCOPE_UNIVERSE);
}

/**
 * The first primary IPv4 address; the IPv6 address of the widest scope, the one added last among equals
 * (ipv6_link_dev_addr()).
 */
export function firstAddress(stack: Stack, family: Family, device: NetDevice): Uint8Array | null {
  const iface = stack.interfaceOf(device);
  if (iface === null) return null;
  if (family === 'ip') return iface.addresses4.find((one) => !one.secondary)?.local ?? null;
  let first: InterfaceAddress | null = null;
  for (const one of iface.addresses6) if (first === null || one.scope <= first.scope) first = one;
  return first?.local ?? null;
}

/** The primary address whose network a broadcast address is that of: its prefix length, or 0. */
export function broadcastPrefix(stack: Stack, device: NetDevice, broadcast: Uint8Array): number {
  for (const one of stack.interfaceOf(device)?.addresses4 ?? [])
    if (!one.secondary && one.broadcast !== null && equalBytes(one.broadcast, 0, broadcast, 0, 4))
      return one.length;
  return 0;
}

/** ICMPV6_HDR_FIELD */
export const sendParameterProblem = (stack: Stack, packet: Packet, pointer: number): void =>
  sendParameterProblem6(stack, packet, 0, pointer);

export const sendUnreachable = rejectUnreachable;
export const sendReset = rejectReset;

export const reroute = (stack: Stack, packet: Packet): boolean =>
  packet.protocol === ETH_P_IPV6 ? reroute6(stack, packet) : reroute4(stack, packet);

/** Copies made by copies would never end (nf_skb_duplicated). */
const duplicating = new WeakSet<Stack>();

export function duplicate(
  stack: Stack,
  packet: Packet,
  gateway: Uint8Array,
  device: NetDevice | null,
): void {
  if (duplicating.has(stack)) return;
  const oif = stack.interfaceOf(device);
  const found =
    gateway.length === 4
      ? routeOutput4(stack, { daddr: u32(gateway, 0), saddr: 0, mark: 0, tos: 0, oif })
      : routeOutput6(stack, { daddr: gateway, saddr: null, mark: 0, tos: 0, oif });
  if (typeof found === 'number') return;
  const copy = stack.copy(packet);
  copy.ct = 0;
  copy.ctinfo = IP_CT_UNTRACKED;
  if (copy.bridge !== null) copy.bridge.stage = null;
  found.gateway ??= gateway;
  // Before and at the end of the way in, a hop is taken off so that two hosts cannot go on forever.
  const received = packet.oif === null;
  const { buf, network } = copy;
  if (gateway.length === 4) {
    buf[network + 6]! |= IP_DF >> 8;
    if (received) buf[network + 8]!--;
  } else if (received) buf[network + 7]!--;
  copy.dst = found;
  duplicating.add(stack);
  const from = found.iface?.device ?? null;
  const fate = gateway.length === 4 ? localOut4(stack, copy, from) : localOut6(stack, copy, from);
  duplicating.delete(stack);
  stack.finish(copy, fate);
}

export function neighbourTransmit(
  stack: Stack,
  packet: Packet,
  gateway: Uint8Array,
  device: NetDevice,
): void {
  const iface = stack.interfaceOf(device);
  if (iface === null) return;
  const copy = stack.copy(packet);
  copy.ct = 0;
  if (gateway.length === 4) decreaseTtl(copy);
  else copy.buf[copy.network + 7]!--;
  const neighbour = neighbourOf(stack, iface, gateway, 0, gateway.length);
  stack.finish(copy, neighbourOutput(stack, copy, neighbour));
}

export function transmit(stack: Stack, packet: Packet, device: NetDevice): void {
  const iface = stack.interfaceOf(device);
  if (iface === null) return;
  const copy = stack.copy(packet);
  copy.ct = 0;
  stack.finish(copy, deviceTransmit(stack, copy, iface));
}

/** The function behind a point: okfn of NF_HOOK. */
export function proceed(stack: Stack, packet: Packet, point: HookPoint): boolean {
  const iface = stack.interfaceOf(packet.iif);
  const v6 = point.family === 'ip6';
  switch (point.hook) {
    case 'ingress':
      return iface === null ? lost(stack, packet) : afterIngress(stack, packet, iface);
    case 'egress': {
      const out = stack.interfaceOf(packet.oif);
      return out === null ? lost(stack, packet) : emitFrame(stack, packet, out);
    }
    default:
      break;
  }
  if (point.family === 'bridge') return bridgeProceed(stack, packet, point.hook);
  if (packet.bridge?.stage != null || (point.family === 'arp' && point.hook === 'forward'))
    return divertedFinish(stack, packet);
  if (point.family === 'arp' && packet.protocol === ETH_P_ARP)
    return point.hook === 'input' && iface !== null
      ? arpProcess(stack, packet, iface)
      : arpOutputFinish(stack, packet);
  switch (point.hook) {
    case 'prerouting':
      return v6 ? ip6ReceiveFinish(stack, packet) : ip4ReceiveFinish(stack, packet);
    case 'input':
      return v6 ? localDeliver6Finish(stack, packet) : localDeliver4Finish(stack, packet);
    case 'forward':
      return v6 ? forward6Finish(stack, packet) : forward4Finish(stack, packet);
    case 'output':
      return v6 ? localOut6Finish(stack, packet) : localOut4Finish(stack, packet);
    default:
      return v6 ? output6Finish(stack, packet) : output4Finish(stack, packet);
  }
}

const lost = (stack: Stack, packet: Packet): boolean => stack.drop(packet, 'DEV_READY', 'queue');
