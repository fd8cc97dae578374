// Rules written like one before them: not read again, but with their statements there for who asks.

import { hexOfWord, parseIPv4 } from '../../bytes/index.ts';
import {
  type Hole as HoleOf,
  type Outline,
  Outlines,
  type RuleShape,
  u16Between,
  wordEnd,
} from '../../program/index.ts';
import { ADDRESS, type Hole, type Rule, type Span, type Statement, shapeOf } from '../ast/index.ts';
import type { Source } from '../diagnostics/index.ts';
import type { Scanner } from './scanner.ts';

/** No comment, no variable, no second line: what is written in these means the same anywhere. */
const PLAIN = /^[\w .:!=<>,/-]*$/;

/** Hexadecimal of what stood in the holes; the outline knows the key of the shape. */
type Bytes = string[];

const addressHole: HoleOf<Bytes> = (text, at, bytes) => {
  const end = wordEnd(text, at);
  const address = parseIPv4(text.slice(at, end));
  if (address === undefined) return -1;
  bytes.push(hexOfWord(address, 4));
  return end;
};

const portHole: HoleOf<Bytes> = (text, at, bytes) => {
  const end = wordEnd(text, at);
  const port = u16Between(text, at, end);
  if (port < 0) return -1;
  bytes.push(hexOfWord(port, 2));
  return end;
};

/** Undefined where a rule says more than its line shows, or a hole is only a part of a word. */
function outlineOf(rule: Rule, text: string): Outline<Bytes, string> | undefined {
  const { start, end } = rule.span;
  if (rule.comment !== undefined || !PLAIN.test(text.slice(start, end))) return undefined;
  const holes: Hole[] = [];
  const shape = shapeOf(rule, holes);
  if (shape === undefined) return undefined;
  const texts: string[] = [];
  let at = start;
  for (const { expr } of holes) {
    texts.push(text.slice(at, expr.span.start));
    at = expr.span.end;
  }
  texts.push(text.slice(at, end));
  const areWords = texts.every(
    (part, i) => (i === 0 || /^(?: |$)/.test(part)) && (i === holes.length || part.endsWith(' ')),
  );
  if (!areWords) return undefined;
  const read = holes.map(({ kind }) => (kind === ADDRESS ? addressHole : portHole));
  return { like: shape.key, texts, holes: read };
}

class AlikeRule implements Rule {
  readonly kind = 'rule';
  readonly span: Span;
  readonly shape: RuleShape;
  readonly #read: ReadAgain;
  #statements: readonly Statement[] | undefined;

  constructor(span: Span, shape: RuleShape, read: ReadAgain) {
    this.span = span;
    this.shape = shape;
    this.#read = read;
  }

  get statements(): readonly Statement[] {
    this.#statements ??= this.#read(this.span);
    return this.#statements;
  }
}

/** Reads the rule that stands there. */
type ReadAgain = (span: Span) => readonly Statement[];

export class AlikeRules {
  readonly #outlines = new Outlines<Bytes, string>([], (bytes) => {
    bytes.length = 0;
  });
  readonly #read: ReadAgain;

  constructor(read: ReadAgain) {
    this.#read = read;
  }

  /** A rule was read in a chain's block, and nothing was wrong with it. */
  learn(rule: Rule, sources: readonly Source[]): void {
    const outline = outlineOf(rule, sources[rule.span.source]?.text ?? '');
    if (outline !== undefined) this.#outlines.keep(outline);
  }

  /** The rule of the line that starts with the token here, if one like it was read before. */
  next(scan: Scanner): Rule | undefined {
    const { source, start } = scan;
    const key = this.#outlines.fit(scan.input, start);
    if (key === undefined) return undefined;
    const { found, end } = this.#outlines;
    scan.skipTo(end);
    const shape = { key, values: found.slice() };
    return new AlikeRule({ source, start, end }, shape, this.#read);
  }
}
