// TCP (net/netfilter/nf_conntrack_proto_tcp.c). We sit in the middle: the state is that of the
// connection as far as its segments tell, and a segment in order may still get lost behind us.

import type { HookPoint, Packet } from '../core/index.ts';
import { TCPHDR_RST } from '../uapi/index.ts';
import { isClosingTcp } from './closing.ts';
import type { Direction, TrackResult } from './constants.ts';
import {
  IP_CT_EXP_CHALLENGE_ACK,
  IP_CT_TCP_FLAG_BE_LIBERAL,
  IP_CT_TCP_FLAG_CLOSE_INIT,
  IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED,
  IP_CT_TCP_FLAG_MAXACK_SET,
  IP_CT_TCP_FLAG_SACK_PERM,
  IP_CT_TCP_FLAG_WINDOW_SCALE,
  IP_CT_TCP_SIMULTANEOUS_OPEN,
  IPCT_ASSURED,
  IPCT_PROTOINFO,
  IPS_ASSURED,
  IPS_CONFIRMED,
  IPS_FIXED_TIMEOUT,
  IPS_SEEN_REPLY,
  TCP_CONNTRACK_CLOSE,
  TCP_CONNTRACK_ESTABLISHED,
  TCP_CONNTRACK_FIN_WAIT,
  TCP_CONNTRACK_IGNORE,
  TCP_CONNTRACK_LAST_ACK,
  TCP_CONNTRACK_MAX,
  TCP_CONNTRACK_SYN_RECV,
  TCP_CONNTRACK_SYN_SENT,
  TCP_CONNTRACK_SYN_SENT2,
  TCP_CONNTRACK_TIME_WAIT,
  TRACK_ACCEPT,
  TRACK_DROP,
  TRACK_INVALID,
  TRACK_REPEAT,
} from './constants.ts';
import type { Store } from './store.ts';
import {
  sysctlOf,
  TCP_IGNORE_INVALID_RST,
  TCP_MAX_RETRANS,
  TCP_TIMEOUT_RETRANS,
  TCP_TIMEOUT_UNACK,
  TCP_TIMEOUTS,
} from './sysctl.ts';
import { CHUNK_BITS, CHUNK_MASK, ROW, W_L4 } from './table.ts';
import { beginConnection, tcpFault } from './tcp-begin.ts';
import {
  L_FLAGS,
  L_LAST,
  L_LAST_ACK,
  L_LAST_END,
  L_LAST_SEQ,
  L_LAST_WIN,
  L_STATE,
  L_TD_END,
  L_TD_MAXACK,
  L_TD_MAXEND,
  L_TD_MAXWIN,
  lastDir,
  lastFlags,
  lastIndex,
  lastScale,
  retrans,
  setLast,
  setLastFlags,
} from './tcp-layout.ts';
import { Segment, seqBefore } from './tcp-segment.ts';
import {
  nextTcpState,
  TCP_ACK_SET,
  TCP_FIN_SET,
  TCP_RST_SET,
  TCP_SYN_SET,
  TCP_SYNACK_SET,
} from './tcp-states.ts';
import {
  inWindow,
  peerFlags,
  setPeerFlags,
  setPeerScale,
  WINDOW_IGNORE,
  WINDOW_INVALID,
} from './tcp-window.ts';

const segment = new Segment();

function invalid(store: Store, why: string): TrackResult {
  store.why = why;
  return TRACK_INVALID;
}

/** How the state table's answer is followed up: on to the window check, past it, or done. */
const GO = 2;
const SKIP_WINDOW = 3;
type Step = TrackResult | typeof GO | typeof SKIP_WINDOW;

/** The new state while a segment is looked at; decide() may correct what the table says. */
let newState = 0;
let oldState = 0;

/** A SYN/ACK that answers a SYN we had let through: both ends know better than we do. */
function resynchronise(row: Int32Array, at: number, dir: number): void {
  const sender = lastDir(row, at);
  oldState = TCP_CONNTRACK_SYN_SENT;
  newState = TCP_CONNTRACK_SYN_RECV;
  const lastWin = row[at + L_LAST_WIN]! & 0xffff;
  row[at + L_TD_END + sender] = row[at + L_LAST_END]!;
  row[at + L_TD_MAXEND + sender] = row[at + L_LAST_END]!;
  row[at + L_TD_MAXWIN + sender] = lastWin === 0 ? 1 : lastWin;
  setPeerScale(row, at, sender, lastScale(row, at));
  setLastFlags(row, at, lastFlags(row, at) & ~IP_CT_EXP_CHALLENGE_ACK);
  setPeerFlags(row, at, sender, lastFlags(row, at));
  // nf_ct_tcp_state_reset()
  row[at + L_TD_END + dir] = 0;
  row[at + L_TD_MAXEND + dir] = 0;
  row[at + L_TD_MAXWIN + dir] = 0;
  row[at + L_TD_MAXACK + dir] = 0;
  setPeerScale(row, at, dir, 0);
  setPeerFlags(row, at, dir, peerFlags(row, at, dir) & IP_CT_TCP_FLAG_BE_LIBERAL);
}

