// Lines written like one before them. Generated rulesets have thousands that differ in an address, a
// port or a comment alone. Such a line need not be read again: all else in it is compared as text.

/** Kinds of lines that are remembered: few enough that looking through them is quicker than reading. */
const MAX_OUTLINES = 32;

/** Lines that may fit none, and more for each that did, before it is given up: looking costs, too. */
const MAX_MISSES = 1000;
const MISSES_A_HIT = 2;

const BLANK = 0x20;
const NEWLINE = 0x0a;
const ZERO = 0x30;

/** Reads what stands in a hole into `found`. Answers where it ends, or -1 where nothing of the kind stands. */
export type Hole<Found> = (text: string, at: number, found: Found) => number;

/** A line: text, hole, text, hole, … text. What `like` says of it holds for all that fit. */
export interface Outline<Found, Like> {
  readonly texts: readonly string[];
  readonly holes: readonly Hole<Found>[];
  readonly like: Like;
}

/** The end of the line that starts there, or -1 where it does not fit. */
function fits<Found>(
  { texts, holes }: Outline<Found, unknown>,
  text: string,
  start: number,
  found: Found,
): number {
  let at = start;
  for (let i = 0; i < holes.length; i++) {
    const before = texts[i]!;
    if (!text.startsWith(before, at)) return -1;
    at = holes[i]!(text, at + before.length, found);
    if (at < 0) return -1;
  }
  const last = texts[holes.length]!;
  const end = at + last.length;
  return text.startsWith(last, at) && text.charCodeAt(end) === NEWLINE ? end : -1;
}

/** An outline, and the one that fitted the line behind it last: generated files repeat whole groups. */
interface Kept<Found, Like> {
  readonly outline: Outline<Found, Like>;
  next: Kept<Found, Like> | undefined;
}

/** The outlines of lines that were read, the one that fitted last in front. */
export class Outlines<Found, Like> {
  /** What stood in the holes of the line that fitted last: overwritten by the next one. */
  readonly found: Found;
  /** Where that line ends: at its newline. */
  end = 0;
  readonly #clear: (found: Found) => void;
  readonly #kept: Kept<Found, Like>[] = [];
  #last: Kept<Found, Like> | undefined;
  #patience = MAX_MISSES;

  constructor(found: Found, clear: (found: Found) => void) {
    this.found = found;
    this.#clear = clear;
  }

  keep(outline: Outline<Found, Like>): void {
    if (this.#patience <= 0) return;
    this.#kept.unshift({ outline, next: undefined });
    this.#kept.length = Math.min(this.#kept.length, MAX_OUTLINES);
  }

  /** What is known of the line that starts there. */
  fit(text: string, start: number): Like | undefined {
    if (this.#patience <= 0) return undefined;
    const found = this.#find(text, start);
    if (found === undefined) {
      this.#patience--;
      return undefined;
    }
    this.#patience += MISSES_A_HIT;
    if (this.#last !== undefined) this.#last.next = found;
    this.#last = found;
    return found.outline.like;
  }

  #find(text: string, start: number): Kept<Found, Like> | undefined {
    const next = this.#last?.next;
    if (next !== undefined && this.#fits(next, text, start)) return next;
    for (let i = 0; i < this.#kept.length; i++) {
      const one = this.#kept[i]!;
      if (one === next || !this.#fits(one, text, start)) continue;
      if (i > 0) {
        this.#kept.splice(i, 1);
        this.#kept.unshift(one);
      }
      return one;
    }
    return undefined;
  }

  #fits({ outline }: Kept<Found, Like>, text: string, start: number): boolean {
    this.#clear(this.found);
    this.end = fits(outline, text, start, this.found);
    return this.end >= 0;
  }
}

/** The end of the word that starts there: a blank or another control character. */
export function wordEnd(text: string, at: number): number {
  let end = at;
  while (text.charCodeAt(end) > BLANK) end++;
  return end;
}

/** A decimal number of 16 bits as programs write it, without zeroes in front; else -1. */
export function u16Between(text: string, from: number, to: number): number {
  if (to <= from || to > from + 5) return -1;
  let port = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9 || (port === 0 && at > from)) return -1;
    port = port * 10 + digit;
  }
  return port <= 0xffff ? port : -1;
}
