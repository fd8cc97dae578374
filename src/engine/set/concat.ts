// Ranges over several fields, which may overlap: the place of the kernel's pipapo
// (nft_set_pipapo.c). A look-up walks one level per field. A level cuts its field's values at all
// bounds of the elements that are still possible; the part a value falls into says which elements
// stay possible on the next level. Parts are worked out when a packet first needs them, so that
// neither time nor memory is spent on combinations nobody sends.

import { compareWords, wordsIn } from '../registers.ts';
import type { SetBackend } from './backend.ts';
import type { Element } from './element.ts';

/** Candidates remembered in all levels together, before everything is forgotten and built anew. */
const MEMORY_LIMIT = 1 << 22;

interface Field {
  readonly at: number;
  readonly words: number;
}

/** A level for a set of candidates, or a leaf when no field is left. */
class Level {
  readonly candidates: readonly Element[];
  /** First values of the parts after the first; `bounds[i]` starts part `i + 1`. */
  bounds: Uint32Array;
  count = 0;
  parts: (Level | null)[];

  constructor(candidates: readonly Element[]) {
    this.candidates = candidates;
    this.bounds = NO_WORDS;
    this.parts = NO_PARTS;
  }
}

const NO_WORDS = new Uint32Array(0);
const NO_PARTS: (Level | null)[] = [];

/** The value behind `words[at…]`, or null behind the largest. */
function successor(words: Uint32Array, at: number, count: number): Uint32Array | null {
  const next = words.slice(at, at + count);
  for (let i = count - 1; i >= 0; i--) {
    next[i] = (next[i]! + 1) >>> 0;
    if (next[i] !== 0) return next;
  }
  return null;
}

export class ConcatBackend implements SetBackend {
  readonly #fields: readonly Field[];
  #elements: Element[] = [];
  #root: Level | null = null;
  /** How many of `#elements`, from the first, the levels know. */
  #known = 0;
  /** How many of those the levels know are dead. */
  #dead = 0;
  #remembered = 0;

  /** @param fieldLens bytes of each field, unpadded */
  constructor(fieldLens: readonly number[]) {
    let at = 0;
    this.#fields = fieldLens.map((bytes) => {
      const field = { at, words: wordsIn(bytes) };
      at += field.words;
      return field;
    });
  }

  get size(): number {
    return this.#elements.length;
  }

  lookup(words: Uint32Array, at: number, now: number): Element | null {
    if (this.#known < this.#elements.length || this.#remembered > MEMORY_LIMIT) this.#root = null;
    return this.#walk(words, at, now);
  }

  #walk(words: Uint32Array, at: number, now: number): Element | null {
    if (this.#root === null) this.#reset();
    let level = this.#root!;
    for (let f = 0; f < this.#fields.length; f++) {
      const field = this.#fields[f]!;
      const part = partOf(level, words, at + field.at, field.words);
      level = level.parts[part] ?? this.#fill(level, part, f, words, at);
    }
    const { candidates } = level;
    for (let i = 0; i < candidates.length; i++)
      if (!candidates[i]!.dead && candidates[i]!.expires > now) return candidates[i]!;
    return null;
  }

  #reset(): void {
    this.#remembered = 0;
    this.#known = this.#elements.length;
    this.#dead = 0;
    this.#root = this.#level(this.#elements.slice(), 0);
  }

  /** Makes the part of a level that the key at hand falls into. */
  #fill(level: Level, part: number, f: number, words: Uint32Array, at: number): Level {
    const field = this.#fields[f]!;
    const inside = level.candidates.filter(
      (e) =>
        compareWords(e.key, field.at, words, at + field.at, field.words) <= 0 &&
        compareWords(e.end, field.at, words, at + field.at, field.words) >= 0,
    );
    const made = this.#level(inside, f + 1);
    level.parts[part] = made;
    return made;
  }

  #level(candidates: readonly Element[], f: number): Level {
    const level = new Level(candidates);
    this.#remembered += candidates.length + 1;
    const field = this.#fields[f];
    if (field === undefined) return level;
    const cuts: Uint32Array[] = [];
    for (const e of candidates) {
      cuts.push(e.key.subarray(field.at, field.at + field.words));
      const after = successor(e.end, field.at, field.words);
      if (after !== null) cuts.push(after);
    }
    cuts.sort((a, b) => compareWords(a, 0, b, 0, field.words));
    const distinct = cuts.filter(
      (cut, i) => i === 0 || compareWords(cut, 0, cuts[i - 1]!, 0, field.words) !== 0,
    );
    level.count = distinct.length;
    level.bounds = new Uint32Array(distinct.length * field.words);
    for (let i = 0; i < distinct.length; i++) level.bounds.set(distinct[i]!, i * field.words);
    level.parts = new Array<Level | null>(distinct.length + 1).fill(null);
    return level;
  }

  /**
   * nft_pipapo_deactivate() looks up the first corner only, and takes whatever element holds it:
   * deleting 10.0.0.1-10.0.0.3 . 6 takes 10.0.0.0/31 . 1-6 out (seen on 6.18).
   */
  find(key: Uint32Array, _end: Uint32Array, now: number): Element | null {
    return this.#holding(key, now);
  }

  /** nft_pipapo_insert() only asks whether an element holds the new one's first or last corner. */
  conflict(key: Uint32Array, end: Uint32Array, now: number): Element | null {
    return this.#holding(key, now) ?? this.#holding(end, now);
  }

  /** While a batch adds elements the levels are renewed only now and then; the rest is scanned. */
  #holding(corner: Uint32Array, now: number): Element | null {
    const fresh = this.#elements.length - this.#known;
    if (fresh > Math.max(64, this.#known >> 4)) this.#root = null;
    const found = this.#walk(corner, 0, now);
    if (found !== null) return found;
    for (let i = this.#known; i < this.#elements.length; i++) {
      const e = this.#elements[i]!;
      if (e.expires > now && this.#covers(e, corner)) return e;
    }
    return null;
  }

  #covers(e: Element, key: Uint32Array): boolean {
    for (const { at, words } of this.#fields) {
      if (compareWords(e.key, at, key, at, words) > 0) return false;
      if (compareWords(e.end, at, key, at, words) < 0) return false;
    }
    return true;
  }

  insert(element: Element): void {
    const behind = this.#elements.findLastIndex((e) => e.order < element.order) + 1;
    if (behind < this.#known) this.#root = null;
    this.#elements.splice(behind, 0, element);
  }

  /** The levels keep it, marked dead, until half of what they know is gone. */
  remove(element: Element): void {
    const at = this.#elements.indexOf(element);
    if (at < 0) return;
    element.dead = true;
    this.#elements.splice(at, 1);
    if (at >= this.#known) return;
    this.#known--;
    if (++this.#dead * 2 > this.#known) this.#root = null;
  }

  elements(): Element[] {
    return [...this.#elements];
  }
}

/** The part of a level a value falls into: how many bounds are at or below it. */
function partOf(level: Level, words: Uint32Array, at: number, count: number): number {
  const { bounds } = level;
  let low = 0;
  let high = level.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareWords(bounds, middle * count, words, at, count) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
