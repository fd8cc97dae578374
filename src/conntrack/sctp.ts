// SCTP (net/netfilter/nf_conntrack_proto_sctp.c; chunks and verification tags are RFC 9260's).

import { crc32c, u16, u32, u32le } from '../bytes/index.ts';
import type { HookPoint, Packet } from '../core/index.ts';
import {
  SCTP_CHUNK_FLAG_T,
  SCTP_CID_ABORT,
  SCTP_CID_COOKIE_ACK,
  SCTP_CID_COOKIE_ECHO,
  SCTP_CID_DATA,
  SCTP_CID_HEARTBEAT,
  SCTP_CID_HEARTBEAT_ACK,
  SCTP_CID_INIT,
  SCTP_CID_INIT_ACK,
  SCTP_CID_SHUTDOWN_ACK,
  SCTP_CID_SHUTDOWN_COMPLETE,
  SCTP_CONNTRACK_CLOSED,
  SCTP_CONNTRACK_ESTABLISHED,
  SCTP_CONNTRACK_MAX,
  SCTP_CONNTRACK_NONE,
} from '../uapi/index.ts';
import { mustCheck } from './checksum.ts';
import type { Direction, TrackResult } from './constants.ts';
import {
  IPCT_ASSURED,
  IPCT_PROTOINFO,
  IPS_ASSURED,
  IPS_CONFIRMED,
  TRACK_ACCEPT,
  TRACK_INVALID,
} from './constants.ts';
import { nextSctpState, S_VTAG } from './sctp-states.ts';
import type { Store } from './store.ts';
import { SCTP_TIMEOUTS } from './sysctl.ts';
import { CHUNK_BITS, CHUNK_MASK, L4_WORDS, ROW, W_L4 } from './table.ts';

/** Words of a row behind W_L4: state, tags each side must send, and what else is known. */
const S_STATE = 0;
/** INIT seen, per side. */
const S_INIT = 3;
/** HEARTBEAT_VTAG_FAILED | its direction << 1. */
const S_HEARTBEAT = 5;

const HEADER = 12;
const VTAG = 4;
const CHECK = 8;
const CHUNK_HEADER = 4;
/** The initiate tag is the first field of INIT and INIT ACK. */
const INIT_HEADER = 16;
const HEARTBEAT_VTAG_FAILED = 1;

/** Chunk types of a packet, a bit each for those below 32; larger ones are never asked for. */
let seen = 0;
const has = (chunk: number): boolean => (seen & (1 << chunk)) !== 0;

/** The place of the chunk behind the one at `at`, or -1. Lengths are never 0 once they are checked. */
function nextChunk(packet: Packet, at: number): number {
  const behind = at + ((u16(packet.buf, at + 2) + 3) & ~3);
  return behind + CHUNK_HEADER <= packet.end ? behind : -1;
}

const firstChunk = (packet: Packet): number => {
  const at = packet.transport + HEADER;
  return at + CHUNK_HEADER <= packet.end ? at : -1;
};

/** sctp_error(). */
function sctpFault(store: Store, packet: Packet, point: HookPoint): string {
  const { buf, transport, end } = packet;
  if (transport + HEADER > end) return 'short SCTP header';
  if (!mustCheck(store.netns, point)) return '';
  // The CRC is made with zeros in its own place.
  const head = crc32c(buf, transport, CHECK);
  const zeros = crc32c(ZEROS, 0, 4, head);
  const crc = crc32c(buf, transport + HEADER, end - transport - HEADER, zeros);
  return crc === u32le(buf, transport + CHECK) ? '' : 'bad SCTP checksum';
}
const ZEROS = new Uint8Array(4);

/** do_basic_checks(): INIT and its like stand alone, COOKIE comes first, no length is 0. */
function chunksFit(packet: Packet): boolean {
  const { buf } = packet;
  seen = 0;
  let count = 0;
  let alone = false;
  for (let at = firstChunk(packet); at >= 0; at = nextChunk(packet, at)) {
    const type = buf[at]!;
    if (type === SCTP_CID_INIT || type === SCTP_CID_INIT_ACK || type === SCTP_CID_SHUTDOWN_COMPLETE)
      alone = true;
    const cookie = type === SCTP_CID_COOKIE_ACK || type === SCTP_CID_COOKIE_ECHO;
    if (((cookie || alone) && count > 0) || u16(buf, at + 2) === 0) return false;
    if (type < 32) seen |= 1 << type;
    count++;
  }
  return count > 0;
}