/** Remembers the options of a SYN that was let through, for the SYN/ACK that may answer it. */
function annotateSyn(row: Int32Array, at: number): void {
  const options = segment.hasOptions ? segment.handshakeOptions() : 0;
  const scaled = (options & IP_CT_TCP_FLAG_WINDOW_SCALE) !== 0;
  row[at + L_LAST] = (row[at + L_LAST]! & 0xffffff) | (scaled ? (options >>> 8) << 24 : 0);
  let flags = options & (IP_CT_TCP_FLAG_WINDOW_SCALE | IP_CT_TCP_FLAG_SACK_PERM);
  // RFC 5961 §4: the answer may be a challenge ACK, which must not count as the last ACK.
  if (oldState === TCP_CONNTRACK_LAST_ACK) flags |= IP_CT_EXP_CHALLENGE_ACK;
  setLastFlags(row, at, flags);
}

/** We may be out of step with both ends: the segment passes, and what it says is kept. */
function ignore(store: Store, row: Int32Array, at: number, dir: number): Step {
  if (
    segment.kind === TCP_SYNACK_SET &&
    lastIndex(row, at) === TCP_SYN_SET &&
    lastDir(row, at) !== dir &&
    segment.ack === row[at + L_LAST_END]
  ) {
    resynchronise(row, at, dir);
    return GO;
  }
  setLast(row, at, segment.kind, dir);
  row[at + L_LAST_SEQ] = segment.seq;
  row[at + L_LAST_END] = segment.end;
  row[at + L_LAST_WIN] = (row[at + L_LAST_WIN]! & ~0xffff) | segment.window;
  if (segment.kind === TCP_SYN_SET && dir === 0) annotateSyn(row, at);
  if (oldState === TCP_CONNTRACK_SYN_SENT && segment.kind === TCP_ACK_SET && dir === 1)
    row[at + L_LAST_ACK] = segment.ack;
  store.why = 'let through without changing the state';
  return TRACK_ACCEPT;
}

/** A SYN for a connection that is over: RFC 9293 §3.6.1 lets TIME-WAIT be reopened. */
function reopen(store: Store, row: Int32Array, at: number, slot: number, dir: number): Step {
  const closing = (peerFlags(row, at, 0) | peerFlags(row, at, 1)) & IP_CT_TCP_FLAG_CLOSE_INIT;
  const aborted = lastDir(row, at) === dir && lastIndex(row, at) === TCP_RST_SET;
  if (closing !== 0 || aborted) return store.destroy(slot, 'packet') ? TRACK_REPEAT : TRACK_DROP;
  return ignore(store, row, at, dir);
}

const isEstablished = (store: Store, row: Int32Array, at: number, slot: number): boolean =>
  row[at + L_STATE] === TCP_CONNTRACK_ESTABLISHED && (store.status(slot) & IPS_ASSURED) !== 0;

/** RST whose sequence number is not what the other side expects next: GO with the old state. */
function resetAgainstMaxAck(
  store: Store,
  row: Int32Array,
  at: number,
  slot: number,
  dir: number,
): Step | 0x100 {
  const maxAck = row[at + L_TD_MAXACK + 1 - dir]!;
  const established = isEstablished(store, row, at, slot);
  // Most likely the answer to a SYN that was let through.
  if (segment.seq === 0 && !established) return GO;
  if (seqBefore(segment.seq, maxAck) && sysctlOf(store.netns, TCP_IGNORE_INVALID_RST) === 0)
    return invalid(store, 'RST before what was acknowledged');
  if (!established || segment.seq === maxAck) return GO;
  const train =
    lastIndex(row, at) === TCP_ACK_SET &&
    lastDir(row, at) === dir &&
    segment.seq === row[at + L_LAST_END];
  if (train) return GO;
  // RFC 5961 §3: not exactly what is expected, so the receiver sends a challenge ACK instead of closing.
  newState = oldState;
  return CONTINUE;
}
const CONTINUE = 0x100;

