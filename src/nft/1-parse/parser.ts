import { type Expression, type Integer, integer, type Name, type Span } from '../ast/index.ts';
import {
  badNumber,
  badTime,
  crlfLines,
  type Diagnostic,
  reservedName,
  type Source,
  strayCharacter,
  tooDeep,
  tooManyErrors,
  unexpectedToken,
  unterminatedString,
} from '../diagnostics/index.ts';
import type { AlikeRules } from './alike.ts';
import { RESERVED } from './keywords.ts';
import { timeValue } from './lexemes.ts';
import { type Mark, Scanner, type TokenKind } from './scanner.ts';
import type { SourceLoader } from './source.ts';

export interface ParseOptions {
  /** Reads included files; without one every include is an error. */
  readonly loader?: SourceLoader;
  /** Directories for includes that start with neither a slash nor a dot (nft's -I). */
  readonly searchPath?: readonly string[];
  /** Variables as if defined before the first line, values in the language (nft's -D). */
  readonly defines?: Readonly<Record<string, string>>;
  /** Errors after which reading stops. Default 10, as nft. */
  readonly maxErrors?: number;
}

/** What a variable stands for. */
export interface Variable {
  readonly expr: Expression;
  readonly span: Span;
  /** Nodes of the expression with all variables in it written out. */
  readonly size: number;
}

/** Thrown to the nearest block, which reports it and goes on with the next line. */
export class ParseFailure extends Error {
  readonly diagnostic: Diagnostic;
  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message);
    this.diagnostic = diagnostic;
  }
}

/** Thrown when there is no point in going on; its reason is already among the diagnostics. */
export class ParseAbort extends Error {}

/** Deeper nesting is an error. Every level costs about a dozen stack frames here and in the phases after. */
const MAX_NESTING = 100;
const MAX_ERRORS = 10;

type Start = Pick<Span, 'source' | 'start'>;
const BEGINNING: Start = { source: 0, start: 0 };

/** Tokens, errors, names and numbers: what every part of the grammar stands on. */
export class Parser {
  readonly scan: Scanner;
  readonly sources: Source[];
  readonly options: ParseOptions;
  readonly diagnostics: Diagnostic[] = [];
  /** Innermost last. */
  readonly scopes: Map<string, Variable>[] = [new Map()];
  /** Expression nodes made so far, those of variables counted at each use. */
  size = 0;
  /** Set literals open around the token: there a comma separates elements. */
  setDepth = 0;
  /** Made with the first rule of a chain's block. */
  alike: AlikeRules | undefined;
  #nesting = 0;
  /** Counted at the first error that asks. */
  #missing: number | undefined;

  constructor(sources: Source[], options: ParseOptions, { source, start }: Start = BEGINNING) {
    this.sources = sources;
    this.options = options;
    this.scan = new Scanner(source, sources[source]?.text ?? '', start);
  }

  is(kind: TokenKind): boolean {
    return this.scan.kind === kind;
  }

  isWord(word: string): boolean {
    return this.scan.kind === 'word' && this.scan.text === word;
  }

  isOneOf(words: ReadonlySet<string>): boolean {
    return this.scan.kind === 'word' && words.has(this.scan.text);
  }

  /** Goes on if the token is of that kind. */
  accept(kind: TokenKind): boolean {
    if (this.scan.kind !== kind) return false;
    this.scan.advance();
    return true;
  }

  acceptWord(word: string): boolean {
    if (!this.isWord(word)) return false;
    this.scan.advance();
    return true;
  }

  expect(kind: TokenKind): void {
    if (!this.accept(kind)) this.fail(`'${kind}'`);
  }

  /** The keyword here, one of the list. */
  expectWord<W extends string>(...words: readonly W[]): W {
    const { kind, text } = this.scan;
    const found = kind === 'word' ? words.find((w) => w === text) : undefined;
    if (found === undefined) this.fail(...words);
    this.scan.advance();
    return found;
  }

  /** The keyword here, one of the set. */
  expectOneOf(words: ReadonlySet<string>): string {
    const { text } = this.scan;
    if (!this.isOneOf(words)) this.fail(...words);
    this.scan.advance();
    return text;
  }

  mark(): Mark {
    return this.scan.mark();
  }

  rewind(mark: Mark): void {
    this.scan.rewind(mark);
  }

  /** From a place to the end of what was read last. */
  since(start: Span): Span {
    return this.spanFrom(start.source, start.start);
  }

  /** The same from numbers: an element of a set makes a span only where it needs one. */
  spanFrom(source: number, start: number): Span {
    const { lastSource, lastEnd } = this.scan;
    const end = lastSource === source && lastEnd > start ? lastEnd : start;
    return { source, start, end };
  }

  get here(): Span {
    return this.scan.span;
  }

  /** Gives up on the construct being read. */
  raise(diagnostic: Diagnostic): never {
    throw new ParseFailure(diagnostic);
  }

  /** The token here is not one of what is expected. Descriptions stand in angle brackets. */
  fail(...expected: readonly string[]): never {
    this.failAmong(expected, expected);
  }