/** sctp_new(): which chunks may begin a connection, and the tag the answers must carry. */
function begin(packet: Packet, row: Int32Array, base: number): boolean {
  const { buf, transport, end } = packet;
  const vtag = u32(buf, transport + VTAG) | 0;
  if (has(SCTP_CID_ABORT) || has(SCTP_CID_SHUTDOWN_COMPLETE) || has(SCTP_CID_COOKIE_ACK))
    return false;
  row.fill(0, base, base + L4_WORDS);
  for (let at = firstChunk(packet); at >= 0; at = nextChunk(packet, at)) {
    const type = buf[at]!;
    const state = nextSctpState(0, SCTP_CONNTRACK_NONE, type);
    if (state === SCTP_CONNTRACK_NONE || state === SCTP_CONNTRACK_MAX) return false;
    if (type === SCTP_CID_INIT) {
      if (vtag !== 0 || at + CHUNK_HEADER + INIT_HEADER > end) return false;
      row[base + S_VTAG + 1] = u32(buf, at + CHUNK_HEADER) | 0;
    } else if (type === SCTP_CID_HEARTBEAT) row[base + S_VTAG] = vtag;
    else if (type === SCTP_CID_SHUTDOWN_ACK) row[base + S_VTAG + 1] = vtag;
  }
  return true;
}

/** The common tag check (RFC 9260 §8.5); the chunks with rules of their own are left to checkChunk. */
const tagIsLeftToChunks = (): boolean =>
  has(SCTP_CID_INIT) ||
  has(SCTP_CID_SHUTDOWN_COMPLETE) ||
  has(SCTP_CID_COOKIE_ECHO) ||
  has(SCTP_CID_ABORT) ||
  has(SCTP_CID_SHUTDOWN_ACK) ||
  has(SCTP_CID_HEARTBEAT) ||
  has(SCTP_CID_HEARTBEAT_ACK);

const CHUNK_OK = 0;
const CHUNK_BAD = 1;
/** A heartbeat with a tag we do not know: it passes, and the answer will show. */
const CHUNK_PASS = 2;
const CHUNK_PASS_ONLY_NOW = 3;

/** HEARTBEAT and its ACK may come from an endpoint that has restarted or moved. */
function checkHeartbeat(
  row: Int32Array,
  base: number,
  dir: number,
  vtag: number,
  isAck: boolean,
  ignored: boolean,
): number {
  const known = row[base + S_VTAG + dir]!;
  const marks = row[base + S_HEARTBEAT]!;
  const failed = (marks & HEARTBEAT_VTAG_FAILED) !== 0;
  if (known === 0) row[base + S_VTAG + dir] = vtag;
  else if (vtag === known) row[base + S_HEARTBEAT] = marks & ~HEARTBEAT_VTAG_FAILED;
  else if (has(SCTP_CID_DATA) || ignored) return CHUNK_BAD;
  else if (!isAck) {
    row[base + S_HEARTBEAT] = HEARTBEAT_VTAG_FAILED | (dir << 1);
    return CHUNK_PASS_ONLY_NOW;
  } else {
    if (!failed || marks >>> 1 === dir) return CHUNK_BAD;
    row[base + S_HEARTBEAT] = marks & ~HEARTBEAT_VTAG_FAILED;
    row[base + S_VTAG + dir] = vtag;
    row[base + S_VTAG + 1 - dir] = 0;
  }
  return CHUNK_OK;
}

/** Tags of chunks with rules of their own (RFC 9260 §8.5.1). */
function checkChunk(
  packet: Packet,
  at: number,
  row: Int32Array,
  base: number,
  dir: number,
  ignored: boolean,
): number {
  const vtag = u32(packet.buf, packet.transport + VTAG) | 0;
  const own = row[base + S_VTAG + dir];
  const reflected = (packet.buf[at + 1]! & SCTP_CHUNK_FLAG_T) !== 0;
  switch (packet.buf[at]) {
    case SCTP_CID_INIT:
      return vtag === 0 ? CHUNK_OK : CHUNK_BAD;
    case SCTP_CID_ABORT:
    case SCTP_CID_SHUTDOWN_COMPLETE:
      return vtag === (reflected ? row[base + S_VTAG + 1 - dir] : own) ? CHUNK_OK : CHUNK_BAD;
    case SCTP_CID_COOKIE_ECHO:
      return vtag === own ? CHUNK_OK : CHUNK_BAD;
    case SCTP_CID_COOKIE_ACK:
      row[base + S_INIT] = 0;
      row[base + S_INIT + 1] = 0;
      return CHUNK_OK;
    case SCTP_CID_HEARTBEAT:
      return checkHeartbeat(row, base, dir, vtag, false, ignored);
    case SCTP_CID_HEARTBEAT_ACK:
      return checkHeartbeat(row, base, dir, vtag, true, ignored);
    default:
      return CHUNK_OK;
  }
}

