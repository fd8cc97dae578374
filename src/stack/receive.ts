// From a device to the protocols: __netif_receive_skb_core() of net/core/dev.c.

import { u16 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import {
  ACCEPT,
  ETH_P_8021AD,
  ETH_P_8021Q,
  ETH_P_ARP,
  ETH_P_IP,
  ETH_P_IPV6,
  PACKET_BROADCAST,
  PACKET_HOST,
  PACKET_MULTICAST,
  PACKET_OTHERHOST,
} from '../core/index.ts';
import { arpReceive } from './arp.ts';
import { bridgeReceive } from './bridge.ts';
import type { Interface } from './interface.ts';
import { ip4Receive } from './ip4-input.ts';
import { ip6Receive } from './ip6-input.ts';
import { ETH_HLEN } from './numbers.ts';
import type { Stack } from './stack.ts';

const VLAN_HLEN = 4;
const VLAN_ID_MASK = 0x0fff;

/** eth_type_trans(): whose frame it is. */
function packetType(packet: Packet, own: Uint8Array): number {
  const { buf, mac } = packet;
  let same = true;
  let ones = 0xff;
  for (let i = 0; i < 6; i++) {
    same &&= buf[mac + i] === own[i];
    ones &= buf[mac + i]!;
  }
  if (same) return PACKET_HOST;
  if ((buf[mac]! & 1) === 0) return PACKET_OTHERHOST;
  return ones === 0xff ? PACKET_BROADCAST : PACKET_MULTICAST;
}

/** Reads the link header of a packet just filled in. False for a frame too short for one. */
export function dissectLink(packet: Packet, iface: Interface): boolean {
  packet.iif = iface.device;
  if (!iface.ethernet) {
    const version = packet.buf[packet.network]! >>> 4;
    packet.protocol = version === 6 ? ETH_P_IPV6 : ETH_P_IP;
    return packet.end > packet.network;
  }
  if (packet.end - packet.mac < ETH_HLEN) return false;
  packet.network = packet.mac + ETH_HLEN;
  packet.transport = packet.network;
  packet.protocol = protocolAt(packet, packet.mac + 12);
  packet.pktType = packetType(packet, iface.device.address);
  return true;
}

/** What is below is a length. */
const ETH_P_802_3_MIN = 0x0600;
const ETH_P_802_3 = 0x0001;
const ETH_P_802_2 = 0x0004;

/** eth_type_trans(): the type, or for a frame with a length that there is LLC behind it, or Novell's IPX. */
function protocolAt({ buf, end }: Packet, at: number): number {
  const type = u16(buf, at);
  if (type >= ETH_P_802_3_MIN) return type;
  return at + 4 <= end && u16(buf, at + 2) === 0xffff ? ETH_P_802_3 : ETH_P_802_2;
}

const isVlan = (protocol: number): boolean => protocol === ETH_P_8021Q || protocol === ETH_P_8021AD;

/** skb_vlan_untag(): the tag moves out of the bytes into the packet. */
function untag(packet: Packet): boolean {
  const { buf, mac, network } = packet;
  // The two bytes behind the tag are looked at, too (vlan_set_encap_proto()).
  if (packet.end - network < VLAN_HLEN + 2) return false;
  packet.vlanProto = packet.protocol;
  packet.vlanTci = u16(buf, network);
  packet.protocol = protocolAt(packet, network + 2);
  buf.copyWithin(mac + VLAN_HLEN, mac, mac + 12);
  packet.mac = mac + VLAN_HLEN;
  packet.network = network + VLAN_HLEN;
  packet.transport = packet.network;
  packet.dissected = false;
  return true;
}

/** The frame is at `mac`, `protocol` and `pktType` are set. */
export function receiveFrame(stack: Stack, packet: Packet, iface: Interface): boolean {
  if (isVlan(packet.protocol) && packet.vlanTci < 0 && !untag(packet))
    return stack.drop(packet, 'VLAN_FILTER', 'receive');
  if (iface.ingress.entries.length > 0 || stack.netns.tracer !== null) {
    const verdict = stack.netns.hooks.run(iface.ingress, packet);
    if (verdict !== ACCEPT) return stack.halt(packet, verdict, 'ingress');
  }
  return afterIngress(stack, packet, iface);
}

/** Behind the ingress hooks: VLAN devices, bridges, protocols. */
export function afterIngress(stack: Stack, packet: Packet, iface: Interface): boolean {
  if (packet.vlanTci >= 0) {
    const id = packet.vlanTci & VLAN_ID_MASK;
    const upper = iface.vlans.get(packet.vlanProto * 0x1000 + id);
    if (upper !== undefined) return receiveOnVlan(stack, packet, upper);
    if (iface.bridgePort === null && id !== 0) packet.pktType = PACKET_OTHERHOST;
  }
  if (iface.bridgePort !== null) return bridgeReceive(stack, packet, iface);
  packet.vlanTci = -1;
  return deliverProtocol(stack, packet);
}

/** vlan_do_receive(). */
function receiveOnVlan(stack: Stack, packet: Packet, upper: Interface): boolean {
  if (!upper.device.up) return stack.drop(packet, 'DEV_READY', 'receive');
  packet.iif = upper.device;
  packet.vlanTci = -1;
  packet.vlanProto = 0;
  if (packet.pktType === PACKET_OTHERHOST)
    packet.pktType = packetType(packet, upper.device.address);
  return receiveFrame(stack, packet, upper);
}

/** The packet handlers of the three protocols the stack speaks. */
export function deliverProtocol(stack: Stack, packet: Packet): boolean {
  switch (packet.protocol) {
    case ETH_P_IP:
      return ip4Receive(stack, packet);
    case ETH_P_IPV6:
      return ip6Receive(stack, packet);
    case ETH_P_ARP:
      return arpReceive(stack, packet);
    default:
      return stack.drop(packet, 'UNHANDLED_PROTO', 'receive');
  }
}
