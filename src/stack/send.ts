// Packets that programs of this host send whole: raw_send_hdrinc() of net/ipv4/raw.c.

import { put16, put32, u16, u32 } from '../bytes/index.ts';
import type { Packet, Socket } from '../core/index.ts';
import { cgroupPath, socketOf } from '../core/index.ts';
import { isLoopback4, isZero } from './address.ts';
import type { Interface } from './interface.ts';
import { localOut4 } from './ip4-output.ts';
import { localOut6 } from './ip6-output.ts';
import { makePacket } from './make.ts';
import { IPV4_HLEN, IPV6_HLEN } from './numbers.ts';
import type { SendOptions } from './options.ts';
import { isSource4, routeOutput4 } from './routing4.ts';
import { routeOutput6 } from './routing6.ts';
import type { Stack } from './stack.ts';

/** The raw socket of a program of which only this is known. */
const rawSocket = ({
  mark = 0,
  uid = -1,
  gid = -1,
  cgroup = '',
  classid = 0,
}: SendOptions): Socket => socketOf({ mark, uid, gid, cgroup: cgroupPath(cgroup), classid });

function take(stack: Stack, bytes: Uint8Array, options: SendOptions): Packet {
  const packet = makePacket(stack, bytes.length);
  packet.buf.set(bytes, packet.network);
  packet.mark = options.mark ?? options.socket?.mark ?? 0;
  packet.priority = options.priority ?? 0;
  packet.sk = options.socket ?? rawSocket(options);
  return packet;
}

function send4(stack: Stack, packet: Packet, oif: Interface | null): boolean {
  const { buf, network } = packet;
  const daddr = u32(buf, network + 16);
  const saddr = u32(buf, network + 12);
  const asked = { anySource: true, knownNexthop: true };
  // What no socket is bound to routes nothing: raw_sendmsg() takes the address of the socket.
  const from = isSource4(saddr) && !isLoopback4(saddr) ? saddr : 0;
  const tos = buf[network + 1]!;
  const flow = { daddr, saddr: from, mark: packet.mark, tos, oif, ...asked };
  const route = routeOutput4(stack, flow);
  if (typeof route === 'number') return lost(stack, packet);
  if (saddr === 0 && route.source !== null) put32(buf, network + 12, u32(route.source, 0));
  if (u16(buf, network + 4) === 0) {
    const id = stack.idents.next4(u32(buf, network + 12), daddr, buf[network + 9]!);
    put16(buf, network + 4, id);
  }
  packet.dst = route;
  stack.finish(packet, localOut4(stack, packet));
  return true;
}

function send6(stack: Stack, packet: Packet, oif: Interface | null): boolean {
  const { buf, network } = packet;
  const none = isZero(buf, network + 8, 16);
  const route = routeOutput6(stack, {
    daddr: buf.slice(network + 24, network + 40),
    saddr: none ? null : buf.slice(network + 8, network + 24),
    mark: packet.mark,
    tos: (u16(buf, network) >> 4) & 0xff,
    oif,
    knownNexthop: true,
  });
  if (typeof route === 'number') return lost(stack, packet);
  if (none && route.source !== null) buf.set(route.source, network + 8);
  packet.dst = route;
  stack.finish(packet, localOut6(stack, packet));
  return true;
}

function lost(stack: Stack, packet: Packet): false {
  stack.finish(packet, stack.drop(packet, 'IP_OUTNOROUTES', 'send'));
  return false;
}

/** False when there is no route, or no header that could be sent. */
export function sendPacket(stack: Stack, bytes: Uint8Array, options: SendOptions): boolean {
  const version = (bytes[0] ?? 0) >>> 4;
  const least = version === 4 ? IPV4_HLEN : version === 6 ? IPV6_HLEN : Number.POSITIVE_INFINITY;
  if (bytes.length < least) return false;
  if (
    version === 4 &&
    ((bytes[0]! & 0x0f) << 2 < IPV4_HLEN || (bytes[0]! & 0x0f) << 2 > bytes.length)
  )
    return false;
  const oif = stack.interfaceOf(options.device ?? null);
  const packet = take(stack, bytes, options);
  return version === 4 ? send4(stack, packet, oif) : send6(stack, packet, oif);
}
