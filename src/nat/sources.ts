// Which connections come from a source (nf_nat_bysource): so that one client, talking to several
// servers from one port, keeps one mapping where that is possible.

import type { Conntrack, Tuple } from '../conntrack/index.ts';
import { createTuple, HashIndex, srcPortOf, T_SRC, TUPLE_WORDS } from '../conntrack/index.ts';

function mix(hash: number, word: number): number {
  const h = Math.imul(hash ^ word, 0x85ebca6b);
  return Math.imul(h ^ (h >>> 13), 0xc2b2ae35) ^ (h >>> 16);
}

/** Chains of entries whose sources have one hash, newest first; the index holds where they begin. */
export class SourceIndex {
  readonly #ct: Conntrack;
  readonly #seed: number;
  readonly #heads = new HashIndex();
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

  add(slot: number): void {
    this.#ct.readTuple(slot, 0, this.#tuple);
    const hash = this.#hash(this.#tuple, slot);
    this.#ct.setSource(slot, hash, this.#heads.exchange(hash, slot));
  }

  remove(slot: number): void {
    const hash = this.#ct.sourceHash(slot);
    const next = this.#ct.sourceNext(slot);
    let at = this.#heads.find(hash, 0);
    if (at === slot) {
      if (next === 0) this.#heads.remove(hash, slot);
      else this.#heads.replace(hash, slot, next);
      return;
    }
    while (at !== 0 && this.#ct.sourceNext(at) !== slot) at = this.#ct.sourceNext(at);
    if (at !== 0) this.#ct.setSource(at, hash, next);
  }

  /** The first slot, newest first, that has this source, protocol and zone; then use {@link next}. */
  first(tuple: Tuple, like: number): number {
    return this.#match(this.#heads.find(this.#hash(tuple, like), 0), tuple, like);
  }

  next(slot: number, tuple: Tuple, like: number): number {
    return this.#match(this.#ct.sourceNext(slot), tuple, like);
  }

  #match(from: number, tuple: Tuple, like: number): number {
    let slot = from;
    while (slot !== 0 && !this.#sameSource(slot, tuple, like)) slot = this.#ct.sourceNext(slot);
    return slot;
  }

  /** same_src() and the zone of the original direction. */
  #sameSource(slot: number, tuple: Tuple, like: number): boolean {
    return (
      this.#ct.store.table.sourceEquals(slot, tuple) &&
      this.#ct.zone(slot, 0) === this.#ct.zone(like, 0)
    );
  }

  /** Bytes held by the index itself. */
  get bytes(): number {
    return this.#heads.bytes;
  }
}
