// Lists of words that stand for bits.

import { nearest } from '../../diagnostics/index.ts';
import { wrong } from './context.ts';

/** Words between commas as strtok(3) finds them: nothing is between two of them. */
export const listed = (text: string): readonly string[] =>
  text.split(',').filter((word) => word !== '');

/** Words and the bits they stand for, in the order they are written. */
export type Bits = readonly (readonly [word: string, bits: number])[];

/** A list with a better word in the place of one. */
function nearestIn(list: string, word: string, names: readonly string[]): string | undefined {
  const near = nearest(word, names);
  if (near === undefined) return undefined;
  return list
    .split(',')
    .map((one) => (one === word ? near : one))
    .join(',');
}

/** Bits of a comma-separated list; each word may be abbreviated, and its case is free (strncasecmp). */
export function bitsIn(text: string, words: Bits, what: string): number {
  return text.split(',').reduce((all, word) => {
    const found = words.find(([name]) => name.startsWith(word.toUpperCase()));
    if (word === '' || found === undefined)
      return wrong(
        `bad ${what} "${word}"`,
        nearestIn(
          text,
          word,
          words.map(([name]) => name),
        ),
      );
    return all | found[1];
  }, 0);
}

export const bitWords = (bits: number, words: Bits): readonly string[] =>
  words.filter(([, bit]) => (bits & bit) !== 0).map(([word]) => word);
