// IPv6 reassembly: nf_ct_frag6_gather() of net/ipv6/netfilter/nf_conntrack_reasm.c for connection
// tracking, ip6_frag_queue() of net/ipv6/reassembly.c for this host.

import { hex, put16, put32, u16, u32 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { dissectNetwork, ipv6ExtensionLength, isIpv6ExtensionHeader } from '../core/index.ts';
import { isLinkLocal6, isMulticast6 } from './address.ts';
import type { FragQueue } from './frag-queue.ts';
import { combinedEcn } from './frag-queue.ts';
import { sendError6, sendParameterProblem6 } from './icmp6.ts';
import { IPPROTO_FRAGMENT, IPPROTO_NONE, IPPROTO_TCP, IPPROTO_UDP, IPV6_HLEN } from './numbers.ts';
import type { Reassemblies } from './reassembly.ts';
import { assemble, DEFRAG_LOCAL } from './reassembly.ts';

const FRAGMENT_HLEN = 8;
const IPV6_MAXPLEN = 65535;
const IP6_MF = 1;
const ICMPV6_TIME_EXCEED = 3;
const ICMPV6_EXC_FRAGTIME = 1;
const ICMPV6_HDR_FIELD = 0;
const ICMPV6_HDR_INCOMP = 3;

/** `whole` now, waiting for the rest (`kept`), or not to be had (`lost`). */
export type Gathered = 'whole' | 'kept' | 'lost';

/** The fragment header of a packet, and the byte that names it. */
interface Found {
  readonly header: number;
  readonly named: number;
}

/** find_prev_fhdr(). */
function findFragment(packet: Packet): Found | null {
  const { buf, network, end } = packet;
  let named = network + 6;
  let at = network + IPV6_HLEN;
  while (buf[named] !== IPPROTO_FRAGMENT) {
    const protocol = buf[named]!;
    if (!isIpv6ExtensionHeader(protocol) || protocol === IPPROTO_NONE || at + 8 > end) return null;
    named = at;
    at += ipv6ExtensionLength(buf, at, protocol);
  }
  return { header: at, named };
}

function keyOf(packet: Packet, header: number, user: string): string {
  const { buf, network } = packet;
  const daddr = network + 24;
  const scoped = isLinkLocal6(buf, daddr) || isMulticast6(buf, daddr);
  const iif = scoped ? (packet.iif?.index ?? 0) : 0;
  return `6 ${hex(buf.subarray(network + 8, network + 40))} ${u32(buf, header + 4)} ${iif} ${user}`;
}

function lose(all: Reassemblies, packet: Packet, why: string): Gathered {
  const { stack } = all;
  if (stack.netns.tracer !== null)
    stack.netns.emit(packet, { kind: 'defrag', action: 'overlap', why });
  stack.drop(packet, why === 'duplicate fragment' ? 'DUP_FRAG' : 'NOT_SPECIFIED', 'defrag');
  return 'lost';
}

/** Where a fragment ends; -1 where it contradicts others, -2 where its own length is wrong. */
function endOf(queue: FragQueue, end: number, more: boolean): number {
  if (!more) {
    if (end < queue.length || (queue.last && end !== queue.length)) return -1;
    queue.last = true;
    queue.length = end;
    return end;
  }
  if ((end & 7) !== 0) return -2;
  if (end > queue.length) {
    if (queue.last) return -1;
    queue.length = end;
  }
  return end;
}

/** ipv6frag_thdr_truncated(): the first fragment must hold all headers (RFC 8200 §4.5). */
function headersCut(packet: Packet, header: number): boolean {
  const { buf, end } = packet;
  let protocol = buf[header]!;
  let at = header + FRAGMENT_HLEN;
  if (at > end) return true;
  while (isIpv6ExtensionHeader(protocol) && protocol !== IPPROTO_NONE) {
    // ipv6_skip_exthdr() gives up here, and what cannot be told is no fault.
    if (at + 2 > end) return false;
    const next = buf[at]!;
    at += ipv6ExtensionLength(buf, at, protocol);
    protocol = next;
  }
  const least =
    protocol === IPPROTO_TCP ? 20 : protocol === IPPROTO_UDP ? 8 : protocol === 58 ? 8 : 1;
  return at + least > end;
}

/** Takes a fragment in; packets without a fragment header are whole. */
export function queue6(all: Reassemblies, packet: Packet, user: string): Gathered {
  const found = findFragment(packet);
  if (found === null || u16(packet.buf, packet.network + 4) === 0) return 'whole';
  const local = user === DEFRAG_LOCAL;
  const { buf, network } = packet;
  const { header } = found;
  // Where the offset can still be read, a header that is cut is a case of headers missing behind it.
  if (header + 4 > packet.end) return lose(all, packet, 'fragment header cut');
  if ((u16(buf, header + 2) & 0xfff8) === 0 && headersCut(packet, header)) {
    // Connection tracking leaves it to the destination to complain.
    if (!local) return 'whole';
    sendParameterProblem6(all.stack, packet, ICMPV6_HDR_INCOMP, 0);
    return lose(all, packet, 'headers cut');
  }
  if (header + FRAGMENT_HLEN > packet.end) return lose(all, packet, 'fragment header cut');
  const queue = all.find(keyOf(packet, header, user), 'ip6', user);
  if (queue === null) return lose(all, packet, 'no memory for fragments');
  const field = u16(buf, header + 2);
  const offset = field & 0xfff8;
  const length = packet.end - header - FRAGMENT_HLEN;
  if (offset + length > IPV6_MAXPLEN) {
    if (local) sendParameterProblem6(all.stack, packet, ICMPV6_HDR_FIELD, header + 2 - network);
    return lose(all, packet, 'offset too large');
  }
  const end = endOf(queue, offset + length, (field & IP6_MF) !== 0);
  if (end === -2) {
    all.kill(queue);
    // Connection tracking lets it pass as it is (-EPROTO): the destination shall complain.
    if (!local) return 'whole';
    sendParameterProblem6(all.stack, packet, ICMPV6_HDR_FIELD, 4);
    return lose(all, packet, 'not a multiple of eight bytes');
  }
  if (end < 0 || end === offset) {
    if (local) all.kill(queue);
    return lose(all, packet, 'fragments contradict each other');
  }
  return insert(all, queue, packet, found, { offset, length, user });
}

interface Piece {
  readonly offset: number;
  readonly length: number;
  readonly user: string;
}

function insert(
  all: Reassemblies,
  queue: FragQueue,
  packet: Packet,
  found: Found,
  { offset, length, user }: Piece,
): Gathered {
  const { buf, network } = packet;
  const at = found.header + FRAGMENT_HLEN;
  const result = queue.insert({ packet, offset, length, at });
  if (result === 'duplicate') {
    // Connection tracking pretends that it was queued.
    const gone = lose(all, packet, 'duplicate fragment');
    return user === DEFRAG_LOCAL ? gone : 'kept';
  }
  if (result === 'overlap') {
    all.kill(queue);
    return lose(all, packet, 'overlapping fragments');
  }
  queue.meat += length;
  queue.ecn |= 1 << ((u16(buf, network) >> 4) & 3);
  all.charge(queue, packet);
  queue.maxSize = Math.max(queue.maxSize, packet.length);
  if (offset === 0) queue.first = true;
  if (queue.whole) return reassemble(all, queue, packet, user);
  if (all.stack.netns.tracer !== null)
    all.stack.netns.emit(packet, { kind: 'defrag', action: 'queued' });
  return 'kept';
}

/** nf_ct_frag6_reasm() and ip6_frag_reasm(): the fragment header goes, its next header moves up. */
function reassemble(all: Reassemblies, queue: FragQueue, packet: Packet, user: string): Gathered {
  all.kill(queue);
  const ecn = combinedEcn(queue.ecn);
  if (ecn < 0) return lose(all, packet, 'mixed ECN');
  const fragments = queue.fragments();
  const head = fragments[0]!.packet;
  const found = findFragment(head);
  if (found === null) return lose(all, packet, 'no fragment header');
  const payload = found.header - head.network - IPV6_HLEN + queue.length;
  if (payload > IPV6_MAXPLEN) return lose(all, packet, 'oversized datagram');
  const named = found.named - head.network;
  const next = head.buf[found.header]!;
  assemble(packet, fragments, found.header, queue.length);
  const { buf, network } = packet;
  buf[network + named] = next;
  put16(buf, network + 4, payload);
  put32(buf, network, (u32(buf, network) | (ecn << 20)) >>> 0);
  packet.fragMaxSize = queue.maxSize;
  if (user !== DEFRAG_LOCAL) packet.ignoreDf = true;
  dissectNetwork(packet);
  if (all.stack.netns.tracer !== null)
    all.stack.netns.emit(packet, { kind: 'defrag', action: 'reassembled' });
  return 'whole';
}

/** ip6frag_expire_frag_queue(). */
export function expire6(all: Reassemblies, queue: FragQueue): void {
  const { stack } = all;
  const fragments = queue.fragments();
  all.kill(queue);
  const head = fragments[0]?.packet;
  if (queue.first && head !== undefined)
    sendError6(stack, head, ICMPV6_TIME_EXCEED, ICMPV6_EXC_FRAGTIME, 0);
  for (const { packet } of fragments) {
    if (stack.netns.tracer !== null)
      stack.netns.emit(packet, { kind: 'defrag', action: 'timeout' });
    stack.drop(packet, 'FRAG_REASM_TIMEOUT', 'defrag');
  }
}
