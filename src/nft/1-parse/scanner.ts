import type { Integer, Span } from '../ast/index.ts';
import { integer } from '../ast/index.ts';
import {
  digits,
  isDigit,
  isHex,
  isLetter,
  isStringPart,
  matchClassid,
  matchIpv4,
  matchIpv6,
  matchMac,
  matchTime,
} from './lexemes.ts';

/**
 * `word` is an unquoted string and the only token that can be a keyword; `text` an address, time or
 * other string that cannot; `wildcard` one with an asterisk. Operators written as words (`and`,
 * `eq`) arrive as their signs. `crlf`, `unterminated` and `junk` are always errors.
 */
export type TokenKind =
  | 'eof'
  | 'newline'
  | 'crlf'
  | 'junk'
  | 'unterminated'
  | 'word'
  | 'text'
  | 'quoted'
  | 'wildcard'
  | 'number'
  | Sign;

type Sign =
  | ('{' | '}' | '(' | ')' | '[' | ']' | ',' | '.' | ':' | ';' | '/' | '-' | '*' | '@' | '$' | '+')
  | ('=' | '==' | '!=' | '!' | '<' | '<=' | '<<' | '>' | '>=' | '>>' | '&' | '|' | '^');

const SIGNS = new Map<string, Sign>('{}()[],.:;/-*@$+=!<>&|^'.split('').map((s) => [s, s as Sign]));
const DOUBLE = new Map<string, Sign>(
  (['==', '!=', '<=', '<<', '>=', '>>'] as const).map((s) => [s, s]),
);
const OPERATOR_WORDS = new Map<string, Sign>([
  ['eq', '=='],
  ['ne', '!='],
  ['lt', '<'],
  ['le', '<='],
  ['gt', '>'],
  ['ge', '>='],
  ['and', '&'],
  ['or', '|'],
  ['xor', '^'],
  ['not', '!'],
  ['lshift', '<<'],
  ['rshift', '>>'],
]);

/**
 * `rate` ends a word at a slash, for `10 mbytes/second`; everywhere else the slash belongs to it.
 */
export type Mode = 'default' | 'rate';

/** A place in the input to come back to. */
export interface Mark {
  readonly pos: number;
  readonly depth: number;
}

interface Input {
  readonly source: number;
  readonly text: string;
  pos: number;
}

/** Keywords repeat; names of a generated set need not. */
const MAX_KNOWN_WORDS = 1000;

const U64_MAX = (1n << 64n) - 1n;

/** The length of a `0x` number, or 0. */
function hexadecimal(text: string, at: number): number {
  if (text[at] !== '0' || (text[at + 1] !== 'x' && text[at + 1] !== 'X')) return 0;
  let end = at + 2;
  while (isHex(text.charCodeAt(end))) end++;
  return end > at + 2 ? end - at : 0;
}

/**
 * Tokens on demand: the fields describe the current token and `advance` goes to the next. No object
 * is made per token, which is what reading a hundred thousand set elements costs.
 */
export class Scanner {
  kind: TokenKind = 'newline';
  source: number;
  start = 0;
  end = 0;
  /** What a word, text, wildcard or quoted string says, without quotes and brackets. */
  text = '';
  /** Of a number. */
  value: Integer = 0;
  mode: Mode = 'default';
  /** Where the token before this one ended. */
  lastEnd = 0;
  lastSource = 0;
  /** Braces open before the current token. */
  depth = 0;

  #input: Input;
  readonly #outer: Input[] = [];
  /** The words read so far. One string for each is hashed once and compared by address. */
  readonly #words = new Map<string, string>();

  constructor(source: number, text: string, pos = 0) {
    this.source = source;
    this.#input = { source, text, pos };
  }

  get span(): Span {
    return { source: this.source, start: this.start, end: this.end };
  }

  /** How many inputs are being read inside each other. */
  get includeDepth(): number {
    return this.#outer.length + 1;
  }

  /**
   * Reads another text from here on, and then goes on with this one. The current token is given up:
   * call it on the separator that ends the include.
   */
  include(source: number, text: string): void {
    this.#outer.push(this.#input);
    this.#input = { source, text, pos: 0 };
  }

