// Whether a segment is within the windows of a connection (tcp_in_window() of
// net/netfilter/nf_conntrack_proto_tcp.c, after "Real Stateful TCP Packet Filtering in IP Filter" by
// Guido van Rooij). Four bounds hold, where sack is the highest right edge of a SACK block, or the ack:
//
//   I    seq  <= sender.td_maxend                      II   end  >= sender.td_end - receiver.td_maxwin
//   III  sack <= receiver.td_end                       IV   sack >= receiver.td_end - MAXACKWINDOW
//
// td_end: highest seq + length sent; td_maxend: highest sack + window the other side granted; td_maxwin:
// largest window granted.

import { TCPHDR_ACK, TCPHDR_RST, TCPHDR_SYN } from '../uapi/index.ts';
import {
  IP_CT_TCP_FLAG_BE_LIBERAL,
  IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED,
  IP_CT_TCP_FLAG_MAXACK_SET,
  IP_CT_TCP_FLAG_SACK_PERM,
  IP_CT_TCP_FLAG_WINDOW_SCALE,
  TCP_CONNTRACK_SYN_RECV,
  TCP_CONNTRACK_SYN_SENT,
} from './constants.ts';
import type { SeqAdjust } from './sides.ts';
import type { Store } from './store.ts';
import { sysctlOf, TCP_BE_LIBERAL } from './sysctl.ts';
import {
  L_FLAGS,
  L_LAST,
  L_LAST_ACK,
  L_LAST_END,
  L_LAST_SEQ,
  L_LAST_WIN,
  L_SCALES,
  L_STATE,
  L_TD_END,
  L_TD_MAXACK,
  L_TD_MAXEND,
  L_TD_MAXWIN,
} from './tcp-layout.ts';
import type { Segment } from './tcp-segment.ts';
import { seqAfter, seqBefore } from './tcp-segment.ts';
import { TCP_ACK_SET } from './tcp-states.ts';

export const WINDOW_ACCEPT = 0;
/** Let through, but nothing is learned from it. */
export const WINDOW_IGNORE = 1;
export const WINDOW_INVALID = 2;
/** Out of bounds, but nobody minds: accepted, and nothing is learned from it. */
export const WINDOW_LIBERAL = 3;
export type WindowResult = 0 | 1 | 2 | 3;

/** However small its window, a sender may acknowledge what is this old. */
const MAXACKWINCONST = 66000;
const maxAckWindow = (maxWin: number): number => Math.max(maxWin >>> 0, MAXACKWINCONST);

export const peerFlags = (row: Int32Array, at: number, dir: number): number =>
  (row[at + L_FLAGS]! >>> (8 * dir)) & 0xff;

export function setPeerFlags(row: Int32Array, at: number, dir: number, flags: number): void {
  const shift = 8 * dir;
  row[at + L_FLAGS] = (row[at + L_FLAGS]! & ~(0xff << shift)) | ((flags & 0xff) << shift);
}

export const peerScale = (row: Int32Array, at: number, dir: number): number =>
  (row[at + L_SCALES]! >>> (8 * dir)) & 0xff;

export function setPeerScale(row: Int32Array, at: number, dir: number, scale: number): void {
  const shift = 8 * dir;
  row[at + L_SCALES] = (row[at + L_SCALES]! & ~(0xff << shift)) | ((scale & 0xff) << shift);
}

/** tcp_options() into one side's state: only BE_LIBERAL outlasts a new handshake. */
export function takeOptions(row: Int32Array, at: number, dir: number, segment: Segment): void {
  if (!segment.hasOptions) return;
  const options = segment.handshakeOptions();
  const kept = peerFlags(row, at, dir) & IP_CT_TCP_FLAG_BE_LIBERAL;
  setPeerFlags(row, at, dir, kept | (options & 0xff));
  setPeerScale(row, at, dir, options >>> 8);
}

/** tcp_init_sender(): a SYN or SYN/ACK begins a side. Both must offer scaling for it to hold. */
function initSender(row: Int32Array, at: number, dir: number, segment: Segment): void {
  row[at + L_TD_END + dir] = segment.end;
  row[at + L_TD_MAXEND + dir] = segment.end;
  row[at + L_TD_MAXWIN + dir] = segment.window === 0 ? 1 : segment.window;
  takeOptions(row, at, dir, segment);
  const both = peerFlags(row, at, 0) & peerFlags(row, at, 1) & IP_CT_TCP_FLAG_WINDOW_SCALE;
  if (dir === 1 && both === 0) row[at + L_SCALES] = 0;
}

/** nf_ct_seq_offset(): by how much NAT helpers have moved a direction's sequence numbers there. */
function seqOffset(
  adjust: readonly [SeqAdjust, SeqAdjust] | null,
  dir: number,
  seq: number,
): number {
  if (adjust === null) return 0;
  const side = adjust[dir as 0 | 1];
  return seqAfter(seq, side.correctionPos) ? side.offsetAfter : side.offsetBefore;
}