function reset(store: Store, row: Int32Array, at: number, slot: number, dir: number): Step {
  if (isClosingTcp(row[at + L_STATE]!)) return SKIP_WINDOW;
  const other = 1 - dir;
  const maxAckKnown = (peerFlags(row, at, other) & IP_CT_TCP_FLAG_MAXACK_SET) !== 0;
  if (maxAckKnown && lastIndex(row, at) !== TCP_SYN_SET) {
    const step = resetAgainstMaxAck(store, row, at, slot, dir);
    if (step !== CONTINUE) return step;
  }
  const status = store.status(slot);
  const answersSyn =
    (status & IPS_SEEN_REPLY) !== 0 &&
    lastIndex(row, at) === TCP_SYN_SET &&
    lastDir(row, at) !== dir;
  const answersAck = (status & IPS_ASSURED) === 0 && lastIndex(row, at) === TCP_ACK_SET;
  // It acknowledges a segment we had let through; the windows know nothing of that.
  if ((answersSyn || answersAck) && segment.ack === row[at + L_LAST_END]) return SKIP_WINDOW;
  const challenged =
    oldState === TCP_CONNTRACK_SYN_SENT &&
    lastIndex(row, at) === TCP_ACK_SET &&
    lastDir(row, at) === 1 &&
    segment.seq === row[at + L_LAST_ACK];
  return challenged ? SKIP_WINDOW : GO;
}

/**
 * The client of a SYN proxy takes its connection for open; where the SYN to the server was lost, what it
 * says to keep it alive has the proxy send another one.
 */
function isProxyKeepAlive(
  store: Store,
  row: Int32Array,
  at: number,
  slot: number,
  dir: number,
): boolean {
  return (
    oldState === TCP_CONNTRACK_SYN_SENT &&
    segment.kind === TCP_ACK_SET &&
    dir === 0 &&
    lastDir(row, at) === 0 &&
    ((row[at + L_TD_END]! - 1) | 0) === segment.seq &&
    store.sides.synproxy(store.table, slot) !== null
  );
}

/** What the state table says, with the cases it is too small for. */
function decide(store: Store, row: Int32Array, at: number, slot: number, dir: number): Step {
  switch (newState) {
    case TCP_CONNTRACK_SYN_SENT:
      if (oldState < TCP_CONNTRACK_TIME_WAIT) return GO;
      return reopen(store, row, at, slot, dir);
    case TCP_CONNTRACK_IGNORE:
      return ignore(store, row, at, dir);
    case TCP_CONNTRACK_MAX:
      return isProxyKeepAlive(store, row, at, slot, dir)
        ? TRACK_ACCEPT
        : invalid(store, 'not possible in this state');
    case TCP_CONNTRACK_TIME_WAIT:
      if (
        oldState === TCP_CONNTRACK_LAST_ACK &&
        segment.kind === TCP_ACK_SET &&
        lastDir(row, at) !== dir &&
        lastIndex(row, at) === TCP_SYN_SET &&
        (lastFlags(row, at) & IP_CT_EXP_CHALLENGE_ACK) !== 0
      ) {
        setLastFlags(row, at, lastFlags(row, at) & ~IP_CT_EXP_CHALLENGE_ACK);
        store.why = 'challenge ACK, let through without changing the state';
        return TRACK_ACCEPT;
      }
      return GO;
    case TCP_CONNTRACK_SYN_SENT2:
      setLastFlags(row, at, lastFlags(row, at) | IP_CT_TCP_SIMULTANEOUS_OPEN);
      return GO;
    case TCP_CONNTRACK_SYN_RECV:
      if (
        dir === 1 &&
        segment.kind === TCP_ACK_SET &&
        (lastFlags(row, at) & IP_CT_TCP_SIMULTANEOUS_OPEN) !== 0
      )
        newState = TCP_CONNTRACK_ESTABLISHED;
      return GO;
    case TCP_CONNTRACK_CLOSE:
      return segment.kind === TCP_RST_SET ? reset(store, row, at, slot, dir) : GO;
    default:
      return GO;
  }
}

/** nf_tcp_handle_invalid(): an end that both sides see but we do not must not keep an entry for days. */
function shortenAfterInvalid(
  store: Store,
  row: Int32Array,
  at: number,
  slot: number,
  dir: number,
): void {
  const status = store.status(slot);
  if ((status & (IPS_ASSURED | IPS_FIXED_TIMEOUT)) !== IPS_ASSURED) return;
  if (segment.kind !== TCP_RST_SET && segment.kind !== TCP_FIN_SET) return;
  const before = lastIndex(row, at);
  if (lastDir(row, at) === dir || (before !== TCP_FIN_SET && before !== TCP_RST_SET)) {
    setLast(row, at, segment.kind, dir);
    return;
  }
  const left = store.table.deadline(slot) - store.now;
  if (left < 120e9) return;
  const shorter = store.timeout(slot, TCP_TIMEOUTS, TCP_TIMEOUT_UNACK);
  if (left > shorter) store.refresh(slot, shorter);
}

