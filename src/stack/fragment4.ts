// Cutting IPv4 packets to size: ip_do_fragment() of net/ipv4/ip_output.c.

import { put16, u16 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { HEADROOM } from '../core/index.ts';
import { DONE } from './fate.ts';
import { writeChecksum4 } from './ip4-header.ts';
import { optionsForLaterFragments } from './ip4-options.ts';
import { send4 } from './ip4-output.ts';
import { IP_DF, IP_MF, IP_OFFSET, IPV4_HLEN } from './numbers.ts';
import type { Route } from './route.ts';
import type { Stack } from './stack.ts';

/**
 * Lengths to cut a payload into. A reassembled packet whose pieces still fit is cut where it was
 * before (the frag_list path); any other in equal pieces.
 */
export function cuts(packet: Packet, payload: number, room: number): number[] {
  const before = packet.fragLengths;
  if (before !== null && fits(before, payload, room)) return [...before];
  const out: number[] = [];
  for (let left = payload; left > 0; ) {
    const length = left > room ? room & ~7 : left;
    out.push(length);
    left -= length;
  }
  return out;
}

function fits(lengths: readonly number[], payload: number, room: number): boolean {
  let sum = 0;
  for (const [i, length] of lengths.entries()) {
    const last = i === lengths.length - 1;
    if (length > room || ((length & 7) !== 0 && !last)) return false;
    sum += length;
  }
  return sum === payload && lengths.length > 1;
}

/** ip_copy_metadata(). */
export function copyMetadata(to: Packet, from: Packet): void {
  to.pktType = from.pktType;
  to.priority = from.priority;
  to.protocol = from.protocol;
  to.dst = from.dst;
  to.mark = from.mark;
  to.iif = from.iif;
  to.oif = from.oif;
  to.nftrace = from.nftrace;
  to.secmark = from.secmark;
  to.local = from.local;
  to.sk = from.sk;
  to.tstamp = from.tstamp;
}

function onePiece(stack: Stack, packet: Packet, at: number, length: number): Packet {
  const header = packet.transport - packet.network;
  const piece = stack.take();
  piece.reserve(header + length);
  piece.reset();
  piece.network = HEADROOM;
  piece.transport = HEADROOM + header;
  piece.end = piece.transport + length;
  piece.buf.set(packet.buf.subarray(packet.network, packet.transport), piece.network);
  piece.buf.set(packet.buf.subarray(at, at + length), piece.transport);
  copyMetadata(piece, packet);
  return piece;
}

/** A piece that egress refuses is the last: `output` said NET_XMIT_DROP (ip_do_fragment). */
export function sendPiece(stack: Stack, piece: Packet, fate: boolean): boolean {
  const refused = piece.dropReason === 'NETFILTER_DROP';
  stack.finish(piece, fate);
  return !refused;
}

/** Where pieces go; `whole` is what they were cut from. */
export type PieceOutput = (stack: Stack, piece: Packet, route: Route, whole: Packet) => boolean;

/** Sends a packet in pieces; the packet itself is done with. */
export function fragment4(
  stack: Stack,
  packet: Packet,
  route: Route,
  deviceMtu: number,
  output: PieceOutput = send4,
): boolean {
  const { buf, network } = packet;
  const { fragMaxSize } = packet;
  const mtu = fragMaxSize > 0 && fragMaxSize < deviceMtu ? fragMaxSize : deviceMtu;
  const header = (buf[network]! & 0x0f) << 2;
  packet.transport = network + header;
  const payload = packet.end - packet.transport;
  const field = u16(buf, network + 6);
  const wasFragment = (field & (IP_MF | IP_OFFSET)) !== 0;
  const lengths = cuts(packet, payload, mtu - header);
  const asBefore = !wasFragment && samePieces(lengths, packet.fragLengths);
  // IPSKB_FRAG_PMTU: the sender set DF on its fragments; only fresh cuts keep it.
  const df = fragMaxSize > 0 && (field & IP_DF) !== 0 && !asBefore ? IP_DF : 0;
  if (stack.netns.tracer !== null)
    stack.netns.emit(packet, { kind: 'fragment', count: lengths.length, mtu });
  let at = packet.transport;
  let offset = (field & IP_OFFSET) << 3;
  for (const length of lengths) {
    const piece = onePiece(stack, packet, at, length);
    at += length;
    const more = at < packet.end || (field & IP_MF) !== 0 ? IP_MF : 0;
    put16(piece.buf, piece.network + 2, header + length);
    put16(piece.buf, piece.network + 6, (offset >> 3) | more | df);
    // A fragment that is cut again had its options seen to the first time.
    if (offset > 0 && (field & IP_OFFSET) === 0)
      optionsForLaterFragments(piece.buf.subarray(piece.network + IPV4_HLEN, piece.transport));
    writeChecksum4(piece);
    offset += length;
    if (!sendPiece(stack, piece, output(stack, piece, route, packet))) break;
  }
  return DONE;
}

const samePieces = (a: readonly number[], b: readonly number[] | null): boolean =>
  b !== null && a.length === b.length && a.every((length, i) => length === b[i]);