/** A connection seen from its middle: the first segment of a side tells what it can. */
function pickUp(row: Int32Array, at: number, dir: number, segment: Segment, sack: number): void {
  const other = 1 - dir;
  const scaled = segment.window << peerScale(row, at, dir);
  row[at + L_TD_END + dir] = segment.end;
  row[at + L_TD_MAXWIN + dir] = scaled === 0 ? 1 : scaled;
  row[at + L_TD_MAXEND + dir] = segment.end + row[at + L_TD_MAXWIN + dir]!;
  if (row[at + L_TD_MAXWIN + other] === 0) {
    row[at + L_TD_END + other] = sack;
    row[at + L_TD_MAXEND + other] = sack;
  } else if (sack === ((row[at + L_TD_END + other]! + 1) | 0)) {
    // Likely the answer to a keepalive.
    row[at + L_TD_END + other] = sack;
  }
}

/** True where a SYN of the other side ends the check: a simultaneous open. */
function begin(row: Int32Array, at: number, dir: number, segment: Segment, sack: number): boolean {
  const isSyn = (segment.flags & TCPHDR_SYN) !== 0;
  const hasAck = (segment.flags & TCPHDR_ACK) !== 0;
  if (row[at + L_TD_MAXWIN + dir] === 0) {
    if (!isSyn) {
      pickUp(row, at, dir, segment, sack);
      return false;
    }
    initSender(row, at, dir, segment);
    return !hasAck;
  }
  const state = row[at + L_STATE]!;
  if (!isSyn || !seqAfter(segment.end, row[at + L_TD_END + dir]!)) return false;
  if (state !== TCP_CONNTRACK_SYN_SENT && state !== TCP_CONNTRACK_SYN_RECV) return false;
  // A new try may differ in everything from the one before.
  initSender(row, at, dir, segment);
  return dir === 1 && !hasAck;
}

function refuse(
  store: Store,
  row: Int32Array,
  at: number,
  dir: number,
  result: WindowResult,
  why: string,
): WindowResult {
  const liberal = (peerFlags(row, at, dir) & IP_CT_TCP_FLAG_BE_LIBERAL) !== 0;
  if (liberal || sysctlOf(store.netns, TCP_BE_LIBERAL) !== 0) return WINDOW_LIBERAL;
  store.why = why;
  return result;
}

/** Bound I fails: data beyond the window. A little too much is let through and remembered. */
function aboveWindow(
  store: Store,
  row: Int32Array,
  at: number,
  dir: number,
  end: number,
  sack: number,
): WindowResult {
  const other = 1 - dir;
  const receiverMaxWin = row[at + L_TD_MAXWIN + other]!;
  const receiverEnd = row[at + L_TD_END + other]!;
  const overshot = (end - row[at + L_TD_MAXEND + dir]! + 1) >>> 0;
  const ackWindow = maxAckWindow(row[at + L_TD_MAXWIN + dir]!);
  if (
    receiverMaxWin !== 0 &&
    seqAfter(end, row[at + L_TD_END + dir]! - receiverMaxWin - 1) &&
    seqAfter(sack, receiverEnd - ackWindow - 1) &&
    overshot <= receiverMaxWin >>> 0 &&
    seqBefore(sack, receiverEnd + 1)
  ) {
    row[at + L_TD_END + dir] = end;
    setPeerFlags(row, at, dir, peerFlags(row, at, dir) | IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED);
    return refuse(store, row, at, dir, WINDOW_IGNORE, 'sends a little beyond the window');
  }
  return refuse(store, row, at, dir, WINDOW_INVALID, 'seq is beyond the window of the receiver');
}

/** The bounds; sequence numbers are those after correction. */
function check(
  store: Store,
  row: Int32Array,
  at: number,
  dir: number,
  seq: number,
  end: number,
  sack: number,
): WindowResult {
  const other = 1 - dir;
  if (!seqBefore(seq, row[at + L_TD_MAXEND + dir]! + 1))
    return aboveWindow(store, row, at, dir, end, sack);
  const receiverEnd = row[at + L_TD_END + other]!;
  if (!seqBefore(sack, receiverEnd + 1))
    return refuse(store, row, at, dir, WINDOW_INVALID, 'acknowledges data that was not seen');
  const receiverMaxWin = row[at + L_TD_MAXWIN + other]!;
  if (receiverMaxWin !== 0 && !seqAfter(end, row[at + L_TD_END + dir]! - receiverMaxWin - 1))
    return refuse(store, row, at, dir, WINDOW_IGNORE, 'seq is below the window, old data again');
  if (!seqAfter(sack, receiverEnd - maxAckWindow(row[at + L_TD_MAXWIN + dir]!) - 1))
    return refuse(store, row, at, dir, WINDOW_IGNORE, 'acknowledges very old data');
  return WINDOW_ACCEPT;
}

