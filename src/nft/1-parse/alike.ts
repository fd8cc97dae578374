// Rules written like one before them. Generated rulesets have thousands of lines that differ in an
// address or a port alone. Such a line is not read again: all else in it is compared as text, and its
// statements are there for who asks.

import { hexOfWord, parseIPv4 } from '../../bytes/index.ts';
import type { RuleShape } from '../../program/index.ts';
import { ADDRESS, type Hole, type Rule, type Span, type Statement, shapeOf } from '../ast/index.ts';
import type { Source } from '../diagnostics/index.ts';
import type { Scanner } from './scanner.ts';

/** Kinds of lines that are remembered: few enough that looking through them is quicker than reading. */
const MAX_OUTLINES = 8;

/** No comment, no variable, no second line: what is written in these means the same anywhere. */
const PLAIN = /^[\w .:!=<>,/-]*$/;

/** The line of a rule: text, hole, text, hole, … text. */
interface Outline {
  readonly key: string;
  readonly texts: readonly string[];
  readonly kinds: readonly Hole['kind'][];
}

const BLANK = 32;
const NEWLINE = 10;

function holeEnd(text: string, at: number): number {
  let end = at;
  for (let c = text.charCodeAt(end); c !== BLANK && c !== NEWLINE && end < text.length; )
    c = text.charCodeAt(++end);
  return end;
}

/** Decimal, as it is written by programs: without zeroes in front. */
function portOf(digits: string): number | undefined {
  if (!/^(?:0|[1-9]\d{0,4})$/.test(digits)) return undefined;
  const port = Number(digits);
  return port <= 0xffff ? port : undefined;
}

function hexIn(hole: string, kind: Hole['kind']): string | undefined {
  const value = kind === ADDRESS ? parseIPv4(hole) : portOf(hole);
  return value === undefined ? undefined : hexOfWord(value, kind === ADDRESS ? 4 : 2);
}

/** A line that fits, and where it ends. */
interface Fit {
  readonly shape: RuleShape;
  readonly end: number;
}

function fitOf({ key, texts, kinds }: Outline, text: string, start: number): Fit | undefined {
  const bytes: string[] = [];
  let at = start;
  for (let i = 0; i < kinds.length; i++) {
    const before = texts[i]!;
    if (!text.startsWith(before, at)) return undefined;
    at += before.length;
    const end = holeEnd(text, at);
    const hex = hexIn(text.slice(at, end), kinds[i]!);
    if (hex === undefined) return undefined;
    bytes.push(hex);
    at = end;
  }
  const last = texts[kinds.length]!;
  const end = at + last.length;
  if (!text.startsWith(last, at) || text.charCodeAt(end) !== NEWLINE) return undefined;
  return { shape: { key, bytes }, end };
}

/** Undefined where a rule says more than its line shows, or something before a hole may go on in it. */
function outlineOf(rule: Rule, text: string): Outline | undefined {
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
  const isApart = texts.every(
    (part, i) => (i === 0 || /^(?: |$)/.test(part)) && (i === holes.length || part.endsWith(' ')),
  );
  return isApart ? { key: shape.key, texts, kinds: holes.map(({ kind }) => kind) } : undefined;
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

/** The lines of rules that were read, the one that fitted last in front. */
export class AlikeRules {
  readonly #outlines: Outline[] = [];
  readonly #read: ReadAgain;

  constructor(read: ReadAgain) {
    this.#read = read;
  }

  /** A rule was read in a chain's block, and nothing was wrong with it. */
  learn(rule: Rule, sources: readonly Source[]): void {
    const outline = outlineOf(rule, sources[rule.span.source]?.text ?? '');
    if (outline === undefined) return;
    this.#outlines.unshift(outline);
    this.#outlines.length = Math.min(this.#outlines.length, MAX_OUTLINES);
  }

  /** The rule of the line that starts with the token here, if one like it was read before. */
  next(scan: Scanner): Rule | undefined {
    for (let i = 0; i < this.#outlines.length; i++) {
      const outline = this.#outlines[i]!;
      const fit = fitOf(outline, scan.input, scan.start);
      if (fit === undefined) continue;
      if (i > 0) {
        this.#outlines.splice(i, 1);
        this.#outlines.unshift(outline);
      }
      const span = { source: scan.source, start: scan.start, end: fit.end };
      scan.skipTo(fit.end);
      return new AlikeRule(span, fit.shape, this.#read);
    }
    return undefined;
  }
}
