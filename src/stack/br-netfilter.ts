// A bridge shows what it forwards to the IP families and to ARP's: net/bridge/br_netfilter_hooks.c.
//
//   bridge prerouting  -300 … -1 │ 0 → ip prerouting ──→ back │ 1 …    → forward or up
//   bridge forward     -200 … -1 │ 0 → ip forward    ──→ back │ 1 …    → postrouting
//   bridge postrouting …         │ last → ip postrouting, cut to size  → port
//
// A hook here answers DIVERTED once a packet is ready for the other family; the bridge then calls what
// stands below it, `divert`.

import { u16 } from '../bytes/index.ts';
import type { BridgeStage, HookName, NetDevice, Packet, Verdict } from '../core/index.ts';
import {
  ACCEPT,
  BridgeInfo,
  DIVERTED,
  DROP,
  dissectNetwork,
  ETH_P_8021Q,
  ETH_P_ARP,
  ETH_P_IP,
  ETH_P_IPV6,
  NF_BR_PRI_BRNF,
  NF_IP_PRI_FIRST,
  NF_IP_PRI_LAST,
  PACKET_HOST,
  PACKET_OTHERHOST,
  STOP,
} from '../core/index.ts';
import { ETH_P_PPP_SES } from '../uapi/index.ts';
import { findNextHop } from './br-neighbour.ts';
import { pushInPieces } from './br-pieces.ts';
import { validate6 } from './br-validate6.ts';
import { broute, forwardFinish, pushTransmit, receiveFinish } from './bridge.ts';
import { validate4 } from './ip4-input.ts';
import { routeInput4 } from './routing4.ts';
import { routeInput6 } from './routing6.ts';
import type { Stack } from './stack.ts';
import { traceRoute } from './trace.ts';

/** PPPOE_SES_HLEN, and what the PPP header in it names. */
const PPPOE_SES_HLEN = 8;
const PPP_IP = 0x0021;
const PPP_IPV6 = 0x0057;
const VLAN_HLEN = 4;
const VLAN_VID_MASK = 0x0fff;
/** An ARP header up to where addresses begin, and where it says how long those of the protocol are. */
const ARP_HLEN = 8;
const ARP_PLN = 5;

/** net.bridge.*, with the defaults of br_netfilter_sysctl_default(). */
export interface BridgeSettings {
  readonly callIptables: boolean;
  readonly callIp6tables: boolean;
  readonly callArptables: boolean;
  readonly filterVlan: boolean;
  readonly filterPppoe: boolean;
  readonly passVlanDevice: boolean;
}

export function bridgeSettings(stack: Stack): BridgeSettings {
  const on = (name: string, fallback: number): boolean =>
    stack.sysctl(`net.bridge.bridge-nf-${name}`, fallback) !== 0;
  return {
    callIptables: on('call-iptables', 1),
    callIp6tables: on('call-ip6tables', 1),
    callArptables: on('call-arptables', 1),
    filterVlan: on('filter-vlan-tagged', 0),
    filterPppoe: on('filter-pppoe-tagged', 0),
    passVlanDevice: on('pass-vlan-input-dev', 0),
  };
}

/** nf_bridge_encap_header_len() */
const encapsulationOf = ({ protocol }: Packet): number =>
  protocol === ETH_P_PPP_SES ? PPPOE_SES_HLEN : protocol === ETH_P_8021Q ? VLAN_HLEN : 0;

/** The protocol that is filtered: of a tagged frame, or of one in PPPoE, only where that is wanted; else 0. */
function shownProtocol(stack: Stack, packet: Packet): number {
  const { protocol, buf, network } = packet;
  const { filterVlan, filterPppoe } = stack.bridging;
  if (protocol === ETH_P_PPP_SES) {
    if (!filterPppoe || packet.length < PPPOE_SES_HLEN) return 0;
    const inside = u16(buf, network + PPPOE_SES_HLEN - 2);
    return inside === PPP_IP ? ETH_P_IP : inside === PPP_IPV6 ? ETH_P_IPV6 : 0;
  }
  if (packet.vlanTci >= 0 && !filterVlan) return 0;
  return protocol === ETH_P_IP || protocol === ETH_P_IPV6 || protocol === ETH_P_ARP ? protocol : 0;
}

/** nf_bridge_pull_encap_header(), and what the packet is then. */
function pull(packet: Packet, info: BridgeInfo, protocol: number): void {
  info.encapsulation = encapsulationOf(packet);
  packet.network += info.encapsulation;
  packet.protocol = protocol;
  packet.dissected = false;
}

