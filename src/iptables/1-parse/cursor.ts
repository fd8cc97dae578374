// The words of a command line one after the other: `!` on the way, and what options take.

import type { Word } from '../ast/index.ts';
import { spanOf } from '../ast/index.ts';
import * as say from '../diagnostics/index.ts';
import type { ReadOptions } from './command.ts';

/** May it be a word that an option takes if it is there: xs_has_arg(). */
const isArgument = (word: Word | undefined): word is Word =>
  word !== undefined && word.text[0] !== '-' && word.text[0] !== '!';

const isNegation = (word: Word | undefined): word is Word => word?.text === '!';

export class WordCursor {
  readonly #words: readonly Word[];
  readonly #options: ReadOptions;
  #at = 0;
  /** A `!` that waits for what it negates. */
  #negation: Word | undefined;

  constructor(words: readonly Word[], options: ReadOptions) {
    this.#words = words;
    this.#options = options;
  }

  #span(word: Word) {
    return spanOf(this.#options.source, word);
  }

  /** The next word, behind it then. */
  next(): Word | undefined {
    const word = this.#words[this.#at];
    if (word !== undefined) this.#at++;
    return word;
  }

  /** The words from here on that options may take, no more than `most` of them; where a sign says less, `-1`, too. */
  arguments(most = Number.POSITIVE_INFINITY, signed = false): Word[] {
    const taken: Word[] = [];
    while (taken.length < most && (this.hasArgument || (signed && this.#isNegative)))
      taken.push(this.next()!);
    return taken;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#words.length;
  }

  get #isNegative(): boolean {
    return /^-\d/.test(this.#words[this.#at]?.text ?? '');
  }

  get hasArgument(): boolean {
    return isArgument(this.#words[this.#at]);
  }

  get isNegated(): boolean {
    return this.#negation !== undefined;
  }

  negate(word: Word): void {
    if (this.#negation !== undefined) say.bad(say.twoNegations(this.#span(word)));
    this.#negation = word;
  }

  /** The `!` that waited. */
  dropNegation(): Word | undefined {
    const negation = this.#negation;
    this.#negation = undefined;
    return negation;
  }

  /** At the end no `!` may be left. @throws BadLine */
  finish(): void {
    if (this.#negation !== undefined) say.bad(say.nothingNegated(this.#span(this.#negation)));
  }

  /** `! --opt value`, and the older `--opt ! value` of options with words. */
  negation(negatable: boolean, option: Word, attached: Word | undefined, count: number): boolean {
    const before = this.dropNegation();
    const inside = this.#words[this.#at];
    const isInside = negatable && count > 0 && attached === undefined && isNegation(inside);
    if (isInside) {
      if (before !== undefined) say.bad(say.twoNegations(this.#span(inside)));
      this.#at++;
      if (this.#options.family !== 'bridge')
        this.#options.warn(
          say.oldSpelling(
            this.#span(inside),
            'Using intrapositioned negation (`--option ! this`) is deprecated in favor of extrapositioned (`! --option this`).',
          ),
        );
      return true;
    }
    if (before !== undefined && !negatable)
      say.bad(say.notNegatable(this.#span(before), option.text));
    return before !== undefined;
  }

  /** The first word is taken whatever it looks like, as getopt does; others must not be options. */
  values(count: number, option: Word, attached: Word | undefined): Word[] {
    const values: Word[] = attached === undefined ? [] : [attached];
    while (values.length < count) {
      const word = this.#words[this.#at];
      if (word === undefined || (values.length > 0 && !isArgument(word)))
        return say.bad(say.missingWord(this.#span(option), option.text));
      values.push(word);
      this.#at++;
    }
    return values;
  }

  /** `-c PACKETS BYTES` or `-c PACKETS,BYTES`. */
  counters(option: Word, attached: Word | undefined): Word[] {
    const [first] = this.values(1, option, attached);
    if (first === undefined || first.text.includes(',')) return first === undefined ? [] : [first];
    return [first, ...this.arguments(1)];
  }
}
