// The connection table: entries are rows of integers in chunks, found through a hash index.
//
// A row is ROW signed 32-bit words, a chunk holds CHUNK rows, so growing never copies. Slot 0 is no
// entry.

import { NFPROTO_IPV4 } from './constants.ts';
import { HashIndex } from './hash-index.ts';
import type { Tuple } from './tuple.ts';
import { T_DST, T_PORTS, T_PROTO, T_SRC } from './tuple.ts';

export const CHUNK_BITS = 13;
export const CHUNK = 1 << CHUNK_BITS;
export const CHUNK_MASK = CHUNK - 1;

/** Word offsets in a row. A pair belongs to the two directions. */
export const W_HASH = 0;
/** Hash of the source and what it is chained by, room nat's. */
export const W_SOURCE = 2;
export const W_STATUS = 4;
export const W_MARK = 5;
export const W_ID = 6;
/** NFPROTO_* | protocol << 8, as word 9 of a tuple. */
export const W_PROTO = 7;
/** Zone id | NF_CT_ZONE_DIR_* << 16. */
export const W_ZONE = 8;
/** Events not delivered yet, bits IPCT_*. */
export const W_EVENTS = 10;
/** Next in the free list. */
export const W_LINK = 11;
/** Two tuples without their last word: original and reply. */
export const W_TUPLE = 12;
export const TUPLE_STRIDE = 9;
/** Interface index of a masquerade, nat->masq_index. */
export const W_MASQ = 30;
/** Bits SIDE_*: which rare parts stand in side tables. */
export const W_SIDE = 31;
/** Private to the protocol trackers. */
export const W_L4 = 32;
export const L4_WORDS = 16;
export const ROW = W_L4 + L4_WORDS;

/** Freed slots rest until this many others are free, so that a late reader sees a dead entry. */
const QUARANTINE = 64;

/** One end of an entry in the index: slot << 1 | direction. 0 is none. */
export type Link = number;
export const slotOfLink = (link: Link): number => link >>> 1;

export class Table {
  readonly rows: Int32Array[] = [];
  /** Confirmed: when the entry ends, ns on the namespace's clock. Before: how long it will last. */
  readonly deadlines: Float64Array[] = [];
  /** UDP: when the flow counts as a stream, ns. */
  readonly stamps: Float64Array[] = [];
  /** packets and bytes of both directions, 4 per entry; chunks made at first use. */
  readonly counters: (Float64Array | null)[] = [];
  /** start and stop in seconds since 1970, 2 per entry; chunks made at first use. */
  readonly times: (Float64Array | null)[] = [];
  /** Slots 1 … high have been handed out at least once. */
  high = 0;
  #freeHead = 0;
  #freeTail = 0;
  #freeCount = 0;
  /** Both directions of every confirmed entry. */
  readonly index = new HashIndex();

  /** A zeroed row's slot. The oldest freed slot is reused first. */
  alloc(): number {
    if (this.#freeCount > QUARANTINE) return this.#reuse();
    const slot = ++this.high;
    if (slot >>> CHUNK_BITS >= this.rows.length) this.#grow();
    return slot;
  }

  #grow(): void {
    this.rows.push(new Int32Array(CHUNK * ROW));
    this.deadlines.push(new Float64Array(CHUNK));
    this.stamps.push(new Float64Array(CHUNK));
    this.counters.push(null);
    this.times.push(null);
  }

  #reuse(): number {
    const slot = this.#freeHead;
    const row = this.rows[slot >>> CHUNK_BITS]!;
    const base = (slot & CHUNK_MASK) * ROW;
    this.#freeHead = row[base + W_LINK]!;
    if (this.#freeHead === 0) this.#freeTail = 0;
    this.#freeCount--;
    row.fill(0, base, base + ROW);
    return slot;
  }

  /** Gives a slot back; its row keeps its contents until it is handed out again. */
  free(slot: number): void {
    const base = (slot & CHUNK_MASK) * ROW;
    this.rows[slot >>> CHUNK_BITS]![base + W_LINK] = 0;
    this.deadlines[slot >>> CHUNK_BITS]![slot & CHUNK_MASK] = 0;
    const tail = this.#freeTail;
    if (tail === 0) this.#freeHead = slot;
    else this.rows[tail >>> CHUNK_BITS]![(tail & CHUNK_MASK) * ROW + W_LINK] = slot;
    this.#freeTail = slot;
    this.#freeCount++;
  }

  get(slot: number, word: number): number {
    return this.rows[slot >>> CHUNK_BITS]![(slot & CHUNK_MASK) * ROW + word]!;
  }

