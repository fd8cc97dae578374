// A reader of ASN.1 (X.680), as much of it as H.225.0 and H.245 are written in, and two words of its own:
//
//   name            an addition of which no type is given is jumped over by its length
//   name UNREAD     reading of this SEQUENCE or CHOICE ends here
//
// A type must be defined above its use. So none can hold itself, and how deep a message nests is bounded.

/** Bounds of a value or a size; without `max` there is none. */
export interface Range {
  readonly min: number;
  readonly max?: number;
}

export interface Component {
  readonly name: string;
  /** null: jumped over, or behind the end of what is read. */
  readonly type: Asn1Type | null;
  readonly optional: boolean;
}

export interface SequenceType {
  readonly kind: 'sequence';
  readonly root: readonly Component[];
  /** How many of the root are optional, and so have a bit that says whether they are there. */
  readonly optionals: number;
  /** null: not extensible. */
  readonly additions: readonly Component[] | null;
}

export interface ChoiceType {
  readonly kind: 'choice';
  readonly root: readonly Component[];
  readonly additions: readonly Component[] | null;
}

export type Asn1Type =
  | SequenceType
  | ChoiceType
  | { readonly kind: 'null' | 'boolean' | 'identifier' | 'open' | 'unread' }
  /** `digits`: characters of an alphabet of at most sixteen; `wide`: BMPString. */
  | {
      readonly kind: 'integer' | 'octets' | 'bits' | 'digits' | 'wide';
      readonly range: Range;
    }
  | { readonly kind: 'list'; readonly item: Asn1Type }
  /** An octet string that holds a value of another type. */
  | { readonly kind: 'containing'; readonly type: Asn1Type };

export type Asn1Types = ReadonlyMap<string, Asn1Type>;

const TOKEN = /[A-Za-z][A-Za-z0-9-]*|\d+|::=|\.\.\.|\.\.|"[^"]*"|[{}(),]/g;
const UNBOUNDED: Range = { min: 0 };
const NONE: Asn1Types = new Map();
const MAX_ALPHABET = 16;

class NotationReader {
  readonly #tokens: readonly string[];
  readonly #defined: Map<string, Asn1Type>;
  #at = 0;

  constructor(text: string, imports: Asn1Types) {
    this.#tokens = text.replaceAll(/--.*$/gm, '').match(TOKEN) ?? [];
    this.#defined = new Map(imports);
  }

  module(): Asn1Types {
    while (this.#at < this.#tokens.length) {
      const name = this.#next();
      this.#expect('::=');
      this.#defined.set(name, this.#type());
    }
    return this.#defined;
  }

  get #peek(): string {
    return this.#tokens[this.#at] ?? '';
  }

  #next(): string {
    return this.#tokens[this.#at++] ?? '';
  }

  #took(token: string): boolean {
    if (this.#peek !== token) return false;
    this.#at++;
    return true;
  }

  #expect(token: string): void {
    if (!this.#took(token)) this.#fail(`${token} expected`);
  }

  #fail(why: string): never {
    const around = this.#tokens.slice(Math.max(0, this.#at - 5), this.#at + 3).join(' ');
    throw new Error(`ASN.1: ${why} near '${around}'`);
  }

  #type(): Asn1Type {
    const word = this.#next();
    switch (word) {
      case 'NULL':
        return { kind: 'null' };
      case 'BOOLEAN':
        return { kind: 'boolean' };
      case 'ANY':
        return { kind: 'open' };
      case 'UNREAD':
        return { kind: 'unread' };
      case 'OBJECT':
        this.#expect('IDENTIFIER');
        return { kind: 'identifier' };
      case 'INTEGER':
        return { kind: 'integer', range: this.#range() };
      case 'SEQUENCE':
        return this.#sequence();
      case 'CHOICE':
        return { kind: 'choice', ...this.#components() };
      default:
        return this.#string(word) ?? this.#defined.get(word) ?? this.#fail(`no type '${word}'`);
    }
  }

  #string(word: string): Asn1Type | null {
    switch (word) {
      case 'OCTET':
        this.#expect('STRING');
        return this.#octets();
      case 'BIT':
        this.#expect('STRING');
        return { kind: 'bits', range: this.#size() };
      case 'BMPString':
        return { kind: 'wide', range: this.#size() };
      case 'NumericString':
        return { kind: 'digits', range: this.#size() };
      case 'IA5String':
        return this.#alphabet(this.#size());
      default:
        return null;
    }
  }

  #octets(): Asn1Type {
    if (this.#tokens[this.#at + 1] !== 'CONTAINING') return { kind: 'octets', range: this.#size() };
    this.#at += 2;
    const type = this.#type();
    this.#expect(')');
    return { kind: 'containing', type };
  }

  /** `(a..b)`; nothing where there are no bounds. */
  #range(): Range {
    if (!this.#took('(')) return UNBOUNDED;
    const min = Number(this.#next());
    const max = this.#took('..') ? Number(this.#next()) : min;
    this.#expect(')');
    return { min, max };
  }

  #size(): Range {
    if (!this.#took('(')) return UNBOUNDED;
    this.#expect('SIZE');
    const range = this.#range();
    this.#expect(')');
    return range;
  }

  #alphabet(range: Range): Asn1Type {
    for (const token of ['(', 'FROM', '(']) this.#expect(token);
    if (this.#next().length - 2 > MAX_ALPHABET) this.#fail('an alphabet too large');
    for (const token of [')', ')']) this.#expect(token);
    return { kind: 'digits', range };
  }

  #sequence(): Asn1Type {
    if (this.#took('OF')) return { kind: 'list', item: this.#type() };
    const { root, additions } = this.#components();
    const optionals = root.filter(({ optional }) => optional).length;
    return { kind: 'sequence', root, optionals, additions };
  }

  #components(): Pick<ChoiceType, 'root' | 'additions'> {
    const root: Component[] = [];
    let additions: Component[] | null = null;
    this.#expect('{');
    do {
      if (this.#took('...')) additions = [];
      else (additions ?? root).push(this.#component());
    } while (this.#took(','));
    this.#expect('}');
    this.#checkRoot(root);
    return { root, additions };
  }

  #component(): Component {
    const name = this.#next();
    const type = /^([,}]|OPTIONAL)$/.test(this.#peek) ? null : this.#type();
    return { name, type, optional: this.#took('OPTIONAL') };
  }

  /** A part of the root has no length to jump by. */
  #checkRoot(root: readonly Component[]): void {
    const end = root.findIndex(({ type }) => type?.kind === 'unread');
    const bare = root.findIndex(({ type }) => type === null);
    if (bare >= 0 && (end < 0 || bare < end)) this.#fail(`no type of '${root[bare]!.name}'`);
  }
}

/**
 * The types of a module.
 * @throws Error where the text is not of this notation
 */
export const readNotation = (text: string, imports: Asn1Types = NONE): Asn1Types =>
  new NotationReader(text, imports).module();

/** A module that is read when its types are first asked for. */
export function moduleOf(text: string, imports: () => Asn1Types = () => NONE): () => Asn1Types {
  let types: Asn1Types | undefined;
  return () => {
    types ??= readNotation(text, imports());
    return types;
  };
}