/** nf_bridge_update_protocol() and nf_bridge_push_encap_header(). */
function push(packet: Packet, info: BridgeInfo): void {
  if (info.encapsulation === 0) return;
  packet.network -= info.encapsulation;
  packet.protocol = ETH_P_PPP_SES;
  packet.dissected = false;
  info.encapsulation = 0;
}

/** Rules see a packet for another station as one for this host. */
function hideOther(packet: Packet, info: BridgeInfo): void {
  if (packet.pktType !== PACKET_OTHERHOST) return;
  packet.pktType = PACKET_HOST;
  info.otherHost = true;
}

function showOther(packet: Packet, info: BridgeInfo): void {
  if (!info.otherHost) return;
  packet.pktType = PACKET_OTHERHOST;
  info.otherHost = false;
}

function refuse(packet: Packet, reason: string): Verdict {
  packet.dropReason = reason;
  return DROP;
}

/** br_validate_ipv4() and br_validate_ipv6(): what the link padded is cut off. */
function sound(packet: Packet): boolean {
  const isSound = packet.protocol === ETH_P_IP ? validate4(packet) === '' : validate6(packet);
  if (isSound) dissectNetwork(packet);
  return isSound;
}

/** brnf_get_logical_dev(): the bridge, or a VLAN device on top of it that has the frame's tag. */
function logicalDevice(stack: Stack, packet: Packet, bridge: NetDevice): NetDevice {
  if (!stack.bridging.passVlanDevice || packet.vlanTci < 0) return bridge;
  const id = packet.vlanTci & VLAN_VID_MASK;
  const vlan = stack.interfaceOf(bridge)?.vlans.get(packet.vlanProto * 0x1000 + id);
  return vlan?.device ?? bridge;
}

const bridgeOf = (stack: Stack, port: NetDevice | null): NetDevice | null =>
  stack.interfaceOf(port)?.bridgePort?.iface.device ?? null;

/** br_nf_pre_routing() */
function preRouting(stack: Stack, packet: Packet): Verdict {
  const port = packet.iif;
  if (packet.length < encapsulationOf(packet)) return refuse(packet, 'PKT_TOO_SMALL');
  const bridge = bridgeOf(stack, port);
  if (port === null || bridge === null) return refuse(packet, 'DEV_READY');
  const protocol = shownProtocol(stack, packet);
  const { callIptables, callIp6tables } = stack.bridging;
  if (protocol === ETH_P_IPV6 ? !callIp6tables : protocol !== ETH_P_IP || !callIptables)
    return ACCEPT;
  packet.bridge ??= stack.bridgeInfos.pop() ?? new BridgeInfo();
  const info = packet.bridge;
  info.begin(port);
  pull(packet, info, protocol);
  if (!sound(packet)) return refuse(packet, 'IP_INHDR');
  hideOther(packet, info);
  packet.iif = logicalDevice(stack, packet, bridge);
  packet.sk = null;
  keepDestination(packet, info);
  return DIVERTED;
}

const daddrAt = ({ protocol, network }: Packet): number =>
  protocol === ETH_P_IP ? network + 16 : network + 24;

function keepDestination(packet: Packet, { daddr }: BridgeInfo): void {
  const at = daddrAt(packet);
  const length = packet.protocol === ETH_P_IP ? 4 : 16;
  for (let i = 0; i < length; i++) daddr[i] = packet.buf[at + i]!;
}

/** br_nf_ipv4_daddr_was_changed() and its sibling: DNAT, or SNAT on its way back. */
function isRedirected(packet: Packet, { daddr }: BridgeInfo): boolean {
  const at = daddrAt(packet);
  const length = packet.protocol === ETH_P_IP ? 4 : 16;
  for (let i = 0; i < length; i++) if (daddr[i] !== packet.buf[at + i]) return true;
  return false;
}

/** br_nf_pre_routing_finish() and br_nf_pre_routing_finish_ipv6() */
function preRoutingFinish(stack: Stack, packet: Packet, info: BridgeInfo): boolean {
  const port = stack.interfaceOf(info.physIn);
  if (port?.bridgePort == null) return stack.drop(packet, 'DEV_READY', 'bridge');
  showOther(packet, info);
  if (isRedirected(packet, info)) {
    const lost = routeAgain(stack, packet, info);
    if (lost !== '') return stack.drop(packet, lost, 'route');
  } else packet.dst = port.bridgePort.route;
  packet.iif = info.physIn;
  push(packet, info);
  return behind(stack, packet, 'prerouting');
}

