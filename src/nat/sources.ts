// Which connections come from a source (nf_nat_bysource): so that one client, talking to several
// servers from one port, keeps one mapping where that is possible.

import type { Conntrack, Tuple } from '../conntrack/index.ts';
import { createTuple, l3Of, l4Of, srcPortOf, T_SRC, TUPLE_WORDS } from '../conntrack/index.ts';

const FIRST_BUCKETS = 256;
const SEGMENT_BITS = 14;
const SEGMENT = 1 << SEGMENT_BITS;

function mix(hash: number, word: number): number {
  const h = Math.imul(hash ^ word, 0x85ebca6b);
  return Math.imul(h ^ (h >>> 13), 0xc2b2ae35) ^ (h >>> 16);
}

/**
 * Chains of slots, newest first, in buckets that are split one at a time (linear hashing), so that
 * growing never makes a packet wait. The chain runs through the entries' own link word.
 */
export class SourceIndex {
  readonly #ct: Conntrack;
  readonly #seed: number;
  readonly #heads: Int32Array[] = [new Int32Array(SEGMENT)];
  #level = FIRST_BUCKETS;
  #split = 0;
  #size = 0;
  readonly #tuple: Tuple = createTuple();

  constructor(ct: Conntrack, seed: number) {
    this.#ct = ct;
    this.#seed = seed | 0;
  }

  /** hash_by_src(): source, protocol, and the zone where it holds in both directions. */
  #hash(tuple: Tuple, slot: number): number {
    const zone = this.#ct.zoneDir(slot) === 3 ? this.#ct.zoneId(slot) : 0;
    let h = mix(this.#seed ^ zone, tuple[TUPLE_WORDS - 1]!);
    for (let i = T_SRC; i < T_SRC + 4; i++) h = mix(h, tuple[i]!);
    h = mix(h, srcPortOf(tuple));
    return h ^ (h >>> 15);
  }

  #hashOf(slot: number): number {
    this.#ct.readTuple(slot, 0, this.#tuple);
    return this.#hash(this.#tuple, slot);
  }

  #bucket(hash: number): number {
    const low = hash & (this.#level - 1);
    return low >= this.#split ? low : hash & (2 * this.#level - 1);
  }

  #head(bucket: number): number {
    return this.#heads[bucket >>> SEGMENT_BITS]![bucket & (SEGMENT - 1)]!;
  }

  #setHead(bucket: number, slot: number): void {
    this.#heads[bucket >>> SEGMENT_BITS]![bucket & (SEGMENT - 1)] = slot;
  }

  add(slot: number): void {
    const bucket = this.#bucket(this.#hashOf(slot));
    this.#ct.setLink(slot, this.#head(bucket));
    this.#setHead(bucket, slot);
    if (++this.#size > this.#level + this.#split) this.#splitOne();
  }

  remove(slot: number): void {
    const bucket = this.#bucket(this.#hashOf(slot));
    let at = this.#head(bucket);
    if (at === slot) this.#setHead(bucket, this.#ct.link(slot));
    else {
      let before = at;
      for (; at !== 0 && at !== slot; at = this.#ct.link(at)) before = at;
      if (at === 0) return;
      this.#ct.setLink(before, this.#ct.link(slot));
    }
    this.#size--;
  }

  /** Shares the chain at the split pointer with a new bucket; both keep their order. */
  #splitOne(): void {
    const low = this.#split;
    const high = low + this.#level;
    if (high >>> SEGMENT_BITS >= this.#heads.length) this.#heads.push(new Int32Array(SEGMENT));
    let slot = this.#head(low);
    const tails = [0, 0];
    this.#setHead(low, 0);
    const mask = 2 * this.#level - 1;
    while (slot !== 0) {
      const after = this.#ct.link(slot);
      const isHigh = (this.#hashOf(slot) & mask) === high ? 1 : 0;
      const tail = tails[isHigh]!;
      if (tail === 0) this.#setHead(isHigh === 1 ? high : low, slot);
      else this.#ct.setLink(tail, slot);
      this.#ct.setLink(slot, 0);
      tails[isHigh] = slot;
      slot = after;
    }
    this.#split++;
    if (this.#split < this.#level) return;
    this.#level *= 2;
    this.#split = 0;
  }

  /** The first slot, newest first, that has this source, protocol and zone; then use {@link next}. */
  first(tuple: Tuple, like: number): number {
    return this.#match(this.#head(this.#bucket(this.#hash(tuple, like))), tuple, like);
  }

  next(slot: number, tuple: Tuple, like: number): number {
    return this.#match(this.#ct.link(slot), tuple, like);
  }

  #match(from: number, tuple: Tuple, like: number): number {
    let slot = from;
    while (slot !== 0 && !this.#sameSource(slot, tuple, like)) slot = this.#ct.link(slot);
    return slot;
  }

  /** same_src() and the zone of the original direction. */
  #sameSource(slot: number, tuple: Tuple, like: number): boolean {
    const other = this.#tuple;
    this.#ct.readTuple(slot, 0, other);
    for (let i = T_SRC; i < T_SRC + 4; i++) if (other[i] !== tuple[i]) return false;
    return (
      l4Of(other) === l4Of(tuple) &&
      l3Of(other) === l3Of(tuple) &&
      srcPortOf(other) === srcPortOf(tuple) &&
      this.#ct.zone(slot, 0) === this.#ct.zone(like, 0)
    );
  }

  /** Bytes held by the index itself. */
  get bytes(): number {
    return this.#heads.length * SEGMENT * 4;
  }
}