/** INIT and INIT ACK tell which tag the other side must use from now on. */
function noteTag(
  packet: Packet,
  at: number,
  row: Int32Array,
  base: number,
  dir: number,
  confirmed: boolean,
  from: number,
  to: number,
): number {
  const { buf, end } = packet;
  const type = buf[at];
  if (type !== SCTP_CID_INIT && type !== SCTP_CID_INIT_ACK) return CHUNK_OK;
  if (at + CHUNK_HEADER + INIT_HEADER > end) return CHUNK_BAD;
  const other = 1 - dir;
  const tag = u32(buf, at + CHUNK_HEADER) | 0;
  const known = row[base + S_VTAG + other]!;
  if (type === SCTP_CID_INIT) {
    // The same tag again is a repeated INIT and no new attempt.
    if (!confirmed || known !== tag) {
      if (row[base + S_INIT + dir] !== 0 && row[base + S_INIT + other] !== 0)
        row[base + S_INIT + other] = 0;
      row[base + S_INIT + dir] = 1;
    }
    row[base + S_VTAG + other] = tag;
    // As with TCP's SYN: repeating it must not keep the entry for ever.
    const again = from === SCTP_CONNTRACK_CLOSED && to === SCTP_CONNTRACK_CLOSED && confirmed;
    return again ? CHUNK_PASS : CHUNK_OK;
  }
  if (row[base + S_INIT + other] === 0 && known !== 0 && known !== tag) return CHUNK_BAD;
  const collision = row[base + S_INIT + dir] !== 0 && row[base + S_INIT + other] !== 0;
  if (collision && known !== tag) return CHUNK_BAD;
  row[base + S_VTAG + other] = tag;
  return CHUNK_OK;
}

function moveTo(store: Store, slot: number, row: Int32Array, base: number, state: number): void {
  const before = row[base + S_STATE];
  row[base + S_STATE] = state;
  if (before === state) return;
  store.cacheEvent(slot, IPCT_PROTOINFO);
  if (state !== SCTP_CONNTRACK_ESTABLISHED) return;
  if ((store.status(slot) & IPS_ASSURED) !== 0) return;
  store.addStatus(slot, IPS_ASSURED);
  store.cacheEvent(slot, IPCT_ASSURED);
}

function invalid(store: Store, why: string): TrackResult {
  store.why = why;
  return TRACK_INVALID;
}

/** nf_conntrack_sctp_packet(). */
export function trackSctp(
  store: Store,
  packet: Packet,
  point: HookPoint,
  slot: number,
  dir: Direction,
): TrackResult {
  const fault = sctpFault(store, packet, point);
  if (fault !== '') return invalid(store, fault);
  if (!chunksFit(packet)) return invalid(store, 'SCTP chunks that cannot stand together');
  const row = store.table.rows[slot >>> CHUNK_BITS]!;
  const base = (slot & CHUNK_MASK) * ROW + W_L4;
  const confirmed = (store.status(slot) & IPS_CONFIRMED) !== 0;
  if (!confirmed && !begin(packet, row, base))
    return invalid(store, 'no SCTP association begins with this packet');
  const vtag = u32(packet.buf, packet.transport + VTAG) | 0;
  if (!tagIsLeftToChunks() && vtag !== row[base + S_VTAG + dir])
    return invalid(store, 'wrong SCTP verification tag');
  let ignored = false;
  let state = SCTP_CONNTRACK_NONE;
  for (let at = firstChunk(packet); at >= 0; at = nextChunk(packet, at)) {
    const checked = checkChunk(packet, at, row, base, dir, ignored);
    if (checked === CHUNK_BAD) return invalid(store, 'wrong SCTP verification tag');
    if (checked === CHUNK_PASS_ONLY_NOW) {
      ignored = true;
      continue;
    }
    const before = row[base + S_STATE]!;
    state = nextSctpState(dir, before, packet.buf[at]!);
    if (state === SCTP_CONNTRACK_MAX) return invalid(store, 'not possible in this state');
    const noted = noteTag(packet, at, row, base, dir, confirmed, before, state);
    if (noted === CHUNK_BAD) return invalid(store, 'wrong SCTP initiate tag');
    if (noted === CHUNK_PASS) ignored = true;
    moveTo(store, slot, row, base, state);
  }
  if (ignored) return TRACK_ACCEPT;
  store.refresh(slot, store.timeout(slot, SCTP_TIMEOUTS, state));
  store.account(slot, dir, packet.length);
  return TRACK_ACCEPT;
}