  set(slot: number, word: number, value: number): void {
    this.rows[slot >>> CHUNK_BITS]![(slot & CHUNK_MASK) * ROW + word] = value;
  }

  deadline(slot: number): number {
    return this.deadlines[slot >>> CHUNK_BITS]![slot & CHUNK_MASK]!;
  }

  setDeadline(slot: number, ns: number): void {
    this.deadlines[slot >>> CHUNK_BITS]![slot & CHUNK_MASK] = ns;
  }

  stamp(slot: number): number {
    return this.stamps[slot >>> CHUNK_BITS]![slot & CHUNK_MASK]!;
  }

  setStamp(slot: number, ns: number): void {
    this.stamps[slot >>> CHUNK_BITS]![slot & CHUNK_MASK] = ns;
  }

  readTuple(slot: number, dir: number, out: Tuple): void {
    const row = this.rows[slot >>> CHUNK_BITS]!;
    const base = (slot & CHUNK_MASK) * ROW;
    const from = base + W_TUPLE + dir * TUPLE_STRIDE;
    for (let i = 0; i <= T_PORTS; i++) out[i] = row[from + i]!;
    out[T_PROTO] = row[base + W_PROTO]!;
  }

  writeTuple(slot: number, dir: number, tuple: Tuple): void {
    const row = this.rows[slot >>> CHUNK_BITS]!;
    const base = (slot & CHUNK_MASK) * ROW;
    const to = base + W_TUPLE + dir * TUPLE_STRIDE;
    for (let i = 0; i <= T_PORTS; i++) row[to + i] = tuple[i]!;
    row[base + W_PROTO] = tuple[T_PROTO]!;
  }

  /** Whether the tuple of one direction is this one; the hash was compared before. */
  tupleEquals(slot: number, dir: number, tuple: Tuple): boolean {
    const row = this.rows[slot >>> CHUNK_BITS]!;
    const base = (slot & CHUNK_MASK) * ROW;
    if (row[base + W_PROTO] !== tuple[T_PROTO]) return false;
    const from = base + W_TUPLE + dir * TUPLE_STRIDE;
    if (row[from + T_PORTS] !== tuple[T_PORTS] || row[from + T_SRC] !== tuple[T_SRC]) return false;
    if (row[from + T_DST] !== tuple[T_DST]) return false;
    if ((tuple[T_PROTO]! & 0xff) === NFPROTO_IPV4) return true;
    for (let i = 1; i < 4; i++) {
      if (row[from + T_SRC + i] !== tuple[T_SRC + i]) return false;
      if (row[from + T_DST + i] !== tuple[T_DST + i]) return false;
    }
    return true;
  }

  /** Whether the original direction comes from this source, by this protocol. */
  sourceEquals(slot: number, tuple: Tuple): boolean {
    const row = this.rows[slot >>> CHUNK_BITS]!;
    const base = (slot & CHUNK_MASK) * ROW;
    if (row[base + W_PROTO] !== tuple[T_PROTO]) return false;
    const from = base + W_TUPLE;
    if (((row[from + T_PORTS]! ^ tuple[T_PORTS]!) & 0xffff0000) !== 0) return false;
    for (let i = T_SRC; i < T_SRC + 4; i++) if (row[from + i] !== tuple[i]) return false;
    return true;
  }

  /** Puts one direction of an entry into the index. */
  insert(slot: number, dir: number, hash: number): void {
    this.set(slot, W_HASH + dir, hash);
    this.index.add(hash, (slot << 1) | dir);
  }

  /** Takes one direction out; nothing happens if it is not in. */
  remove(slot: number, dir: number): void {
    this.index.remove(this.get(slot, W_HASH + dir), (slot << 1) | dir);
  }

  /** Counters of an entry, packets and bytes per direction; made when first asked for. */
  countersFor(slot: number): Float64Array {
    const index = slot >>> CHUNK_BITS;
    let chunk = this.counters[index]!;
    if (chunk === null) {
      chunk = new Float64Array(CHUNK * 4);
      this.counters[index] = chunk;
    }
    return chunk;
  }

  timesFor(slot: number): Float64Array {
    const index = slot >>> CHUNK_BITS;
    let chunk = this.times[index]!;
    if (chunk === null) {
      chunk = new Float64Array(CHUNK * 2);
      this.times[index] = chunk;
    }
    return chunk;
  }

  /** Bytes held by rows, columns and index. */
  get bytes(): number {
    const chunks = this.rows.length * (CHUNK * ROW * 4 + CHUNK * 16);
    const optional =
      this.counters.filter((c) => c !== null).length * CHUNK * 32 +
      this.times.filter((c) => c !== null).length * CHUNK * 16;
    return chunks + optional + this.index.bytes;
  }
}
