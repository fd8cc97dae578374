// Cutting IPv6 packets to size: ip6_fragment() of net/ipv6/ip6_output.c.

import { put16, put32 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { HEADROOM, ipv6ExtensionLength } from '../core/index.ts';
import { DONE } from './fate.ts';
import { copyMetadata, cuts, type PieceOutput, sendPiece } from './fragment4.ts';
import { sendTooBig6 } from './icmp6.ts';
import { send6 } from './ip6-output.ts';
import {
  IPPROTO_DSTOPTS,
  IPPROTO_FRAGMENT,
  IPPROTO_HOPOPTS,
  IPPROTO_ROUTING,
  IPV6_HLEN,
  IPV6_MIN_MTU,
} from './numbers.ts';
import type { Route } from './route.ts';
import type { Stack } from './stack.ts';

const FRAGMENT_HLEN = 8;

/** The part every fragment repeats, and the byte that names what follows it. */
interface Unfragmentable {
  readonly end: number;
  readonly named: number;
}

/** ip6_find_1stfragopt(). */
function unfragmentable(packet: Packet): Unfragmentable {
  const { buf, network, end } = packet;
  let named = network + 6;
  let at = network + IPV6_HLEN;
  let routed = false;
  while (at + 2 <= end) {
    const protocol = buf[named]!;
    if (protocol === IPPROTO_ROUTING) routed = true;
    else if (protocol === IPPROTO_DSTOPTS && routed) break;
    else if (protocol !== IPPROTO_HOPOPTS && protocol !== IPPROTO_DSTOPTS) break;
    named = at;
    at += ipv6ExtensionLength(buf, at, protocol);
  }
  return { end: Math.min(at, end), named };
}

function onePiece(
  stack: Stack,
  packet: Packet,
  head: Unfragmentable,
  at: number,
  length: number,
): Packet {
  const header = head.end - packet.network;
  const piece = stack.take();
  piece.reserve(header + FRAGMENT_HLEN + length);
  piece.reset();
  piece.network = HEADROOM;
  piece.transport = HEADROOM + header;
  piece.end = piece.transport + FRAGMENT_HLEN + length;
  piece.buf.set(packet.buf.subarray(packet.network, head.end), piece.network);
  piece.buf.set(packet.buf.subarray(at, at + length), piece.transport + FRAGMENT_HLEN);
  put16(piece.buf, piece.network + 4, piece.length - IPV6_HLEN);
  piece.buf[piece.network + head.named - packet.network] = IPPROTO_FRAGMENT;
  copyMetadata(piece, packet);
  return piece;
}

/** Sends a packet in pieces; the packet itself is done with. Its identification is a new one. */
export function fragment6(
  stack: Stack,
  packet: Packet,
  route: Route,
  deviceMtu: number,
  output: PieceOutput = send6,
): boolean {
  const { fragMaxSize } = packet;
  const mtu = fragMaxSize > 0 ? Math.max(fragMaxSize, IPV6_MIN_MTU) : deviceMtu;
  const head = unfragmentable(packet);
  const room = mtu - (head.end - packet.network) - FRAGMENT_HLEN;
  if (room < 8) {
    sendTooBig6(stack, packet, deviceMtu, route.iface);
    return stack.drop(packet, 'PKT_TOO_BIG', 'ip6_fragment');
  }
  const next = packet.buf[head.named]!;
  const id = stack.idents.next6();
  const lengths = cuts(packet, packet.end - head.end, room);
  if (stack.netns.tracer !== null)
    stack.netns.emit(packet, { kind: 'fragment', count: lengths.length, mtu });
  let at = head.end;
  let offset = 0;
  for (const length of lengths) {
    const piece = onePiece(stack, packet, head, at, length);
    at += length;
    piece.buf[piece.transport] = next;
    piece.buf[piece.transport + 1] = 0;
    put16(piece.buf, piece.transport + 2, offset | (at < packet.end ? 1 : 0));
    put32(piece.buf, piece.transport + 4, id);
    offset += length;
    if (!sendPiece(stack, piece, output(stack, piece, route, packet))) break;
  }
  return DONE;
}
