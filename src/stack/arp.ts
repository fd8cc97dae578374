// ARP (RFC 826) as net/ipv4/arp.c speaks it.

import { hex, put16, u16, u32 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import {
  ACCEPT,
  ETH_P_ARP,
  PACKET_HOST,
  PACKET_LOOPBACK,
  PACKET_OTHERHOST,
} from '../core/index.ts';
import { isLoopback4, isMulticast4, samePrefix } from './address.ts';
import { DONE } from './fate.ts';
import type { Interface } from './interface.ts';
import { makePacket } from './make.ts';
import type { Neighbour } from './neighbour.ts';
import { findNeighbour, lockExpired, neighbourOf, updateNeighbour } from './neighbour.ts';
import { RT_SCOPE_LINK, RTN_LOCAL } from './numbers.ts';
import type { Stack } from './stack.ts';
import { deviceTransmit, transmitFrame } from './transmit.ts';

const ARP_LENGTH = 28;
const REQUEST = 1;
const REPLY = 2;
/** Offsets of an ARP packet for Ethernet and IPv4. */
const OPERATION = 6;
const SENDER_MAC = 8;
const SENDER_IP = 14;
const TARGET_MAC = 18;
const TARGET_IP = 24;

const BROADCAST = new Uint8Array(6).fill(0xff);
const NOBODY = new Uint8Array(6);

interface ArpMessage {
  readonly operation: number;
  readonly senderIp: Uint8Array;
  readonly targetMac: Uint8Array;
  readonly targetIp: Uint8Array;
  readonly to: Uint8Array;
}

/** arp_send(): past the hooks of family arp to the device. */
function send(stack: Stack, iface: Interface, message: ArpMessage): void {
  const packet = makePacket(stack, ARP_LENGTH);
  packet.sk = null;
  const { buf, network } = packet;
  put16(buf, network, 1);
  put16(buf, network + 2, 0x0800);
  buf[network + 4] = 6;
  buf[network + 5] = 4;
  put16(buf, network + OPERATION, message.operation);
  buf.set(iface.device.address, network + SENDER_MAC);
  buf.set(message.senderIp, network + SENDER_IP);
  buf.set(message.targetMac, network + TARGET_MAC);
  buf.set(message.targetIp, network + TARGET_IP);
  packet.protocol = ETH_P_ARP;
  packet.oif = iface.device;
  // dev_hard_header() comes before the hook, so arp rules see the link header.
  pushHeader(packet, message.to, iface.device.address);
  if (stack.netns.tracer !== null) {
    const what = message.operation === REQUEST ? 'arp request' : 'arp reply';
    stack.netns.emit(packet, { kind: 'generated', what, bytes: hex(packet.networkBytes()) });
  }
  const verdict = stack.netns.hooks.run(stack.arpOutput, packet);
  const fate =
    verdict === ACCEPT
      ? deviceTransmit(stack, packet, iface)
      : stack.halt(packet, verdict, 'arp output');
  stack.finish(packet, fate);
}

function pushHeader(packet: Packet, to: Uint8Array, from: Uint8Array): void {
  const at = packet.network - 14;
  packet.buf.set(to, at);
  packet.buf.set(from, at + 6);
  put16(packet.buf, at + 12, ETH_P_ARP);
  packet.mac = at;
}

/** Behind the output hooks of family arp. */
export function arpOutputFinish(stack: Stack, packet: Packet): boolean {
  const iface = stack.interfaceOf(packet.oif);
  if (iface === null) return stack.drop(packet, 'DEV_READY', 'arp output');
  return packet.mac >= 0
    ? deviceTransmit(stack, packet, iface)
    : transmitFrame(stack, packet, iface, BROADCAST);
}

/** arp_solicit(): asks all the first three times, then only who answered before. */
export function sendArpRequest(stack: Stack, neighbour: Neighbour, cause: Packet | null): void {
  const { iface, address } = neighbour;
  const source = sourceFor(stack, iface, address, cause);
  if (source === null) return;
  const to = neighbour.state === 'probe' ? neighbour.mac : BROADCAST;
  const message = {
    operation: REQUEST,
    senderIp: source,
    targetMac: NOBODY,
    targetIp: address,
    to,
  };
  send(stack, iface, message);
}

/** arp_announce 0: the source of the packet that waits if it is ours, else one of the device. */
function sourceFor(
  stack: Stack,
  iface: Interface,
  target: Uint8Array,
  cause: Packet | null,
): Uint8Array | null {
  if (cause !== null) {
    const { buf, network } = cause;
    if (stack.addressType4(u32(buf, network + 12), null) === RTN_LOCAL)
      return buf.slice(network + 12, network + 16);
  }
  return stack.selectAddress4(iface, target, RT_SCOPE_LINK);
}

/** arp_rcv(): shape and addressee. */
export function arpReceive(stack: Stack, packet: Packet): boolean {
  const { buf, network, end } = packet;
  const iface = stack.interfaceOf(packet.iif);
  if (iface === null || iface.loopback || !iface.ethernet)
    return stack.drop(packet, 'NOT_SPECIFIED', 'arp');
  if (packet.pktType === PACKET_OTHERHOST) return stack.drop(packet, 'OTHERHOST', 'arp');
  if (packet.pktType === PACKET_LOOPBACK) return DONE;
  if (end - network < ARP_LENGTH) return stack.drop(packet, 'PKT_TOO_SMALL', 'arp');
  if (buf[network + 4] !== 6 || buf[network + 5] !== 4)
    return stack.drop(packet, 'NOT_SPECIFIED', 'arp');
  const verdict = stack.netns.hooks.run(stack.arpInput, packet);
  if (verdict !== ACCEPT) return stack.halt(packet, verdict, 'arp input');
  return arpProcess(stack, packet, iface);
}

/** ARP for 10.0.0.0/8 that the host or its links know nothing of is not answered. */
const plausible = (hardware: number, protocol: number): boolean =>
  (hardware === 1 || hardware === 6) && protocol === 0x0800;

/** arp_process(). */
export function arpProcess(stack: Stack, packet: Packet, iface: Interface): boolean {
  const { buf, network } = packet;
  const operation = u16(buf, network + OPERATION);
  if (!plausible(u16(buf, network), u16(buf, network + 2))) return DONE;
  if (operation !== REQUEST && operation !== REPLY) return DONE;
  const target = u32(buf, network + TARGET_IP);
  if (isMulticast4(target)) return DONE;
  if (isLoopback4(target) && !stack.confAny(iface, 'route_localnet', 0)) return DONE;
  const sender = u32(buf, network + SENDER_IP);
  if (operation === REQUEST && answer(stack, packet, iface, sender, target)) return DONE;
  learn(stack, packet, iface, operation, sender === target);
  return DONE;
}

/** Answers questions about our addresses; true where the question was for us. */
function answer(
  stack: Stack,
  packet: Packet,
  iface: Interface,
  sender: number,
  target: number,
): boolean {
  if (stack.addressType4(target, null) !== RTN_LOCAL) return false;
  if (sender !== 0 && stack.hasAddress4(sender)) return false;
  const { buf, network } = packet;
  const senderIp = buf.slice(network + SENDER_IP, network + SENDER_IP + 4);
  if (ignores(stack, iface, senderIp, buf.subarray(network + TARGET_IP, network + TARGET_IP + 4)))
    return true;
  const mac = buf.slice(network + SENDER_MAC, network + SENDER_MAC + 6);
  if (sender !== 0) {
    const neighbour = neighbourOf(stack, iface, buf, network + SENDER_IP, 4);
    updateNeighbour(stack, neighbour, { mac, state: 'stale', override: true });
  }
  send(stack, iface, {
    operation: REPLY,
    senderIp: buf.slice(network + TARGET_IP, network + TARGET_IP + 4),
    targetMac: mac,
    targetIp: senderIp,
    to: mac,
  });
  return true;
}

/** arp_ignore(): 1 answers for addresses of the interface only, 2 to its own links only, 8 never. */
function ignores(stack: Stack, iface: Interface, sender: Uint8Array, target: Uint8Array): boolean {
  const own = iface.addresses4.filter((one) => samePrefix(one.local, 0, target, 0, 32));
  switch (stack.confMax(iface, 'arp_ignore', 0)) {
    case 1:
      return own.length === 0;
    case 2:
      return !own.some((one) => samePrefix(one.prefix, 0, sender, 0, one.length));
    case 8:
      return true;
    default:
      return false;
  }
}

/** Updates what is known already; strangers are not remembered (arp_accept 0). */
function learn(
  stack: Stack,
  packet: Packet,
  iface: Interface,
  operation: number,
  gratuitous: boolean,
): void {
  const { buf, network } = packet;
  const neighbour = findNeighbour(iface, buf, network + SENDER_IP, 4);
  if (neighbour === undefined) return;
  const direct = operation === REPLY && packet.pktType === PACKET_HOST;
  updateNeighbour(stack, neighbour, {
    mac: buf.slice(network + SENDER_MAC, network + SENDER_MAC + 6),
    state: direct ? 'reachable' : 'stale',
    override: gratuitous || lockExpired(stack, neighbour),
  });
}
