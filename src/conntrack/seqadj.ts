// Sequence adjustment (net/netfilter/nf_conntrack_seqadj.c): once a helper has changed the length of what
// one side says, every later segment of both sides is moved, acknowledgements and SACK blocks too.

import { put16, put32, u16, u32, updateChecksum32 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { TCPHDR_ACK, TCPOPT_EOL, TCPOPT_NOP, TCPOPT_SACK } from '../uapi/index.ts';
import type { Direction } from './constants.ts';
import { IPCT_SEQADJ, IPS_SEQ_ADJUST } from './constants.ts';
import { directionOf } from './entries.ts';
import type { SeqAdjust } from './sides.ts';
import type { Store } from './store.ts';

const SEQ = 4;
const ACK = 8;
const CHECK = 16;
const HEADER = 20;

const after = (a: number, b: number): boolean => ((b - a) | 0) < 0;

/** nf_ct_seqadj_init(): everything one side says is `offset` further on from the beginning (SYN proxy). */
export function beginAdjusted(store: Store, slot: number, dir: Direction, offset: number): void {
  if (offset === 0) return;
  const side = store.sides.seqAdjustFor(store.table, slot)[dir];
  store.addStatus(slot, IPS_SEQ_ADJUST);
  side.offsetBefore = offset | 0;
  side.offsetAfter = offset | 0;
}

/** nf_ct_seqadj_set(): what one side says is `delta` bytes longer behind `seq`. */
export function adjustFrom(
  store: Store,
  slot: number,
  dir: Direction,
  seq: number,
  delta: number,
): void {
  if (delta === 0) return;
  const side = store.sides.seqAdjustFor(store.table, slot)[dir];
  store.addStatus(slot, IPS_SEQ_ADJUST);
  // A position that is not behind the last one is an old segment again, which was counted then.
  if (side.offsetBefore === side.offsetAfter || after(seq, side.correctionPos)) {
    side.correctionPos = seq | 0;
    side.offsetBefore = side.offsetAfter;
    side.offsetAfter += delta;
  }
  store.cacheEvent(slot, IPCT_SEQADJ);
}

/** Changes a number of the header and the checksum with it. */
function move(buf: Uint8Array, transport: number, at: number, by: number): void {
  const before = u32(buf, at);
  const behind = (before + by) >>> 0;
  const check = updateChecksum32(u16(buf, transport + CHECK), before, behind);
  put16(buf, transport + CHECK, check);
  put32(buf, at, behind);
}

/** A position the other side speaks of, moved back to what the first side said. */
const backwards = (side: SeqAdjust, position: number): number =>
  after(position - side.offsetBefore, side.correctionPos) ? side.offsetAfter : side.offsetBefore;

/** nf_ct_sack_adjust(): the edges of every SACK block; false for options that cannot be. */
function moveSack(buf: Uint8Array, transport: number, end: number, side: SeqAdjust): boolean {
  let at = transport + HEADER;
  while (at < end) {
    const kind = buf[at]!;
    if (kind === TCPOPT_EOL) return true;
    if (kind === TCPOPT_NOP) {
      at++;
      continue;
    }
    const length = buf[at + 1]!;
    if (at + 2 > end || length < 2 || at + length > end) return false;
    if (kind === TCPOPT_SACK && length >= 10 && (length - 2) % 8 === 0)
      for (let edge = at + 2; edge < at + length; edge += 4)
        moveEdge(buf, transport, edge, backwards(side, u32(buf, edge)));
    at += length;
  }
  return true;
}

/** An edge may lie on an odd offset, where its bytes count in the other halves of the sum's words. */
function moveEdge(buf: Uint8Array, transport: number, at: number, by: number): void {
  const before = u32(buf, at);
  const behind = (before - by) >>> 0;
  const odd = ((at - transport) & 1) === 1;
  const swap = (word: number): number => ((word << 8) | (word >>> 24)) >>> 0;
  const check = odd
    ? updateChecksum32(u16(buf, transport + CHECK), swap(before), swap(behind))
    : updateChecksum32(u16(buf, transport + CHECK), before, behind);
  put16(buf, transport + CHECK, check);
  put32(buf, at, behind);
}

/**
 * nf_ct_seq_adjust(): moves sequence number, acknowledgement and SACK blocks of a TCP segment of an
 * adjusted connection. False where it is too short or its options cannot be read.
 */
export function adjustSegment(store: Store, packet: Packet): boolean {
  const both = store.sides.seqAdjust(store.table, packet.ct);
  if (both === null) return true;
  const { buf, transport, end } = packet;
  if (transport + HEADER > end) return false;
  const dir = directionOf(packet.ctinfo);
  const own = both[dir];
  const other = both[dir === 0 ? 1 : 0];
  const seq = u32(buf, transport + SEQ);
  move(
    buf,
    transport,
    transport + SEQ,
    after(seq, own.correctionPos) ? own.offsetAfter : own.offsetBefore,
  );
  if ((buf[transport + 13]! & TCPHDR_ACK) === 0) return true;
  move(buf, transport, transport + ACK, -backwards(other, u32(buf, transport + ACK)));
  const options = transport + ((buf[transport + 12]! >>> 4) << 2);
  if (options > end) return false;
  return moveSack(buf, transport, options, other);
}
