// A learning bridge with the hooks of family bridge (net/bridge/br_input.c, br_forward.c). No STP, no
// VLAN filtering, no multicast snooping: groups are flooded.

import { u16, u32 } from '../bytes/index.ts';
import type { HookName, Packet } from '../core/index.ts';
import {
  ACCEPT,
  DIVERTED,
  dissectNetwork,
  NS_PER_SECOND,
  PACKET_HOST,
  PACKET_LOOPBACK,
  PACKET_OTHERHOST,
} from '../core/index.ts';
import { nextHopFound } from './br-neighbour.ts';
import { divert, receivedFinish } from './br-netfilter.ts';
import { DONE, KEPT } from './fate.ts';
import type { Interface } from './interface.ts';
import { ETH_HLEN } from './numbers.ts';
import { deliverProtocol, receiveFrame } from './receive.ts';
import { Route } from './route.ts';
import { noticeSegments } from './segments.ts';
import type { Stack } from './stack.ts';
import { deviceTransmit } from './transmit.ts';

/** BR_DEFAULT_AGEING_TIME. */
const AGEING = 300 * NS_PER_SECOND;
const FDB_MAX = 1 << 16;
const VLAN_HLEN = 4;
const VLAN_VID_MASK = 0x0fff;

interface Entry {
  readonly port: Interface;
  readonly seen: number;
}

export interface Bridge {
  readonly iface: Interface;
  readonly ports: Interface[];
  /** Who was heard where, by hardware address as a number of 48 bits. */
  readonly fdb: Map<number, Entry>;
  /** What bridged packets have for a route while rules look at them (fake_rtable). */
  readonly route: Route;
}

export function createBridge(iface: Interface): Bridge {
  const route = new Route();
  route.iface = iface;
  return { iface, ports: [], fdb: new Map(), route };
}

const macNumber = (buf: Uint8Array, at: number): number =>
  u16(buf, at) * 0x100000000 + u32(buf, at + 2);

const isGroup = (buf: Uint8Array, at: number): boolean => (buf[at]! & 1) !== 0;
/** 01:80:c2:00:00:00 … 0f stay on their link (IEEE 802.1D §7.12.6). */
const RESERVED = 0x0180c2000000;

/** br_handle_frame(). */
export function bridgeReceive(stack: Stack, packet: Packet, port: Interface): boolean {
  const bridge = port.bridgePort;
  if (bridge === null) return stack.drop(packet, 'DEV_READY', 'bridge');
  if (packet.pktType === PACKET_LOOPBACK) return DONE;
  const { buf, mac } = packet;
  const source = macNumber(buf, mac + 6);
  if (isGroup(buf, mac + 6) || source === 0)
    return stack.drop(packet, 'MAC_INVALID_SOURCE', 'bridge');
  const dest = macNumber(buf, mac);
  // Without STP, its frames (…:00) are flooded like any other.
  if (dest > RESERVED && dest <= RESERVED + 0x0f)
    return linkLocal(stack, packet, bridge, dest - RESERVED);
  if (dest === macNumber(bridge.iface.device.address, 0)) packet.pktType = PACKET_HOST;
  if (packet.length > port.device.mtu) noticeLarge(packet);
  const verdict = stack.netns.hooks.run(stack.bridgePoints.prerouting, packet);
  if (verdict === DIVERTED) return divert(stack, packet);
  if (verdict !== ACCEPT) return stack.halt(packet, verdict, 'bridge prerouting');
  return receivedFinish(stack, packet);
}

/** The port takes it as its own: RX_HANDLER_PASS for br_netfilter_broute. */
export function broute(stack: Stack, packet: Packet): boolean {
  packet.broute = false;
  if (packet.vlanTci > 0 && (packet.vlanTci & VLAN_VID_MASK) !== 0)
    packet.pktType = PACKET_OTHERHOST;
  packet.vlanTci = -1;
  return deliverProtocol(stack, packet);
}

