export const ENOENT = 2;
const EOPNOTSUPP = 95;

/** A construct that has no form in nf_tables messages, such as an opaque expression. */
export class Unencodable extends Error {
  override readonly name = 'Unencodable';
  /** What the kernel would say, if it could be asked. */
  readonly errno: number;
  /** The change's place in its batch, where it is one of a batch. */
  readonly change: number | undefined;

  constructor(message: string, errno = EOPNOTSUPP, change?: number) {
    super(message);
    this.errno = errno;
    this.change = change;
  }

  of(change: number): Unencodable {
    return new Unencodable(this.message, this.errno, change);
  }
}

/** The number of a word: its place in `words`. */
export function numberOf<T extends string>(
  words: readonly (T | undefined)[],
  word: T,
  what: string,
): number {
  const at = words.indexOf(word);
  if (at < 0) throw new Unencodable(`the kernel knows no ${what} '${word}'`);
  return at;
}

/** The sum of the bits that words stand for: `words[i]` is bit i. */
export const bitsOf = <T extends string>(
  words: readonly (T | undefined)[],
  set: readonly T[],
): number => set.reduce((bits, word) => bits | (1 << words.indexOf(word)), 0);

export const wordsOf = <T extends string>(words: readonly (T | undefined)[], bits: number): T[] =>
  words.filter((word, bit): word is T => word !== undefined && ((bits >>> bit) & 1) === 1);
