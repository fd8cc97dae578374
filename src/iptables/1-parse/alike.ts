// Lines of a restore file written like one before them: not split into words again.

import { type Hole, type Outline, Outlines, wordEnd } from '../../program/index.ts';
import type { Word } from '../ast/index.ts';
import type { XtFamily } from '../extension/index.ts';
import { ADDRESS, COMMENT, type Kind, TARGET } from './kinds.ts';
import { type Place, shapeKey, shapeOf } from './shape.ts';

/** What stood in the holes, and before them. */
interface Found {
  chain: string;
  readonly counters: { packets: number; bytes: number };
  readonly values: string[];
  isTarget: (name: string) => boolean;
}

/** What all lines of an outline have in common. */
export class Alike {
  readonly #key: string;
  #before = '';
  #last: string;

  constructor(key: string) {
    this.#key = key;
    this.#last = key;
  }

  /** The key of their shape behind this one: the same string for one line after the other, hashed once. */
  keyBehind(before: string): string {
    if (before !== this.#before) this.#last = before + this.#key;
    this.#before = before;
    return this.#last;
  }
}

/** One byte a character, and nothing that quotes. */
const QUOTED_COMMENT = /^[ !#-[\]-~]{1,80}$/;
/** Behind a blank it may begin a comment on the line. */
const HASH = 0x23;
const BARE_COMMENT = /^[!$-[\]-~][!#-[\]-~]{0,79}$/;

const quotedHole: Hole<Found> = (text, at, found) => {
  const close = text.indexOf('"', at + 1);
  if (text[at] !== '"' || close < 0) return -1;
  const comment = text.slice(at + 1, close);
  found.values.push(comment);
  return QUOTED_COMMENT.test(comment) ? close + 1 : -1;
};

const bareHole: Hole<Found> = (text, at, found) => {
  const end = wordEnd(text, at);
  const comment = text.slice(at, end);
  found.values.push(comment);
  return BARE_COMMENT.test(comment) ? end : -1;
};

const targetHole: Hole<Found> = (text, at, found) => {
  const end = wordEnd(text, at);
  const name = text.slice(at, end);
  found.values.push(name);
  return text.charCodeAt(at) !== HASH && found.isTarget(name) ? end : -1;
};

const COLON = 0x3a;

/** To the colon before a port, if there is one. */
const addressHole: Hole<Found> = (text, at, found) => {
  const word = wordEnd(text, at);
  let end = at;
  while (end < word && text.charCodeAt(end) !== COLON) end++;
  return valueHole(ADDRESS, text, at, end, found);
};

function valueHole(kind: Kind, text: string, at: number, end: number, found: Found): number {
  const value = kind.read(text.slice(at, end));
  if (value === undefined) return -1;
  found.values.push(value);
  return end;
}

function holeOf({ kind }: Place, isQuoted: boolean): Hole<Found> {
  switch (kind) {
    case COMMENT:
      return isQuoted ? quotedHole : bareHole;
    case TARGET:
      return targetHole;
    case ADDRESS:
      return addressHole;
    default:
      return (text, at, found) => valueHole(kind, text, at, wordEnd(text, at), found);
  }
}

/** A line as it stands in the text, and whether one may jump to a chain. */
export interface Line {
  readonly text: string;
  readonly end: number;
  isTarget(name: string): boolean;
}

/** Behind the chain. Undefined where a word stands in quotes or is put together from parts. */
function outlineOf(
  { text, end, isTarget }: Line,
  words: readonly Word[],
  family: XtFamily,
): Outline<Found, Alike> | undefined {
  const places = new Map<number, Place>();
  const shape = shapeOf(words, family, { chainKey: '', counters: undefined, isTarget }, places);
  if (shape === undefined) return undefined;
  const texts: string[] = [];
  const holes: Hole<Found>[] = [];
  let at = words[1]!.end;
  for (const [i, word] of words.entries()) {
    const place = places.get(i);
    const written = text.slice(word.start, word.end);
    const isQuoted = written === `"${word.text}"`;
    if (written !== word.text && !(isQuoted && place?.kind === COMMENT)) return undefined;
    if (place === undefined) continue;
    texts.push(text.slice(at, word.start));
    holes.push(holeOf(place, isQuoted));
    at = isQuoted ? word.end : word.start + place.length;
  }
  texts.push(text.slice(at, end));
  return { texts, holes, like: new Alike(shape.key) };
}

const APPEND = '-A ';
const COUNTERS = /\[(\d+):(\d+)\] /y;
const BRACKET = 0x5b;

export class AlikeLines {
  readonly #family: XtFamily;
  /** Whether what stands in brackets before a rule is taken over. */
  readonly #counts: boolean;
  readonly #outlines = new Outlines<Found, Alike>(
    { chain: '', counters: { packets: 0, bytes: 0 }, values: [], isTarget: () => false },
    (found) => {
      found.values.length = 0;
    },
  );

  constructor(family: XtFamily, counts: boolean) {
    this.#family = family;
    this.#counts = counts;
  }

  /** A line that has a shape was read: its words, without counters before them. */
  learn(line: Line, words: readonly Word[]): void {
    const outline = outlineOf(line, words, this.#family);
    if (outline !== undefined) this.#outlines.keep(outline);
  }

  /** What is known of the line that starts there; `found` and `end` are of that line then. */
  fit(text: string, start: number, isTarget: (name: string) => boolean): Alike | undefined {
    const { found } = this.#outlines;
    const at = this.#behindCounters(text, start);
    if (!text.startsWith(APPEND, at)) return undefined;
    const chain = at + APPEND.length;
    const end = wordEnd(text, chain);
    found.chain = text.slice(chain, end);
    found.isTarget = isTarget;
    const isPlain = text.charCodeAt(chain) !== HASH && !found.chain.includes('"');
    return isPlain ? this.#outlines.fit(text, end) : undefined;
  }

  #behindCounters(text: string, start: number): number {
    const { counters } = this.#outlines.found;
    counters.packets = -1;
    if (text.charCodeAt(start) !== BRACKET) return start;
    COUNTERS.lastIndex = start;
    const match = COUNTERS.exec(text);
    if (match === null) return start;
    counters.packets = Number(match[1]);
    counters.bytes = Number(match[2]);
    return COUNTERS.lastIndex;
  }

  /** The shape of the line that fitted last, in a chain of this key. */
  shape(alike: Alike, chainKey: string) {
    const { counters, values } = this.#outlines.found;
    const isCounted = this.#counts && counters.packets >= 0;
    const all = isCounted ? [counters.packets, counters.bytes, ...values] : values;
    return {
      key: alike.keyBehind(shapeKey(chainKey, isCounted ? counters : undefined)),
      values: all,
    };
  }

  get chain(): string {
    return this.#outlines.found.chain;
  }

  get end(): number {
    return this.#outlines.end;
  }
}
