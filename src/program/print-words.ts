// The small words that expressions and sets share in print.

import type { Hex, VerdictData } from './expr.ts';

export interface PrintOptions {
  /**
   * Anonymous sets as they are called before the kernel numbers them (`__set%d`), so that two
   * compilations of one rule print alike.
   */
  readonly anonymousNames?: boolean;
}

/** `__set7` is `__set%d` where the number is not to matter. */
export function printSetName(name: string, options: PrintOptions): string {
  return options.anonymousNames === true && name.startsWith('__')
    ? name.replace(/\d+$/, '%d')
    : name;
}

/** Four bytes a word, the last as short as it is. */
const wordsOf = (bytes: Hex): readonly string[] => bytes.match(/.{1,8}/g) ?? [];

/** A register's value: `0x0a000001 0x0050` (nftnl_data_reg_value_snprintf). */
export const words = (bytes: Hex): string =>
  wordsOf(bytes)
    .map((word) => `0x${word}`)
    .join(' ');

/** The same in a set element, without the prefixes. */
export const spacedWords = (bytes: Hex): string => wordsOf(bytes).join(' ');

/** nftnl_data_reg_verdict_snprintf, with nftnl_verdict2str's names. */
export function printVerdict(verdict: VerdictData): string {
  switch (verdict.code) {
    case 'jump':
    case 'goto':
      return `${verdict.code} -> ${verdict.chain}`;
    case 'queue':
      return `queue num ${verdict.num} flags ${verdict.flags}`;
    default:
      return verdict.code;
  }
}