/** What the port put together goes on as one, whatever the lengths that ports carry (is_skb_forwardable()). */
function noticeLarge(packet: Packet): void {
  dissectNetwork(packet);
  noticeSegments(packet);
}

const PAUSE = 0x01;
const LLDP = 0x0e;

/** Frames for the link itself go up on the port, not on the bridge. */
function linkLocal(stack: Stack, packet: Packet, bridge: Bridge, last: number): boolean {
  if (last === PAUSE) return stack.drop(packet, 'MAC_IEEE_MAC_CONTROL', 'bridge');
  learn(stack, packet, bridge);
  if (last !== LLDP) {
    const verdict = stack.netns.hooks.run(stack.bridgePoints.input, packet);
    if (verdict !== ACCEPT) return stack.halt(packet, verdict, 'bridge input');
  }
  return deliverProtocol(stack, packet);
}

/** br_fdb_cleanup(), once there are many. */
function forgetAged(bridge: Bridge, now: number): void {
  for (const [mac, entry] of bridge.fdb) if (now - entry.seen > AGEING) bridge.fdb.delete(mac);
  if (bridge.fdb.size >= FDB_MAX) bridge.fdb.clear();
}

/** br_fdb_update(). */
function learn(stack: Stack, packet: Packet, bridge: Bridge): void {
  const port = stack.interfaceOf(packet.iif);
  if (port === null) return;
  const seen = stack.netns.clock.now();
  if (bridge.fdb.size >= FDB_MAX) forgetAged(bridge, seen);
  bridge.fdb.set(macNumber(packet.buf, packet.mac + 6), { port, seen });
}

/** br_fill_forward_path(): the port behind which a hardware address was heard; null for none. */
export function portTowards(stack: Stack, bridge: Bridge, mac: Uint8Array): Interface | null {
  const known = bridge.fdb.get(macNumber(mac, 0));
  const fresh = known !== undefined && stack.netns.clock.now() - known.seen <= AGEING;
  return fresh ? known.port : null;
}

/** Is the address that of the bridge or of one of its ports? */
const isLocal = (bridge: Bridge, address: number): boolean =>
  macNumber(bridge.iface.device.address, 0) === address ||
  bridge.ports.some((port) => macNumber(port.device.address, 0) === address);

/** br_handle_frame_finish(). */
export function receiveFinish(stack: Stack, packet: Packet, port: Interface): boolean {
  const bridge = port.bridgePort;
  if (bridge === null) return stack.drop(packet, 'DEV_READY', 'bridge');
  const { buf, mac } = packet;
  const now = stack.netns.clock.now();
  learn(stack, packet, bridge);
  const dest = macNumber(buf, mac);
  if (isGroup(buf, mac)) {
    flood(stack, packet, bridge, port, true);
    return passUp(stack, packet, bridge);
  }
  if (isLocal(bridge, dest)) return passUp(stack, packet, bridge);
  const known = bridge.fdb.get(dest);
  if (known !== undefined && now - known.seen <= AGEING) {
    if (known.port === port) return stack.drop(packet, 'NOT_SPECIFIED', 'bridge');
    return forward(stack, packet, known.port, false);
  }
  return flood(stack, packet, bridge, port, false);
}

/** br_flood(): to every port but the one it came in by, a copy each; the last gets what is not kept. */
function flood(
  stack: Stack,
  packet: Packet,
  bridge: Bridge,
  from: Interface | null,
  keeps: boolean,
): boolean {
  const own = from === null;
  let last: Interface | null = null;
  for (const port of bridge.ports) {
    if (port === from || !port.device.up) continue;
    if (last !== null) forwardCopy(stack, packet, last, own);
    last = port;
  }
  if (last === null) return keeps ? DONE : stack.drop(packet, 'NOT_SPECIFIED', 'bridge');
  if (!keeps) return forward(stack, packet, last, own);
  forwardCopy(stack, packet, last, own);
  return DONE;
}