/** What an accepted segment says about its sender. */
function updateSender(
  row: Int32Array,
  at: number,
  dir: number,
  segment: Segment,
  end: number,
  ack: number,
  reach: number,
): void {
  if (row[at + L_TD_MAXWIN + dir]! >>> 0 < reach >>> 0) row[at + L_TD_MAXWIN + dir] = reach;
  let flags = peerFlags(row, at, dir);
  if (seqAfter(end, row[at + L_TD_END + dir]!)) {
    row[at + L_TD_END + dir] = end;
    flags |= IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED;
  }
  if ((segment.flags & TCPHDR_ACK) !== 0) {
    const known = (flags & IP_CT_TCP_FLAG_MAXACK_SET) !== 0;
    if (!known || seqAfter(ack, row[at + L_TD_MAXACK + dir]!)) row[at + L_TD_MAXACK + dir] = ack;
    flags |= IP_CT_TCP_FLAG_MAXACK_SET;
  }
  setPeerFlags(row, at, dir, flags);
}

/** What it grants the other side. */
function updateReceiver(
  row: Int32Array,
  at: number,
  dir: number,
  end: number,
  ack: number,
  sack: number,
  window: number,
): void {
  const other = 1 - dir;
  const maxEnd = row[at + L_TD_MAXEND + dir]!;
  if (row[at + L_TD_MAXWIN + other] !== 0 && seqAfter(end, maxEnd))
    row[at + L_TD_MAXWIN + other] = row[at + L_TD_MAXWIN + other]! + (end - maxEnd);
  if (seqAfter(sack + window, row[at + L_TD_MAXEND + other]! - 1))
    row[at + L_TD_MAXEND + other] = sack + window + (window === 0 ? 1 : 0);
  if (ack === row[at + L_TD_END + other])
    setPeerFlags(row, at, other, peerFlags(row, at, other) & ~IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED);
}

/** The same ACK again and again counts as retransmission; anything else starts over. */
function countRetransmission(
  row: Int32Array,
  at: number,
  dir: number,
  segment: Segment,
  seq: number,
  ack: number,
  end: number,
): void {
  const last = row[at + L_LAST]!;
  const lastWin = row[at + L_LAST_WIN]!;
  const again =
    ((last >>> 8) & 0xff) === dir &&
    row[at + L_LAST_SEQ] === seq &&
    row[at + L_LAST_ACK] === ack &&
    row[at + L_LAST_END] === end &&
    (lastWin & 0xffff) === segment.window;
  const retrans = again ? (((last >>> 16) & 0xff) + 1) & 0xff : 0;
  row[at + L_LAST] = (last & 0xff0000ff) | (dir << 8) | (retrans << 16);
  row[at + L_LAST_SEQ] = seq;
  row[at + L_LAST_ACK] = ack;
  row[at + L_LAST_END] = end;
  row[at + L_LAST_WIN] = (lastWin & ~0xffff) | segment.window;
}

/** tcp_in_window(): checks a segment and, if it is in, moves the windows. */
export function inWindow(
  store: Store,
  row: Int32Array,
  at: number,
  dir: number,
  segment: Segment,
  adjust: readonly [SeqAdjust, SeqAdjust] | null,
): WindowResult {
  const other = 1 - dir;
  let { seq, end, ack } = segment;
  let sack = ack;
  if ((peerFlags(row, at, other) & IP_CT_TCP_FLAG_SACK_PERM) !== 0 && segment.hasOptions)
    sack = segment.highestSack(sack);
  const offset = seqOffset(adjust, other, ack - 1);
  ack = (ack - offset) | 0;
  sack = (sack - offset) | 0;
  if (begin(row, at, dir, segment, sack)) return WINDOW_ACCEPT;
  const hasAck = (segment.flags & TCPHDR_ACK) !== 0;
  const isRst = (segment.flags & TCPHDR_RST) !== 0;
  // Without ACK it is taken as set and right; some stacks send RST with ACK and 0 (after correction).
  if (!hasAck || (isRst && ack === 0)) {
    ack = row[at + L_TD_END + other]!;
    sack = ack;
  }
  if (isRst && seq === 0 && row[at + L_STATE] === TCP_CONNTRACK_SYN_SENT) {
    seq = row[at + L_TD_END + dir]!;
    end = seq;
  }
  const result = check(store, row, at, dir, seq, end, sack);
  if (result !== WINDOW_ACCEPT) return result === WINDOW_LIBERAL ? WINDOW_ACCEPT : result;
  const isSyn = (segment.flags & TCPHDR_SYN) !== 0;
  // RFC 7323 §2.2: the window of a SYN is never scaled.
  const window = isSyn ? segment.window : segment.window << peerScale(row, at, dir);
  updateSender(row, at, dir, segment, end, ack, window + (sack - ack));
  updateReceiver(row, at, dir, end, ack, sack, window);
  if (segment.kind === TCP_ACK_SET) countRetransmission(row, at, dir, segment, seq, ack, end);
  return WINDOW_ACCEPT;
}
