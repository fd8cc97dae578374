// A bridged packet whose destination is another one now: br_nf_pre_routing_finish_bridge() of
// net/bridge/br_netfilter_hooks.c. It keeps its source address and gets that of the neighbour to go to.

import type { Packet } from '../core/index.ts';
import { ETH_P_IP } from '../core/index.ts';
import { receiveFinish } from './bridge.ts';
import type { Interface } from './interface.ts';
import { isConnected, neighbourOf, neighbourOutput } from './neighbour.ts';
import { Route } from './route.ts';
import type { Stack } from './stack.ts';

/** Of the link header, all but the destination. */
const KEPT_FROM = 6;
const KEPT_TO = 14;

function nextHop(
  stack: Stack,
  { buf, network, protocol }: Packet,
  route: Route,
  bridge: Interface,
) {
  const { gateway } = route;
  if (gateway !== null) return neighbourOf(stack, bridge, gateway, 0, gateway.length);
  return protocol === ETH_P_IP
    ? neighbourOf(stack, bridge, buf, network + 16, 4)
    : neighbourOf(stack, bridge, buf, network + 24, 16);
}

export function findNextHop(stack: Stack, packet: Packet, port: Interface): boolean {
  const { bridge: info, dst: route, mac } = packet;
  if (info === null || port.bridgePort === null || !(route instanceof Route))
    return stack.drop(packet, 'DEV_READY', 'bridge');
  info.toNeighbour = false;
  const bridge = port.bridgePort.iface;
  const neighbour = nextHop(stack, packet, route, bridge);
  if (neighbour.cached && isConnected(stack, neighbour)) {
    packet.buf.set(neighbour.mac, mac);
    return receiveFinish(stack, packet, port);
  }
  info.neighHeader.set(packet.buf.subarray(mac + KEPT_FROM, mac + KEPT_TO));
  info.bridgedDnat = true;
  packet.iif = bridge.device;
  return neighbourOutput(stack, packet, neighbour);
}

/**
 * br_nf_pre_routing_finish_bridge_slow(): it comes to the bridge as a packet of this host would, and goes on
 * as the one it was.
 */
export function nextHopFound(stack: Stack, packet: Packet): boolean {
  const info = packet.bridge;
  const port = stack.interfaceOf(info?.physIn ?? null);
  if (info === null || port === null) return stack.drop(packet, 'DEV_READY', 'bridge');
  info.bridgedDnat = false;
  info.physOut = null;
  packet.buf.set(info.neighHeader, packet.mac + KEPT_FROM);
  packet.iif = port.device;
  packet.oif = null;
  return receiveFinish(stack, packet, port);
}