/** A clone, and what has one, is cut anew: only whom the bytes belong to alone keeps its pieces (skb_cloned()). */
function forwardCopy(stack: Stack, packet: Packet, to: Interface, own: boolean): void {
  packet.fragLengths = null;
  const copy = stack.copy(packet);
  stack.finish(copy, forward(stack, copy, to, own));
}

/** __br_forward(): FORWARD for what came in, OUTPUT for what this host sends. */
function forward(stack: Stack, packet: Packet, to: Interface, own: boolean): boolean {
  packet.oif = to.device;
  const { hooks } = stack.netns;
  const verdict = hooks.run(own ? stack.bridgePoints.output : stack.bridgePoints.forward, packet);
  if (verdict === DIVERTED) return divert(stack, packet);
  if (verdict !== ACCEPT)
    return stack.halt(packet, verdict, own ? 'bridge output' : 'bridge forward');
  return forwardFinish(stack, packet);
}

/** br_forward_finish(). */
export function forwardFinish(stack: Stack, packet: Packet): boolean {
  packet.iif = null;
  const verdict = stack.netns.hooks.run(stack.bridgePoints.postrouting, packet);
  if (verdict === DIVERTED) return divert(stack, packet);
  if (verdict !== ACCEPT) return stack.halt(packet, verdict, 'bridge postrouting');
  return pushTransmit(stack, packet);
}

/** br_dev_queue_push_xmit(): frames too long for the port are lost without a word (is_skb_forwardable()). */
export function pushTransmit(stack: Stack, packet: Packet): boolean {
  const to = stack.interfaceOf(packet.oif);
  if (to === null) return stack.drop(packet, 'DEV_READY', 'bridge');
  const most = to.device.mtu + ETH_HLEN + VLAN_HLEN;
  if (packet.end - packet.mac > most && packet.segmentLength === 0)
    return stack.drop(packet, 'PKT_TOO_BIG', 'bridge');
  return deviceTransmit(stack, packet, to);
}

/** br_pass_frame_up(): on to the bridge's own address. */
function passUp(stack: Stack, packet: Packet, bridge: Bridge): boolean {
  const verdict = stack.netns.hooks.run(stack.bridgePoints.input, packet);
  if (verdict !== ACCEPT) return stack.halt(packet, verdict, 'bridge input');
  return receiveUp(stack, packet, bridge);
}

function receiveUp(stack: Stack, packet: Packet, bridge: Bridge): boolean {
  if (!bridge.iface.device.up) return stack.drop(packet, 'DEV_READY', 'bridge');
  packet.iif = bridge.iface.device;
  packet.oif = null;
  // br_drop_fake_rtable(); what the IP families note in skb->cb, they note anew.
  if (packet.dst === bridge.route) packet.dst = null;
  packet.fragMaxSize = 0;
  return receiveFrame(stack, packet, bridge.iface);
}

/** br_dev_xmit(): a frame this host sends through the bridge. */
export function bridgeTransmit(stack: Stack, packet: Packet, iface: Interface): boolean {
  const { bridge } = iface;
  if (bridge === null) return stack.drop(packet, 'DEV_READY', 'bridge');
  if (packet.bridge?.bridgedDnat === true) return nextHopFound(stack, packet);
  const { buf, mac } = packet;
  const known = isGroup(buf, mac) ? undefined : bridge.fdb.get(macNumber(buf, mac));
  packet.iif = null;
  if (known !== undefined && stack.netns.clock.now() - known.seen <= AGEING)
    return forward(stack, packet, known.port, true);
  return flood(stack, packet, bridge, null, false);
}

/** Goes on behind a point of family bridge. */
export function bridgeProceed(stack: Stack, packet: Packet, hook: HookName): boolean {
  const port = stack.interfaceOf(packet.iif);
  switch (hook) {
    case 'prerouting':
      return receivedFinish(stack, packet);
    case 'input':
      return port?.bridgePort == null ? DONE : receiveUp(stack, packet, port.bridgePort);
    case 'forward':
    case 'output':
      return forwardFinish(stack, packet);
    case 'postrouting':
      return pushTransmit(stack, packet);
    default:
      return KEPT;
  }
}