/** Where a new destination is: on this bridge, or the packet is for this host to route. */
function routeAgain(stack: Stack, packet: Packet, info: BridgeInfo): string {
  const here = stack.interfaceOf(packet.iif);
  if (here === null) return 'DEV_READY';
  const route =
    packet.protocol === ETH_P_IP
      ? routeInput4(stack, packet, here)
      : routeInput6(stack, packet, here);
  if (typeof route === 'string') return route;
  if (stack.netns.tracer !== null) traceRoute(stack, packet, route, '');
  packet.dst = route;
  if (packet.protocol === ETH_P_IPV6 && route.error !== 0) return 'NOT_SPECIFIED';
  if (route.input === 'forward' && route.iface === here) info.toNeighbour = true;
  else {
    packet.buf.set(here.device.address, packet.mac);
    packet.pktType = PACKET_HOST;
  }
  return '';
}

/** br_nf_forward(): IP with the bridge on both sides, ARP with its ports. */
function forward(stack: Stack, packet: Packet): Verdict {
  const protocol = shownProtocol(stack, packet);
  if (protocol === 0) return ACCEPT;
  if (protocol === ETH_P_ARP) return forwardArp(stack, packet);
  const { bridge: info, iif, oif } = packet;
  if (info === null) return ACCEPT;
  const from = bridgeOf(stack, iif);
  const to = bridgeOf(stack, oif);
  if (from === null || to === null) return refuse(packet, 'DEV_READY');
  pull(packet, info, protocol);
  hideOther(packet, info);
  if (!sound(packet)) return refuse(packet, 'IP_INHDR');
  info.physOut = oif;
  info.stage = 'forward';
  packet.iif = logicalDevice(stack, packet, from);
  packet.oif = to;
  return DIVERTED;
}

/** br_nf_forward_arp(): of protocols with addresses of four bytes. */
function forwardArp(stack: Stack, packet: Packet): Verdict {
  if (!stack.bridging.callArptables) return ACCEPT;
  if (packet.length < ARP_HLEN) return refuse(packet, 'PKT_TOO_SMALL');
  return packet.buf[packet.network + ARP_PLN] === 4 ? DIVERTED : ACCEPT;
}

/** br_nf_forward_finish() */
function forwardedFinish(stack: Stack, packet: Packet, info: BridgeInfo): boolean {
  showOther(packet, info);
  push(packet, info);
  packet.iif = info.physIn;
  packet.oif = info.physOut;
  return behind(stack, packet, 'forward');
}

/** br_nf_post_routing(): without a port it goes out by, the stack has called POSTROUTING itself. */
function postRouting(stack: Stack, packet: Packet): Verdict {
  const info = packet.bridge;
  if (info === null || info.physOut === null) return ACCEPT;
  const bridge = bridgeOf(stack, packet.oif);
  if (bridge === null) return refuse(packet, 'DEV_READY');
  const protocol = shownProtocol(stack, packet);
  if (protocol !== ETH_P_IP && protocol !== ETH_P_IPV6) return ACCEPT;
  hideOther(packet, info);
  pull(packet, info, protocol);
  dissectNetwork(packet);
  info.physOut = packet.oif;
  info.stage = 'postrouting';
  packet.oif = bridge;
  return DIVERTED;
}

/** br_nf_dev_queue_xmit(): what was put together is cut into pieces again. */
function postRoutingFinish(stack: Stack, packet: Packet, info: BridgeInfo): boolean {
  const { physOut, encapsulation } = info;
  if (physOut === null) return stack.drop(packet, 'DEV_READY', 'bridge');
  showOther(packet, info);
  push(packet, info);
  packet.oif = physOut;
  const { fragMaxSize, segmentLength } = packet;
  const mtu = fragMaxSize > 0 && fragMaxSize < physOut.mtu ? fragMaxSize : physOut.mtu;
  const isWhole = segmentLength !== 0 || packet.length + encapsulation <= mtu;
  stack.forgetBridge(packet);
  return isWhole || !isIp(packet) ? pushTransmit(stack, packet) : pushInPieces(stack, packet);
}

const isIp = ({ protocol }: Packet): boolean => protocol === ETH_P_IP || protocol === ETH_P_IPV6;