  /** The text being read; the token here starts at `start` in it. */
  get input(): string {
    return this.#input.text;
  }

  /** Goes on behind what somebody else has read, within this input. */
  skipTo(end: number): void {
    this.#input.pos = end;
    this.end = end;
    this.lastEnd = end;
    this.lastSource = this.source;
    this.#scan();
  }

  /** Only good for going back within one input: the parser marks within a statement. */
  mark(): Mark {
    return { pos: this.start, depth: this.depth };
  }

  rewind(mark: Mark): void {
    this.#input.pos = mark.pos;
    this.depth = mark.depth;
    this.kind = 'newline';
    this.#scan();
  }

  /** Switches modes; a word is read again under the new one, nothing else depends on it. */
  enter(mode: Mode): void {
    this.mode = mode;
    if (this.kind === 'word') this.rewind(this.mark());
  }

  advance(): void {
    this.lastEnd = this.end;
    this.lastSource = this.source;
    if (this.kind === '{') this.depth++;
    else if (this.kind === '}' && this.depth > 0) this.depth--;
    this.#scan();
  }

  #scan(): void {
    const { text } = this.#input;
    const at = this.#skipBlanks();
    this.source = this.#input.source;
    this.start = at;
    if (at >= text.length) this.#endOfInput(at);
    else this.#token(text, at, text.charCodeAt(at));
    this.#input.pos = this.end;
  }

  /** The end of an included text also ends a line: nft has no statement across files. */
  #endOfInput(at: number): void {
    this.end = at;
    const outer = this.#outer.pop();
    this.kind = outer === undefined ? 'eof' : 'newline';
    if (outer === undefined) return;
    this.#input = outer;
    this.end = outer.pos;
    this.start = outer.pos;
    this.source = outer.source;
  }

  #skipBlanks(): number {
    const { text } = this.#input;
    let i = this.#input.pos;
    for (;;) {
      const c = text.charCodeAt(i);
      if (c === 32 || c === 9) i++;
      else if (c === 92 && text.charCodeAt(i + 1) === 10) i += 2;
      else if (c === 35) i = this.#skipComment(i);
      else return i;
    }
  }

  /** A line that is only a comment vanishes with its newline, so it can stand inside a statement. */
  #skipComment(at: number): number {
    const { text } = this.#input;
    const newline = text.indexOf('\n', at);
    if (newline < 0) return text.length;
    let before = at - 1;
    while (before >= 0 && ' \t'.includes(text[before]!)) before--;
    return before < 0 || text[before] === '\n' ? newline + 1 : newline;
  }

  #token(text: string, at: number, c: number): void {
    if (c === 10) this.#set('newline', at + 1);
    else if (isDigit(c)) this.#digit(text, at);
    else if (isLetter(c) || c === 95 || c === 46) this.#word(text, at, c);
    else if (c === 34) this.#quoted(text, at);
    else if (c === 58 && text.charCodeAt(at + 1) === 58)
      this.#string('text', at, matchIpv6(text, at));
    else if (c === 91 && this.#bracketed(text, at)) return;
    else if (c === 13 && text.charCodeAt(at + 1) === 10) this.#set('crlf', at + 2);
    else if (c === 92 && text.charCodeAt(at + 1) === 42) this.#string('wildcard', at, 2);
    else this.#sign(text, at);
  }

  #set(kind: TokenKind, end: number): void {
    this.kind = kind;
    this.end = end;
  }

  #string(kind: TokenKind, at: number, length: number): void {
    this.kind = kind;
    this.end = at + length;
    this.text = this.#input.text.slice(at, this.end);
  }

  #sign(text: string, at: number): void {
    const double = DOUBLE.get(text.slice(at, at + 2));
    if (double !== undefined) this.#set(double, at + 2);
    else this.#set(SIGNS.get(text[at]!) ?? 'junk', at + 1);
  }

  #quoted(text: string, at: number): void {
    const close = text.indexOf('"', at + 1);
    if (close < 0) {
      const newline = text.indexOf('\n', at);
      this.#set('unterminated', newline < 0 ? text.length : newline);
      return;
    }
    this.#set('quoted', close + 1);
    this.text = text.slice(at + 1, close);
  }

  /** `[2001:db8::1]`, RFC 2732. */
  #bracketed(text: string, at: number): boolean {
    const n = matchIpv6(text, at + 1);
    if (n === 0 || text[at + 1 + n] !== ']') return false;
    this.#set('text', at + n + 2);
    this.text = text.slice(at + 1, at + 1 + n);
    return true;
  }

  /** Longest of what has colons in it; 0 unless a colon follows the first group. */
  #colons(text: string, at: number): number {
    let i = at;
    while (i < at + 4 && isHex(text.charCodeAt(i))) i++;
    if (text.charCodeAt(i) !== 58) return 0;
    return Math.max(matchIpv6(text, at), matchMac(text, at), matchClassid(text, at));
  }

  #digit(text: string, at: number): void {
    const run = digits(text, at);
    const next = text.charCodeAt(at + run);
    // Most numbers end at a blank or a comma: then neither matcher is asked.
    let n = 0;
    if (next === 46) n = matchIpv4(text, at);
    else if (next === 58 || isLetter(next)) n = this.#irregular(text, at);
    if (n > run) this.#string('text', at, n);
    else this.#number(text, at, at + Math.max(run, hexadecimal(text, at)));
  }

  /** Tokens that start with a digit and go on with a letter or a colon. */
  #irregular(text: string, at: number): number {
    const link = text.startsWith('8021ad', at) ? 6 : text.startsWith('8021q', at) ? 5 : 0;
    return Math.max(this.#colons(text, at), matchTime(text, at), link);
  }

  /** A leading zero means octal; what does not fit 64 bits is left to the datatype as text. */
  #number(text: string, at: number, end: number): void {
    this.#string('number', at, end - at);
    const octal = end - at > 1 && text[at] === '0' && isDigit(text.charCodeAt(at + 1));
    if (!octal && end - at < 16) {
      this.value = Number(this.text);
      return;
    }
    if (octal && /[89]/.test(this.text)) this.kind = 'text';
    else if (end - at > 32) this.kind = 'text';
    else {
      const value = BigInt(octal ? `0o${this.text}` : this.text);
      if (value > U64_MAX) this.kind = 'text';
      else this.value = integer(value);
    }
  }

  #word(text: string, at: number, first: number): void {
    const slash = this.mode === 'rate' ? 47 : -1;
    let i = at + 1;
    for (let c = text.charCodeAt(i); c !== slash && isStringPart(c); c = text.charCodeAt(i)) i++;
    if (i === at + 1 && first === 46) {
      this.#set('.', i);
      return;
    }
    const colons = isHex(first) ? this.#colons(text, at) : 0;
    const asterisk = this.#asterisk(text, i);
    if (colons > i - at) this.#string('text', at, colons);
    else if (asterisk > i) this.#string('wildcard', at, asterisk - at);
    else this.#plainWord(at, i - at);
  }

  #plainWord(at: number, length: number): void {
    this.#string('word', at, length);
    this.text = this.#known(this.text);
    const operator = length <= 6 ? OPERATOR_WORDS.get(this.text) : undefined;
    if (operator !== undefined) this.kind = operator;
  }

  #known(word: string): string {
    const known = this.#words.get(word);
    if (known !== undefined) return known;
    if (this.#words.size < MAX_KNOWN_WORDS) this.#words.set(word, word);
    return word;
  }

  /** The end of `eth*`, `eth\*` or `eth\*0` whose plain part ends at `i`; `i` itself if it is none. */
  #asterisk(text: string, i: number): number {
    if (text[i] === '*') return i + 1;
    if (text[i] !== '\\' || text[i + 1] !== '*') return i;
    const c = text.charCodeAt(i + 2);
    if (!isLetter(c) && c !== 95 && c !== 46) return i + 2;
    let end = i + 3;
    while (isStringPart(text.charCodeAt(end))) end++;
    return end;
  }
}
