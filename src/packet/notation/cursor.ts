import { concatBytes, unhex, utf8Encode } from '../../bytes/index.ts';
import { NotationFailure, nearest } from './error.ts';

export interface Token {
  readonly kind: 'word' | 'string' | 'arrow' | 'open' | 'close';
  /** The word in lower case, or what is between the quotes of a string. */
  readonly text: string;
  /** As it was written. */
  readonly raw: string;
  /** From 1. */
  readonly column: number;
}

/**
 * A string, an arrow, a parenthesis, or a run of anything else; commas and spaces only separate.
 */
const TOKEN = /"(?:[^"\\]|\\.)*"?|->|→|>|\(|\)|[^\s,()>"→]+/g;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0' };

/** The bytes between quotes: `\\xNN` is that byte, everything else its UTF-8. */
function bytesBetween(text: string): Uint8Array {
  const parts = text.match(/\\x[0-9a-fA-F]{2}|\\.|[^\\]+/gs) ?? [];
  return concatBytes(
    ...parts.map((part) => {
      if (/^\\x../.test(part)) return Uint8Array.of(Number.parseInt(part.slice(2), 16));
      return utf8Encode(part.startsWith('\\') ? (ESCAPES[part.slice(1)] ?? part.slice(1)) : part);
    }),
  );
}

function tokenOf(raw: string, column: number): Token {
  if (raw.startsWith('"')) {
    if (raw.length < 2 || !raw.endsWith('"')) {
      throw new NotationFailure('the text in quotes has no end', column, raw.length);
    }
    return { kind: 'string', text: raw.slice(1, -1), raw, column };
  }
  if (raw === '>' || raw === '->' || raw === '→') return { kind: 'arrow', text: '>', raw, column };
  if (raw === '(') return { kind: 'open', text: raw, raw, column };
  if (raw === ')') return { kind: 'close', text: raw, raw, column };
  return { kind: 'word', text: raw.toLowerCase(), raw, column };
}

/** `10.0.0.1->10.0.0.2` has an arrow in it too; a lone `-` before `>` is part of the arrow. */
function splitArrow(raw: string, column: number, next: string): Token[] {
  if (raw.endsWith('-') && next === '>' && raw.length > 1)
    return [tokenOf(raw.slice(0, -1), column)];
  return raw === '-' && next === '>' ? [] : [tokenOf(raw, column)];
}

function tokenise(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const next = text[match.index + match[0].length] ?? '';
    tokens.push(...splitArrow(match[0], match.index + 1, next));
  }
  return tokens;
}

/** Reads tokens one by one; each reader fails with the place of what it did not expect. */
export class Cursor {
  readonly #tokens: readonly Token[];
  readonly #end: number;
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokenise(text);
    this.#end = text.trimEnd().length + 1;
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead];
  }

  /** @throws NotationFailure at the end */
  next(wanted: string): Token {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw this.missing(wanted);
    this.#at++;
    return token;
  }

  missing(wanted: string): NotationFailure {
    return new NotationFailure(`${wanted} is missing`, this.#end, 1);
  }

  /** Takes the next token if it is this word. */
  accept(...words: readonly string[]): boolean {
    const token = this.peek();
    if (token?.kind !== 'word' || !words.includes(token.text)) return false;
    this.#at++;
    return true;
  }

  acceptKind(kind: Token['kind']): boolean {
    if (this.peek()?.kind !== kind) return false;
    this.#at++;
    return true;
  }

  /** True before a token that is a number. */
  get atNumber(): boolean {
    const token = this.peek();
    return token?.kind === 'word' && numberOf(token.text) !== undefined;
  }

  /** A decimal or 0x number from 0 to `most`. */
  number(wanted: string, most: number): number {
    const token = this.next(wanted);
    const value = token.kind === 'word' ? numberOf(token.text) : undefined;
    if (value === undefined) throw fail(token, `'${token.raw}' is no number for ${wanted}`);
    if (value > most) throw fail(token, `${wanted} is at most ${most}`);
    return value;
  }

  /** A name from the table, or a number up to `most`. */
  named(wanted: string, names: Readonly<Record<string, number>>, most: number): number {
    const token = this.peek();
    const value = token?.kind === 'word' ? own(names, token.text) : undefined;
    if (value !== undefined) {
      this.#at++;
      return value;
    }
    if (token !== undefined && !this.atNumber) {
      const meant = nearest(token.text, Object.keys(names));
      throw fail(token, `'${token.raw}' is no ${wanted}`, meant);
    }
    return this.number(wanted, most);
  }

  /** One word of hexadecimal; with `many` all words up to the first that is none. */
  hexBytes(many = false): Uint8Array {
    const first = this.next('hexadecimal');
    let digits = hexDigits(first);
    while (many && isHex(this.peek())) digits += hexDigits(this.next('hexadecimal'));
    if (digits.length % 2 !== 0) throw fail(first, 'an odd number of hexadecimal digits');
    return unhex(digits);
  }

  /** `"text"`, or one word as it is. */
  text(wanted: string): Uint8Array {
    const token = this.next(wanted);
    return token.kind === 'string' ? bytesBetween(token.text) : utf8Encode(token.raw);
  }
}

const isHex = (token: Token | undefined): boolean =>
  token?.kind === 'word' && /^(?:0x)?[0-9a-f:]+$/.test(token.text);

function hexDigits(token: Token): string {
  if (!isHex(token)) throw fail(token, `'${token.raw}' is not hexadecimal`);
  return token.text.replace(/^0x/, '').replace(/:/g, '');
}

/** A failure at a token; without one (never, where a token was seen) at the beginning. */
export const fail = (
  token: Token | undefined,
  message: string,
  suggestion?: string,
): NotationFailure =>
  new NotationFailure(message, token?.column ?? 1, token?.raw.length ?? 1, suggestion);

/** The table's own entry; words like `constructor` find nothing. */
export const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

export function numberOf(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  return /^0x[0-9a-f]+$/.test(text) ? Number.parseInt(text.slice(2), 16) : undefined;
}
