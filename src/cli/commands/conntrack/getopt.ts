// getopt_long(3) as the GNU library has it: options may stand anywhere, long ones may be shortened as
// far as they stay clear, and `--` ends them.

/** 0: no argument; 1: one; 2: one that must stand in the same word. */
export type HasArg = 0 | 1 | 2;

export interface LongOption {
  readonly name: string;
  readonly arg: HasArg;
  /** What the option is called to who asks: a letter, or a name of its own. */
  readonly id: string;
}

export type Found =
  | { readonly kind: 'option'; readonly id: string; readonly value?: string }
  | { readonly kind: 'unknown'; readonly word: string }
  | { readonly kind: 'missing'; readonly word: string };

export class Getopt {
  /** The words; those that are no options move behind. */
  readonly #words: string[];
  readonly #short: ReadonlyMap<string, HasArg>;
  #long: readonly LongOption[];
  #next = 0;
  /** Letters of the word at hand that were not read yet. */
  #rest = '';
  /** What stood between options. */
  readonly operands: string[] = [];

  constructor(
    words: readonly string[],
    short: ReadonlyMap<string, HasArg>,
    long: readonly LongOption[],
  ) {
    this.#words = [...words];
    this.#short = short;
    this.#long = long;
  }

  /** More long options from here on; of two with one name the first counts. */
  extend(long: readonly LongOption[]): void {
    this.#long = [...this.#long, ...long];
  }

  /** The word behind the option just read, where it is none itself: taken away. */
  takeOperand(): string | undefined {
    const word = this.#words[this.#next];
    if (this.#rest !== '' || word === undefined || /^[-!]/.test(word)) return undefined;
    this.#next++;
    return word;
  }

  /** The next option, or undefined behind the last. */
  next(): Found | undefined {
    if (this.#rest !== '') return this.#letter();
    for (;;) {
      const word = this.#words[this.#next++];
      if (word === undefined) return undefined;
      if (word === '--') {
        this.operands.push(...this.#words.slice(this.#next));
        this.#next = this.#words.length;
        return undefined;
      }
      if (word.startsWith('--')) return this.#longOption(word);
      if (word.length > 1 && word.startsWith('-')) {
        this.#rest = word.slice(1);
        return this.#letter();
      }
      this.operands.push(word);
    }
  }

  /** The word the last option stood in, as messages quote it. */
  #word(): string {
    return this.#words[this.#next - 1] ?? '';
  }

  #letter(): Found {
    const letter = this.#rest[0] ?? '';
    this.#rest = this.#rest.slice(1);
    const arg = this.#short.get(letter);
    if (arg === undefined) return { kind: 'unknown', word: this.#word() };
    if (arg === 0) return { kind: 'option', id: letter };
    const value = this.#rest;
    this.#rest = '';
    if (value !== '') return { kind: 'option', id: letter, value };
    return arg === 2 ? { kind: 'option', id: letter } : this.#valueOf(letter);
  }

  #valueOf(id: string): Found {
    const value = this.#words[this.#next];
    if (value === undefined) return { kind: 'missing', word: this.#word() };
    this.#next++;
    return { kind: 'option', id, value };
  }

  #longOption(word: string): Found {
    const equals = word.indexOf('=');
    const name = word.slice(2, equals < 0 ? undefined : equals);
    const option = this.#find(name);
    if (option === undefined) return { kind: 'unknown', word };
    if (equals >= 0 && option.arg === 0) return { kind: 'unknown', word };
    if (equals >= 0) return { kind: 'option', id: option.id, value: word.slice(equals + 1) };
    return option.arg === 1 ? this.#valueOf(option.id) : { kind: 'option', id: option.id };
  }

  #find(name: string): LongOption | undefined {
    const exact = this.#long.find((option) => option.name === name);
    if (exact !== undefined) return exact;
    const begun = this.#long.filter((option) => option.name.startsWith(name));
    const [first] = begun;
    return begun.every(({ id, arg }) => id === first?.id && arg === first.arg) ? first : undefined;
  }
}