/** The timeout an accepted segment leaves behind, ns. */
function chooseTimeout(store: Store, row: Int32Array, at: number, slot: number): number {
  const normal = store.timeout(slot, TCP_TIMEOUTS, newState);
  if (retrans(row, at) >= sysctlOf(store.netns, TCP_MAX_RETRANS)) {
    const shorter = store.timeout(slot, TCP_TIMEOUTS, TCP_TIMEOUT_RETRANS);
    if (shorter < normal) return shorter;
  }
  if (segment.kind === TCP_RST_SET) return store.timeout(slot, TCP_TIMEOUTS, TCP_CONNTRACK_CLOSE);
  const either = row[at + L_FLAGS]! | (row[at + L_FLAGS]! >>> 8);
  if ((either & IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED) !== 0) {
    const shorter = store.timeout(slot, TCP_TIMEOUTS, TCP_TIMEOUT_UNACK);
    if (shorter < normal) return shorter;
  }
  if ((row[at + L_LAST_WIN]! & 0xffff) !== 0) return normal;
  return Math.min(normal, store.timeout(slot, TCP_TIMEOUTS, TCP_TIMEOUT_RETRANS));
}

/** A segment in order: the state moves on, the entry lives on. */
function accept(
  store: Store,
  packet: Packet,
  row: Int32Array,
  at: number,
  slot: number,
  dir: number,
): TrackResult {
  setLast(row, at, segment.kind, dir);
  row[at + L_STATE] = newState;
  if (oldState !== newState && newState === TCP_CONNTRACK_FIN_WAIT)
    setPeerFlags(row, at, dir, peerFlags(row, at, dir) | IP_CT_TCP_FLAG_CLOSE_INIT);
  let timeout = chooseTimeout(store, row, at, slot);
  if (newState !== oldState) store.cacheEvent(slot, IPCT_PROTOINFO);
  const status = store.status(slot);
  if ((status & IPS_SEEN_REPLY) === 0) {
    if ((segment.flags & TCPHDR_RST) !== 0) {
      // Nothing but a refusal was ever answered.
      store.account(slot, dir, packet.length);
      store.destroy(slot, 'packet');
      return TRACK_ACCEPT;
    }
    // A SYN again and again must not keep the entry, and with it a NAT binding, for ever.
    if (segment.kind === TCP_SYN_SET && oldState === TCP_CONNTRACK_SYN_SENT) return TRACK_ACCEPT;
    if (newState === TCP_CONNTRACK_ESTABLISHED)
      timeout = Math.min(timeout, store.timeout(slot, TCP_TIMEOUTS, TCP_TIMEOUT_UNACK));
  } else if (
    (status & IPS_ASSURED) === 0 &&
    (oldState === TCP_CONNTRACK_SYN_RECV || oldState === TCP_CONNTRACK_ESTABLISHED) &&
    newState === TCP_CONNTRACK_ESTABLISHED
  ) {
    store.addStatus(slot, IPS_ASSURED);
    store.cacheEvent(slot, IPCT_ASSURED);
  }
  store.refresh(slot, timeout);
  store.account(slot, dir, packet.length);
  return TRACK_ACCEPT;
}

/** nf_conntrack_tcp_packet(). */
export function trackTcp(
  store: Store,
  packet: Packet,
  point: HookPoint,
  slot: number,
  dir: Direction,
): TrackResult {
  store.why = tcpFault(store, packet, point);
  if (store.why !== '') return TRACK_INVALID;
  const row = store.table.rows[slot >>> CHUNK_BITS]!;
  const at = (slot & CHUNK_MASK) * ROW + W_L4;
  segment.read(packet);
  const confirmed = (store.status(slot) & IPS_CONFIRMED) !== 0;
  if (!confirmed && !beginConnection(store, row, at, segment)) return TRACK_INVALID;
  oldState = row[at + L_STATE]!;
  newState = nextTcpState(dir, segment.kind, oldState);
  const step = decide(store, row, at, slot, dir);
  if (step !== GO && step !== SKIP_WINDOW) return step;
  if (step === GO) {
    const adjust = store.sides.seqAdjust(store.table, slot);
    const result = inWindow(store, row, at, dir, segment, adjust);
    if (result === WINDOW_IGNORE) return TRACK_ACCEPT;
    if (result === WINDOW_INVALID) {
      shortenAfterInvalid(store, row, at, slot, dir);
      return TRACK_INVALID;
    }
  }
  return accept(store, packet, row, at, slot, dir);
}

/** nf_conntrack_tcp_set_closing(): a reset was sent on behalf of the other side. */
export function closeTcp(store: Store, slot: number): void {
  if ((store.status(slot) & IPS_CONFIRMED) === 0) return;
  const row = store.table.rows[slot >>> CHUNK_BITS]!;
  const at = (slot & CHUNK_MASK) * ROW + W_L4;
  if (row[at + L_STATE] === TCP_CONNTRACK_CLOSE) return;
  row[at + L_STATE] = TCP_CONNTRACK_CLOSE;
  store.refresh(slot, store.timeout(slot, TCP_TIMEOUTS, TCP_CONNTRACK_CLOSE));
  store.cacheEvent(slot, IPCT_PROTOINFO);
}
