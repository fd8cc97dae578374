// Lines of a restore file written like one before them: not split into words again.

import { hexOfWord } from '../../bytes/index.ts';
import { type Hole, type Outline, Outlines, u16Between, wordEnd } from '../../program/index.ts';
import type { Word } from '../ast/index.ts';
import type { XtFamily } from '../extension/index.ts';
import { netBytes, type Place, type Seen, shapeOf } from './shape.ts';

/** What stood in the holes. */
interface Found {
  chain: string;
  readonly bytes: string[];
  comment: string | undefined;
}

/** What all lines of an outline have in common. */
export class Alike {
  /** Where they jump to: not to be their own chain. */
  readonly targets: readonly string[];
  readonly #key: string;
  #chainKey = '';
  #last: string;

  constructor(key: string, targets: readonly string[]) {
    this.#key = key;
    this.#last = key;
    this.targets = targets;
  }

  /** The key of their shape in such a chain: the same string for one line after the other, hashed once. */
  keyIn(chainKey: string): string {
    if (chainKey !== this.#chainKey) this.#last = chainKey + this.#key;
    this.#chainKey = chainKey;
    return this.#last;
  }
}

/** One byte a character, and nothing that quotes. */
const QUOTED_COMMENT = /^[ !#-[\]-~]{1,80}$/;
const BARE_COMMENT = /^[!#-[\]-~]{1,80}$/;

const chainHole: Hole<Found> = (text, at, found) => {
  const end = wordEnd(text, at);
  found.chain = text.slice(at, end);
  return found.chain.includes('"') ? -1 : end;
};

/** Nets of one length: how many bytes are compared hangs on it. */
const netHole =
  (bits: number): Hole<Found> =>
  (text, at, found) => {
    const end = wordEnd(text, at);
    const net = netBytes(text.slice(at, end));
    if (net?.bits !== bits) return -1;
    found.bytes.push(net.bytes);
    return end;
  };

const portHole: Hole<Found> = (text, at, found) => {
  const end = wordEnd(text, at);
  const port = u16Between(text, at, end);
  if (port < 0) return -1;
  found.bytes.push(hexOfWord(port, 2));
  return end;
};

const quotedHole: Hole<Found> = (text, at, found) => {
  const close = text.indexOf('"', at + 1);
  if (text[at] !== '"' || close < 0) return -1;
  found.comment = text.slice(at + 1, close);
  return QUOTED_COMMENT.test(found.comment) ? close + 1 : -1;
};

const bareHole: Hole<Found> = (text, at, found) => {
  const end = wordEnd(text, at);
  found.comment = text.slice(at, end);
  return BARE_COMMENT.test(found.comment) ? end : -1;
};

function holeOf(place: Place, isQuoted: boolean): Hole<Found> {
  switch (place.kind) {
    case 'net':
      return netHole(place.bits);
    case 'port':
      return portHole;
    case 'comment':
      return isQuoted ? quotedHole : bareHole;
  }
}

/** `-A CHAIN …` */
const CHAIN = 1;

/** A line as it stands in the text. */
export interface Line {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Undefined where a word stands in quotes or is put together from parts. */
function outlineOf(
  { text, start, end }: Line,
  words: readonly Word[],
  family: XtFamily,
): Outline<Found, Alike> | undefined {
  const seen: Seen = { places: new Map(), targets: [] };
  const shape = shapeOf(words, family, '', seen);
  if (shape === undefined) return undefined;
  const texts: string[] = [];
  const holes: Hole<Found>[] = [];
  let at = start;
  for (const [i, word] of words.entries()) {
    const place = seen.places.get(i);
    const written = text.slice(word.start, word.end);
    const isQuoted = written === `"${word.text}"`;
    if (written !== word.text && !(isQuoted && place?.kind === 'comment')) return undefined;
    if (place === undefined && i !== CHAIN) continue;
    texts.push(text.slice(at, word.start));
    holes.push(place === undefined ? chainHole : holeOf(place, isQuoted));
    at = word.end;
  }
  texts.push(text.slice(at, end));
  return { texts, holes, like: new Alike(shape.key, seen.targets) };
}

export class AlikeLines {
  readonly #family: XtFamily;
  readonly #outlines = new Outlines<Found, Alike>(
    { chain: '', bytes: [], comment: undefined },
    (found) => {
      found.bytes.length = 0;
      found.comment = undefined;
    },
  );

  constructor(family: XtFamily) {
    this.#family = family;
  }

  /** A line that has a shape was read: its words, without counters before them. */
  learn(line: Line, words: readonly Word[]): void {
    const outline = outlineOf(line, words, this.#family);
    if (outline !== undefined) this.#outlines.keep(outline);
  }

  /** What is known of the line that starts there; `found` and `end` are of that line then. */
  fit(text: string, start: number): Alike | undefined {
    const alike = this.#outlines.fit(text, start);
    return alike?.targets.includes(this.found.chain) === true ? undefined : alike;
  }

  get found(): Readonly<Found> {
    return this.#outlines.found;
  }

  get end(): number {
    return this.#outlines.end;
  }
}
