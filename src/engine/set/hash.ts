// Exact keys: an open-addressing table on typed arrays (the kernel's nft_set_hash.c).

import type { SetBackend } from './backend.ts';
import type { Element } from './element.ts';

const EMPTY = -1;
const GONE = -2;
const FIRST_CAPACITY = 16;

/** murmur3's block step over the words of a key, and its finisher. */
function hashWords(words: Uint32Array, at: number, count: number): number {
  let h = 0x9747b28c;
  for (let i = 0; i < count; i++) {
    let k = Math.imul(words[at + i]!, 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, 0x1b873593);
    h = Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64;
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

export class HashBackend implements SetBackend {
  readonly #words: number;
  #mask = FIRST_CAPACITY - 1;
  /** Slot to index of an element, or EMPTY or GONE. */
  #slots = new Int32Array(FIRST_CAPACITY).fill(EMPTY);
  /** Keys of the elements, by index. */
  #keys: Uint32Array;
  #entries: (Element | null)[] = [];
  #free: number[] = [];
  #live = 0;
  #used = 0;

  constructor(words: number) {
    this.#words = words;
    this.#keys = new Uint32Array(FIRST_CAPACITY * words);
  }

  get size(): number {
    return this.#live;
  }

  #slotOf(words: Uint32Array, at: number): number {
    const count = this.#words;
    const keys = this.#keys;
    const mask = this.#mask;
    for (let slot = hashWords(words, at, count) & mask; ; slot = (slot + 1) & mask) {
      const index = this.#slots[slot]!;
      if (index === EMPTY) return EMPTY;
      if (index === GONE) continue;
      const base = index * count;
      let i = 0;
      while (i < count && keys[base + i] === words[at + i]) i++;
      if (i === count) return slot;
    }
  }

  lookup(words: Uint32Array, at: number, now: number): Element | null {
    const slot = this.#slotOf(words, at);
    if (slot < 0) return null;
    const element = this.#entries[this.#slots[slot]!]!;
    return element.expires > now ? element : null;
  }

  find(key: Uint32Array, _end: Uint32Array, now: number): Element | null {
    return this.lookup(key, 0, now);
  }

  conflict(key: Uint32Array, _end: Uint32Array, now: number): Element | null {
    return this.lookup(key, 0, now);
  }

  insert(element: Element): void {
    // An expired element that nobody has collected yet gives way.
    const taken = this.#slotOf(element.key, 0);
    if (taken >= 0) this.remove(this.#entries[this.#slots[taken]!]!);
    if ((this.#used + 1) * 4 > this.#slots.length * 3) this.#rebuild();
    const index = this.#free.pop() ?? this.#entries.length;
    if ((index + 1) * this.#words > this.#keys.length) this.#growKeys(index + 1);
    this.#entries[index] = element;
    this.#keys.set(element.key.subarray(0, this.#words), index * this.#words);
    this.#place(index);
    this.#live++;
  }

  remove(element: Element): void {
    const slot = this.#slotOf(element.key, 0);
    if (slot < 0) return;
    const index = this.#slots[slot]!;
    if (this.#entries[index] !== element) return;
    this.#slots[slot] = GONE;
    this.#entries[index] = null;
    this.#free.push(index);
    this.#live--;
  }

  elements(): Element[] {
    return this.#entries.filter((e): e is Element => e !== null);
  }

  #place(index: number): void {
    let slot = hashWords(this.#keys, index * this.#words, this.#words) & this.#mask;
    while (this.#slots[slot]! >= 0) slot = (slot + 1) & this.#mask;
    if (this.#slots[slot] === EMPTY) this.#used++;
    this.#slots[slot] = index;
  }

  #growKeys(entries: number): void {
    const keys = new Uint32Array(Math.max(entries * this.#words, this.#keys.length * 2));
    keys.set(this.#keys);
    this.#keys = keys;
  }

  /** Drops the tombstones, and doubles where the live ones fill half. */
  #rebuild(): void {
    let capacity = this.#slots.length;
    while ((this.#live + 1) * 2 > capacity) capacity *= 2;
    this.#slots = new Int32Array(capacity).fill(EMPTY);
    this.#mask = capacity - 1;
    this.#used = 0;
    for (let i = 0; i < this.#entries.length; i++) if (this.#entries[i] != null) this.#place(i);
  }
}
