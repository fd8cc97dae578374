// IPv4 reassembly: ip_frag_queue() and ip_frag_reasm() of net/ipv4/ip_fragment.c.

import { put16, u16, u32 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { dissectNetwork } from '../core/index.ts';
import type { FragQueue } from './frag-queue.ts';
import { combinedEcn } from './frag-queue.ts';
import { sendError4 } from './icmp4.ts';
import { writeChecksum4 } from './ip4-header.ts';
import { IP_DF, IP_MF, IP_OFFSET, RTN_LOCAL } from './numbers.ts';
import type { Reassemblies } from './reassembly.ts';
import { assemble, DEFRAG_LOCAL } from './reassembly.ts';
import { routeInput4 } from './routing4.ts';

const ICMP_TIME_EXCEEDED = 11;
const ICMP_EXC_FRAGTIME = 1;
const MAX_DATAGRAM = 65535;

const isFragment = (packet: Packet): boolean =>
  (u16(packet.buf, packet.network + 6) & (IP_MF | IP_OFFSET)) !== 0;

function keyOf(packet: Packet, user: string): string {
  const { buf, network } = packet;
  const id = u16(buf, network + 4);
  return `4 ${u32(buf, network + 12)} ${u32(buf, network + 16)} ${id} ${buf[network + 9]} ${user}`;
}

function lose(all: Reassemblies, packet: Packet, reason: string, why: string): false {
  const { stack } = all;
  if (stack.netns.tracer !== null)
    stack.netns.emit(packet, { kind: 'defrag', action: 'overlap', why });
  stack.drop(packet, reason, 'defrag');
  return false;
}

/** ip_frag_too_far(): so many others came in between that the identification may be another's. */
function tooFar(all: Reassemblies, queue: FragQueue, packet: Packet): boolean {
  const max = all.stack.sysctl('net.ipv4.ipfrag_max_dist', 64);
  if (max === 0) return false;
  const before = queue.rid;
  queue.rid = all.countFrom(u32(packet.buf, packet.network + 12));
  return !queue.empty && queue.rid - before > max;
}

/** Where a fragment ends, with what it says about the whole; -1 for one that contradicts the others. */
function endOf(queue: FragQueue, offset: number, length: number, more: boolean): number {
  if (!more) {
    const end = offset + length;
    if (end < queue.length || (queue.last && end !== queue.length)) return -1;
    queue.last = true;
    queue.length = end;
    return end;
  }
  // Bytes past the last unit of eight belong to nobody.
  const end = (offset + length) & ~7;
  if (end > queue.length) {
    if (queue.last) return -1;
    queue.length = end;
  }
  return end;
}

/**
 * ip_defrag(). True when `packet` is the whole datagram now; else it waits for the rest or was dropped,
 * and must not be touched again.
 */
export function queue4(all: Reassemblies, packet: Packet, user: string): boolean {
  if (!isFragment(packet)) return true;
  const queue = all.find(keyOf(packet, user), 'ip', user);
  if (queue === null) return lose(all, packet, 'NOMEM', 'no memory for fragments');
  if (tooFar(all, queue, packet)) {
    all.restart(queue);
    all.startTimer(queue, 'ip', user);
  }
  const { buf, network } = packet;
  const field = u16(buf, network + 6);
  const header = (buf[network]! & 0x0f) << 2;
  const offset = (field & IP_OFFSET) << 3;
  const end = endOf(queue, offset, packet.length - header, (field & IP_MF) !== 0);
  if (end < 0 || end === offset) {
    all.kill(queue);
    return lose(all, packet, 'NOT_SPECIFIED', 'fragments contradict each other');
  }
  return insert(all, queue, packet, { offset, length: end - offset, header, user });
}

interface Piece {
  readonly offset: number;
  readonly length: number;
  readonly header: number;
  readonly user: string;
}

function insert(all: Reassemblies, queue: FragQueue, packet: Packet, piece: Piece): boolean {
  const { buf, network } = packet;
  const { offset, length, header } = piece;
  const result = queue.insert({ packet, offset, length, at: network + header });
  if (result === 'duplicate') return lose(all, packet, 'DUP_FRAG', 'duplicate fragment');
  if (result === 'overlap') {
    all.kill(queue);
    return lose(all, packet, 'NOT_SPECIFIED', 'overlapping fragments');
  }
  queue.meat += length;
  queue.ecn |= 1 << (buf[network + 1]! & 3);
  all.charge(queue, packet);
  if (offset === 0) queue.first = true;
  const size = length + header;
  queue.maxSize = Math.max(queue.maxSize, size);
  if ((u16(buf, network + 6) & IP_DF) !== 0) queue.maxDfSize = Math.max(queue.maxDfSize, size);
  if (queue.whole) return reassemble(all, queue, packet);
  if (all.stack.netns.tracer !== null)
    all.stack.netns.emit(packet, { kind: 'defrag', action: 'queued' });
  return false;
}

/** ip_frag_reasm(). */
function reassemble(all: Reassemblies, queue: FragQueue, packet: Packet): boolean {
  all.kill(queue);
  const ecn = combinedEcn(queue.ecn);
  if (ecn < 0) return lose(all, packet, 'NOT_SPECIFIED', 'mixed ECN');
  const fragments = queue.fragments();
  const head = fragments[0]!.packet;
  const headerLength = (head.buf[head.network]! & 0x0f) << 2;
  const total = headerLength + queue.length;
  if (total > MAX_DATAGRAM) return lose(all, packet, 'NOT_SPECIFIED', 'oversized datagram');
  // The first fragment may be this very packet: its bytes move to a new buffer before it changes.
  assemble(packet, fragments, head.network + headerLength, queue.length);
  const { buf, network } = packet;
  put16(buf, network + 2, total);
  put16(buf, network + 6, queue.maxDfSize === queue.maxSize ? IP_DF : 0);
  buf[network + 1]! |= ecn;
  writeChecksum4(packet);
  packet.fragMaxSize = Math.max(queue.maxDfSize, queue.maxSize);
  dissectNetwork(packet);
  if (all.stack.netns.tracer !== null)
    all.stack.netns.emit(packet, { kind: 'defrag', action: 'reassembled' });
  return true;
}

/** ip_expire(): only an end host tells the sender (RFC 792), and only if it saw the first fragment. */
export function expire4(all: Reassemblies, queue: FragQueue, user: string): void {
  const { stack } = all;
  const fragments = queue.fragments();
  all.kill(queue);
  for (const { packet } of fragments) {
    if (stack.netns.tracer !== null)
      stack.netns.emit(packet, { kind: 'defrag', action: 'timeout' });
  }
  const head = fragments[0]?.packet;
  if (!queue.first || head === undefined) return;
  const iface = stack.interfaceOf(head.iif);
  const route = iface === null ? null : routeInput4(stack, head, iface);
  if (route !== null && typeof route !== 'string') {
    head.dst = route;
    const tells = user === DEFRAG_LOCAL || route.type === RTN_LOCAL;
    if (tells) sendError4(stack, head, ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME, 0);
  }
  for (const { packet } of fragments) stack.drop(packet, 'FRAG_REASM_TIMEOUT', 'defrag');
}