  /** As `fail`, with a longer list of words that may have been meant. */
  failAmong(expected: readonly string[], candidates: Iterable<string>): never {
    const { kind, span } = this.scan;
    if (kind === 'crlf') this.raise(crlfLines(span));
    if (kind === 'unterminated') this.raise(unterminatedString(span));
    if (kind === 'junk') this.raise(strayCharacter(span, this.#charHere()));
    this.raise(unexpectedToken(span, this.#found(), expected, candidates));
  }

  #charHere(): string {
    const text = this.sources[this.scan.source]?.text ?? '';
    return String.fromCodePoint(text.codePointAt(this.scan.start) ?? 0);
  }

  #found(): string {
    const { kind, text } = this.scan;
    if (kind === 'eof') return 'end of input';
    if (kind === 'newline') return 'end of line';
    if (kind === 'quoted') return `string "${text}"`;
    const named = kind === 'word' || kind === 'text' || kind === 'wildcard' || kind === 'number';
    return `'${named ? text : kind}'`;
  }

  /** Notes an error and goes on, until there are too many. */
  report(diagnostic: Diagnostic): void {
    const limit = this.options.maxErrors ?? MAX_ERRORS;
    if (this.diagnostics.length >= limit) {
      this.diagnostics.push(tooManyErrors(diagnostic.span, limit));
      throw new ParseAbort();
    }
    this.diagnostics.push(diagnostic);
  }

  /** Runs a part of the grammar that can contain itself. */
  nested<T>(part: () => T): T {
    if (this.#nesting >= MAX_NESTING) this.raise(tooDeep(this.here, MAX_NESTING));
    this.#nesting++;
    try {
      return part();
    } finally {
      this.#nesting--;
    }
  }

  /** A name of the user's making: any word that is not a keyword (`last` alone is both). */
  identifier(what = '<name>'): Name {
    const { kind, text, span } = this.scan;
    if (kind !== 'word') this.fail(what);
    if (RESERVED.has(text) && text !== 'last') this.raise(reservedName(span, text));
    this.scan.advance();
    return { name: text, span };
  }

  /** A quoted or unquoted string, `*` at its end allowed. */
  string(what = '<string>'): Name {
    const { kind, text, span } = this.scan;
    const bare = kind === 'text' || kind === 'wildcard' || (kind === 'word' && !RESERVED.has(text));
    if (kind !== 'quoted' && !bare) this.fail(what);
    this.scan.advance();
    return { name: text, span };
  }

  /** Any number of 64 bits. */
  quantity(what = '<number>'): Integer {
    const { kind, value } = this.scan;
    if (kind !== 'number') this.fail(what);
    this.scan.advance();
    return value;
  }

  /** A number between limits; the default limit is that of a 32-bit field. */
  number(what: string, low = 0, high = 0xffffffff): number {
    const at = this.here;
    const value = this.quantity(`<${what}>`);
    if (typeof value === 'bigint' || value < low || value > high) {
      this.raise(badNumber(at, what, low, high));
    }
    return value;
  }

  /** `NUM unit`: bytes, kbytes or mbytes, multiplied out. */
  byteCount(): Integer {
    const value = this.quantity();
    const unit = this.expectWord('bytes', 'kbytes', 'mbytes');
    return times(value, unit === 'bytes' ? 1 : unit === 'kbytes' ? 1024 : 1024 * 1024);
  }

  /** `1d2h`, in milliseconds. A bare number is none. */
  time(): number {
    const { kind, text, span } = this.scan;
    if (kind !== 'text' && kind !== 'word') this.fail('<time>');
    const value = timeValue(text);
    if (value === undefined) this.raise(badTime(span, text));
    this.scan.advance();
    return value;
  }

  /** How many more braces the main text opens than it closes, less those given up. */
  missingBraces(): number {
    this.#missing ??= braceBalance(this.sources[0]?.text ?? '');
    return this.#missing;
  }

  /** Takes the braces deeper than that as closed. */
  abandonBraces(depth: number): void {
    if (this.scan.depth > depth) this.#missing = this.missingBraces() - (this.scan.depth - depth);
    this.scan.depth = Math.min(this.scan.depth, depth);
  }

  /** A newline or a semicolon; a closing brace, which it leaves, ends a statement as well. */
  separator(): void {
    if (this.is('newline') || this.is(';')) this.scan.advance();
    else if (!this.is('}') && !this.is('eof')) this.fail('end of line', "';'");
  }

  skipNewlines(): void {
    while (this.is('newline')) this.scan.advance();
  }
}

/** Opening less closing braces, those in strings and comments left out. */
function braceBalance(text: string): number {
  const scan = new Scanner(0, text);
  let balance = 0;
  for (scan.advance(); scan.kind !== 'eof'; scan.advance()) {
    if (scan.kind === '{') balance++;
    else if (scan.kind === '}') balance--;
  }
  return balance;
}

/** A quantity times a unit; like nft, modulo 2^64. */
export function times(value: Integer, unit: number): Integer {
  if (unit === 1) return value;
  return integer(BigInt.asUintN(64, BigInt(value) * BigInt(unit)));
}
