// The last steps: link header, egress hooks, device (net/core/dev.c, __dev_queue_xmit).

import { hex, put16 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { ACCEPT, PACKET_HOST, PACKET_LOOPBACK } from '../core/index.ts';
import { bridgeTransmit } from './bridge.ts';
import { DONE, KEPT } from './fate.ts';
import type { Interface } from './interface.ts';
import { ETH_HLEN } from './numbers.ts';
import type { Stack } from './stack.ts';

/** eth_header(): in front of the network header, whatever stood there. */
function pushEthernet(packet: Packet, to: Uint8Array, from: Uint8Array): void {
  const { buf } = packet;
  const at = packet.network - ETH_HLEN;
  for (let i = 0; i < 6; i++) {
    buf[at + i] = to[i]!;
    buf[at + 6 + i] = from[i]!;
  }
  put16(buf, at + 12, packet.protocol);
  packet.mac = at;
}

/** Puts the link header on and sends. The network header must be where the frame begins. */
export function transmitFrame(
  stack: Stack,
  packet: Packet,
  iface: Interface,
  to: Uint8Array,
): boolean {
  return transmitFrom(stack, packet, iface, to, iface.device.address);
}

/** As `transmitFrame`, in the name of another device. */
export function transmitFrom(
  stack: Stack,
  packet: Packet,
  iface: Interface,
  to: Uint8Array,
  from: Uint8Array,
): boolean {
  if (iface.ethernet) pushEthernet(packet, to, from);
  else packet.mac = -1;
  return deviceTransmit(stack, packet, iface);
}

/** vlan_insert_tag(): four bytes between the addresses and the type. */
function pushTag(packet: Packet, protocol: number, tci: number): void {
  const { buf, mac } = packet;
  buf.copyWithin(mac - 4, mac, mac + 12);
  put16(buf, mac + 8, protocol);
  put16(buf, mac + 10, tci);
  packet.mac = mac - 4;
}

/** Sends a packet that has its link header already, through the egress hooks of the device. */
export function deviceTransmit(stack: Stack, packet: Packet, iface: Interface): boolean {
  const { device, egress } = iface;
  if (!device.up) return stack.drop(packet, 'DEV_READY', 'transmit');
  packet.oif = device;
  if (egress.entries.length > 0 || stack.netns.tracer !== null) {
    const verdict = stack.netns.hooks.run(egress, packet);
    if (verdict !== ACCEPT) return stack.halt(packet, verdict, 'egress');
  }
  return emitFrame(stack, packet, iface);
}

/** Behind the egress hooks. */
export function emitFrame(stack: Stack, packet: Packet, iface: Interface): boolean {
  const { device, vlan } = iface;
  if (iface.loopback) {
    packet.iif = device;
    packet.oif = null;
    // loopback_xmit(): what comes in has no socket yet.
    packet.sk = null;
    packet.pktType = PACKET_HOST;
    stack.backlog.push(packet);
    return KEPT;
  }
  if (vlan !== null) {
    packet.vlanTci = vlan.id;
    packet.vlanProto = vlan.protocol;
    return deviceTransmit(stack, packet, vlan.link);
  }
  if (iface.bridge !== null) return bridgeTransmit(stack, packet, iface);
  if (packet.vlanTci >= 0) {
    // A bridged frame gets the tag back that was taken off when it came in.
    pushTag(packet, packet.vlanProto, packet.vlanTci);
    packet.vlanTci = -1;
  }
  const { tracer } = stack.netns;
  if (tracer !== null) {
    const bytes = tracer.brief === true ? '' : hex(packet.frameBytes());
    stack.netns.emit(packet, { kind: 'transmit', device: device.name, bytes });
  }
  device.transmit(packet);
  return DONE;
}

/** dev_loopback_xmit(): it comes in by the device it went to, with the route it left with. */
export function loopedBack(stack: Stack, copy: Packet, iface: Interface): void {
  copy.pktType = PACKET_LOOPBACK;
  copy.iif = iface.device;
  copy.oif = null;
  copy.sk = null;
  stack.backlog.push(copy);
}