/**
 * br_nf_local_in(): a group's packet goes up as one of several copies, and only one of them may make its
 * connection known.
 */
function localIn(stack: Stack, packet: Packet): Verdict {
  if (packet.ct === 0 || packet.pktType === PACKET_HOST) return ACCEPT;
  return stack.netns.conntrack?.confirm(packet) ?? ACCEPT;
}

/** ip_sabotage_in(): what goes up has met PREROUTING on the bridge already. */
function sabotage({ bridge }: Packet): Verdict {
  if (bridge === null || bridge.sabotaged || bridge.stage === 'prerouting') return ACCEPT;
  bridge.sabotaged = true;
  return STOP;
}

/** brnf_device_event(): with the first bridge of a namespace. */
export function registerBridgeNetfilter(stack: Stack): void {
  const { hooks } = stack.netns;
  const entry = { name: 'br_netfilter', kind: 'implicit' } as const;
  const on = (hook: HookName, priority: number, run: (packet: Packet) => Verdict): void => {
    hooks.register('bridge', hook, { ...entry, priority, run });
  };
  on('prerouting', NF_BR_PRI_BRNF, (packet) => preRouting(stack, packet));
  on('input', NF_IP_PRI_LAST, (packet) => localIn(stack, packet));
  on('forward', NF_BR_PRI_BRNF, (packet) => forward(stack, packet));
  on('postrouting', NF_IP_PRI_LAST, (packet) => postRouting(stack, packet));
  hooks.register('inet', 'prerouting', { ...entry, priority: NF_IP_PRI_FIRST, run: sabotage });
}

/** Behind a hook that answered DIVERTED: the packet meets the other family. */
export function divert(stack: Stack, packet: Packet): boolean {
  const stage = packet.bridge?.stage ?? null;
  if (stage === null) return divertArp(stack, packet);
  const points = packet.protocol === ETH_P_IP ? stack.ip : stack.ip6;
  const verdict = stack.netns.hooks.run(points[stage], packet);
  if (verdict !== ACCEPT) return stack.halt(packet, verdict, stage);
  return divertedFinish(stack, packet);
}

function divertArp(stack: Stack, packet: Packet): boolean {
  const verdict = stack.netns.hooks.run(stack.arpForward, packet);
  if (verdict !== ACCEPT) return stack.halt(packet, verdict, 'arp forward');
  return behind(stack, packet, 'forward');
}

/** Behind the point of the other family. */
export function divertedFinish(stack: Stack, packet: Packet): boolean {
  const info = packet.bridge;
  const stage = info?.stage ?? null;
  if (info === null || stage === null) return behind(stack, packet, 'forward');
  info.stage = null;
  if (stage === 'prerouting') return preRoutingFinish(stack, packet, info);
  if (stage === 'forward') return forwardedFinish(stack, packet, info);
  return postRoutingFinish(stack, packet, info);
}

/** br_nf_hook_thresh(): the bridge's hooks behind br_netfilter's, then what stands behind the point. */
function behind(stack: Stack, packet: Packet, stage: Exclude<BridgeStage, 'postrouting'>): boolean {
  const { hooks } = stack.netns;
  const point = stack.bridgePoints[stage];
  const { entries } = point;
  let next = 0;
  while (next < entries.length && entries[next]!.priority < NF_BR_PRI_BRNF) next++;
  // Of equal priority, those behind it in prerouting still come; in forward none do.
  while (next < entries.length && entries[next]!.priority === NF_BR_PRI_BRNF) {
    const isOurs = entries[next++]!.name === 'br_netfilter';
    if (isOurs && stage === 'prerouting') break;
  }
  const verdict = next < entries.length ? hooks.resume(point, packet, entries, next) : ACCEPT;
  if (verdict !== ACCEPT) return stack.halt(packet, verdict, `bridge ${stage}`);
  return stage === 'forward' ? forwardFinish(stack, packet) : receivedFinish(stack, packet);
}

/** What stands behind bridge prerouting: br_handle_frame_finish(), or the neighbour is looked for first. */
export function receivedFinish(stack: Stack, packet: Packet): boolean {
  const port = stack.interfaceOf(packet.iif);
  if (port === null) return stack.drop(packet, 'DEV_READY', 'bridge');
  if (packet.broute) return broute(stack, packet);
  if (packet.bridge?.toNeighbour === true) return findNextHop(stack, packet, port);
  return receiveFinish(stack, packet, port);
}
