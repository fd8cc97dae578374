import { type Integer, integer, type Span } from '../ast/index.ts';

/**
 * JSON as a tree with places, so that an error in a generated ruleset of a million lines says where
 * it is. The language's own JSON.parse has neither places nor 64-bit integers (counters, marks of
 * `ct bytes`), nor a limit of depth.
 */
export type JsonNode =
  | { readonly kind: 'null'; readonly span: Span }
  | { readonly kind: 'boolean'; readonly span: Span; readonly value: boolean }
  | { readonly kind: 'integer'; readonly span: Span; readonly value: Integer }
  | { readonly kind: 'real'; readonly span: Span; readonly value: number }
  | { readonly kind: 'string'; readonly span: Span; readonly value: string }
  | { readonly kind: 'array'; readonly span: Span; readonly items: readonly JsonNode[] }
  | ObjectNode;

export interface ObjectNode {
  readonly kind: 'object';
  readonly span: Span;
  /** A name given twice has its last value. */
  readonly members: ReadonlyMap<string, JsonNode>;
}

/** A value to be written as JSON; integers of up to 64 bits as they are. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** JSON as one line. `undefined` members are left out. Bigints are written as plain integers. */
export function stringifyJson(value: Json): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return isArray(value) ? stringifyArray(value) : stringifyObject(value);
}

const isArray = (value: object): value is readonly Json[] => Array.isArray(value);

// Appending to one string is what engines are best at: a listing may have a million members.
function stringifyArray(items: readonly Json[]): string {
  let text = '[';
  for (let i = 0; i < items.length; i++) text += (i > 0 ? ', ' : '') + stringifyJson(items[i]!);
  return `${text}]`;
}

function stringifyObject(members: JsonObject): string {
  let text = '{';
  for (const key of Object.keys(members)) {
    const member = members[key];
    if (member === undefined) continue;
    text += `${text.length > 1 ? ', ' : ''}${JSON.stringify(key)}: ${stringifyJson(member)}`;
  }
  return `${text}}`;
}

/** What is wrong with a text that is not JSON, and where. */
export class JsonSyntaxError extends Error {
  readonly span: Span;
  readonly code: 'bad_json' | 'nesting_too_deep';
  constructor(span: Span, sentence: string, code: JsonSyntaxError['code'] = 'bad_json') {
    super(sentence);
    this.span = span;
    this.code = code;
  }
}

/** Objects and arrays inside each other; a rule needs about fifteen levels. */
export const MAX_DEPTH = 100;

/** Parses RFC 8259 JSON; throws JsonSyntaxError. */
export function parseJsonText(text: string, source: number): JsonNode {
  const reader = new TextReader(text, source);
  const value = reader.value(0);
  reader.end();
  return value;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const QUOTE = 34;
const BACKSLASH = 92;
const SPACE = 32;
const BLANK = /[ \t\n\r]*/y;

class TextReader {
  readonly #text: string;
  readonly #source: number;
  #at = 0;

  constructor(text: string, source: number) {
    this.#text = text;
    this.#source = source;
  }

  value(depth: number): JsonNode {
    this.#blank();
    const start = this.#at;
    switch (this.#text[start]) {
      case '{':
        return this.#object(start, depth + 1);
      case '[':
        return this.#array(start, depth + 1);
      case '"':
        return this.#stringNode(start);
      case 't':
        return this.#word('true', { kind: 'boolean', span: this.#span(start, 4), value: true });
      case 'f':
        return this.#word('false', { kind: 'boolean', span: this.#span(start, 5), value: false });
      case 'n':
        return this.#word('null', { kind: 'null', span: this.#span(start, 4) });
      default:
        return this.#number(start);
    }
  }

  end(): void {
    this.#blank();
    if (this.#at < this.#text.length) this.#fail('the input goes on after its end');
  }

  #blank(): void {
    BLANK.lastIndex = this.#at;
    BLANK.test(this.#text);
    this.#at = BLANK.lastIndex;
  }

  #span(start: number, length: number): Span {
    return { source: this.#source, start, end: start + length };
  }

  #fail(sentence: string): never {
    throw new JsonSyntaxError(this.#span(this.#at, 1), sentence);
  }

  #deepen(depth: number): void {
    if (depth <= MAX_DEPTH) return;
    const sentence = `nested more than ${MAX_DEPTH} levels deep`;
    throw new JsonSyntaxError(this.#span(this.#at, 1), sentence, 'nesting_too_deep');
  }

  #expect(char: string): void {
    this.#blank();
    if (this.#text[this.#at] !== char) this.#fail(`expected '${char}'`);
    this.#at++;
  }

  #accept(char: string): boolean {
    this.#blank();
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #word(word: string, node: JsonNode): JsonNode {
    if (!this.#text.startsWith(word, this.#at)) this.#fail('expected a value');
    this.#at += word.length;
    return node;
  }

  #number(start: number): JsonNode {
    NUMBER.lastIndex = start;
    if (!NUMBER.test(this.#text)) this.#fail('expected a value');
    this.#at = NUMBER.lastIndex;
    const digits = this.#text.slice(start, this.#at);
    const span = this.#span(start, digits.length);
    if (/[.eE]/.test(digits)) return { kind: 'real', span, value: Number(digits) };
    // Longer than any 64-bit integer: keep its size, lose its last digits.
    if (digits.length > 21) return { kind: 'real', span, value: Number(digits) };
    const value = digits.length < 16 ? Number(digits) : integer(BigInt(digits));
    return { kind: 'integer', span, value: value === 0 ? 0 : value };
  }

  #stringNode(start: number): JsonNode {
    const value = this.#string();
    return { kind: 'string', span: this.#span(start, this.#at - start), value };
  }

  /** Not by a regular expression: those have a limited stack, and a string has not. */
  #string(): string {
    const start = this.#at;
    let escaped = false;
    let i = start + 1;
    for (let c = this.#text.charCodeAt(i); c !== QUOTE; c = this.#text.charCodeAt(i)) {
      if (!(c >= SPACE)) this.#fail('this string is not closed on its line');
      if (c === BACKSLASH) escaped = true;
      i += c === BACKSLASH ? 2 : 1;
    }
    this.#at = i + 1;
    const token = this.#text.slice(start, this.#at);
    return escaped ? this.#unescaped(token, start) : token.slice(1, -1);
  }

  #unescaped(token: string, start: number): string {
    try {
      return JSON.parse(token) as string;
    } catch {
      const sentence = 'this string has an escape that JSON does not know';
      throw new JsonSyntaxError(this.#span(start, token.length), sentence);
    }
  }

  #array(start: number, depth: number): JsonNode {
    this.#deepen(depth);
    this.#at++;
    const items: JsonNode[] = [];
    if (!this.#accept(']')) {
      do items.push(this.value(depth));
      while (this.#accept(','));
      this.#expect(']');
    }
    return { kind: 'array', span: this.#span(start, this.#at - start), items };
  }

  #object(start: number, depth: number): JsonNode {
    this.#deepen(depth);
    this.#at++;
    const members = new Map<string, JsonNode>();
    if (!this.#accept('}')) {
      do {
        this.#blank();
        if (this.#text[this.#at] !== '"') this.#fail('expected a name in quotes');
        const name = this.#string();
        this.#expect(':');
        members.set(name, this.value(depth));
      } while (this.#accept(','));
      this.#expect('}');
    }
    return { kind: 'object', span: this.#span(start, this.#at - start), members };
  }
}
