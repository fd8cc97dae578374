// Ranges of one field that do not overlap: sorted bounds and binary search (nft_set_rbtree.c).

import { compareWords } from '../registers.ts';
import type { SetBackend } from './backend.ts';
import type { Element } from './element.ts';

export class IntervalBackend implements SetBackend {
  readonly #words: number;
  /** By lower bound, always. */
  readonly #sorted: Element[] = [];
  /** The bounds of `#sorted` for the packet path; made at the first look-up after a change. */
  #starts = new Uint32Array(0);
  #ends = new Uint32Array(0);
  #stale = false;

  constructor(words: number) {
    this.#words = words;
  }

  get size(): number {
    return this.#sorted.length;
  }

  lookup(words: Uint32Array, at: number, now: number): Element | null {
    if (this.#stale) this.#index();
    return this.#words === 1 ? this.#lookup1(words[at]!, now) : this.#lookupN(words, at, now);
  }

  #lookup1(key: number, now: number): Element | null {
    const starts = this.#starts;
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! <= key) low = middle + 1;
      else high = middle;
    }
    if (low === 0 || key > this.#ends[low - 1]!) return null;
    const element = this.#sorted[low - 1]!;
    return element.expires > now ? element : null;
  }

  #lookupN(words: Uint32Array, at: number, now: number): Element | null {
    const count = this.#words;
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareWords(this.#starts, middle * count, words, at, count) <= 0) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return null;
    if (compareWords(words, at, this.#ends, (low - 1) * count, count) > 0) return null;
    const element = this.#sorted[low - 1]!;
    return element.expires > now ? element : null;
  }

  /** How many elements start at or below `key`. */
  #upTo(key: Uint32Array): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareWords(this.#sorted[middle]!.key, 0, key, 0, this.#words) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  find(key: Uint32Array, end: Uint32Array, now: number): Element | null {
    for (let i = this.#upTo(key) - 1; i >= 0; i--) {
      const element = this.#sorted[i]!;
      if (compareWords(element.key, 0, key, 0, this.#words) !== 0) return null;
      if (element.expires > now && compareWords(element.end, 0, end, 0, this.#words) === 0)
        return element;
    }
    return null;
  }

  conflict(key: Uint32Array, end: Uint32Array, now: number): Element | null {
    // Ranges do not overlap, so only the last live one that starts at or below the new end can
    // reach into the new one; expired ones are nobody's neighbours (nft_rbtree_gc_elem).
    for (let i = this.#upTo(end) - 1; i >= 0; i--) {
      const element = this.#sorted[i]!;
      if (element.expires <= now) continue;
      return compareWords(element.end, 0, key, 0, this.#words) >= 0 ? element : null;
    }
    return null;
  }

  isAbove(element: Element): boolean {
    const last = this.#sorted[this.#sorted.length - 1];
    if (last === undefined) return true;
    for (let i = 0; i < this.#words; i++) {
      const order = element.keyWord(i) - last.endWord(i);
      if (order !== 0) return order > 0;
    }
    return false;
  }

  insert(element: Element): void {
    if (this.isAbove(element)) this.#sorted.push(element);
    else this.#sorted.splice(this.#upTo(element.key), 0, element);
    this.#stale = true;
  }

  remove(element: Element): void {
    let at = this.#upTo(element.key) - 1;
    while (at >= 0 && this.#sorted[at] !== element) at--;
    if (at < 0) return;
    this.#sorted.splice(at, 1);
    this.#stale = true;
  }

  elements(): Element[] {
    return [...this.#sorted];
  }

  #index(): void {
    const count = this.#words;
    this.#starts = new Uint32Array(this.#sorted.length * count);
    this.#ends = new Uint32Array(this.#sorted.length * count);
    for (let i = 0; i < this.#starts.length; i++) {
      const element = this.#sorted[Math.floor(i / count)]!;
      this.#starts[i] = element.keyWord(i % count);
      this.#ends[i] = element.endWord(i % count);
    }
    this.#stale = false;
  }
}
