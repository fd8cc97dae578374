// Marks: a value and the bits of the mark it is about.

import type { ValueParser } from './extension.ts';
import { hexText } from './print.ts';
import { number, numberIn } from './values.ts';

export interface MarkMask {
  readonly mark: number;
  readonly mask: number;
}

const ALL = 0xffffffff;

/** XTTYPE_MARKMASK32: `value` or `value/mask`. */
export const markMask: ValueParser = ([word = '']): MarkMask => {
  const slash = word.indexOf('/');
  if (slash < 0) return { mark: numberIn(word, 0, ALL), mask: ALL };
  return {
    mark: numberIn(word.slice(0, slash), 0, ALL),
    mask: numberIn(word.slice(slash + 1), 0, ALL),
  };
};

/** xtables_parse_val_mask(): the same, or a name that stands for all bits. */
export const namedMask =
  (kind: 'devgroup' | 'realm'): ValueParser =>
  (words, cx) => {
    const [word = ''] = words;
    const named = number(word) === undefined ? cx.names[kind]?.(word) : undefined;
    return named === undefined ? markMask(words, cx) : { mark: named, mask: ALL };
  };

/** `0x1/0xff`. */
export const markText = ({ mark, mask }: MarkMask): string => `${hexText(mark)}/${hexText(mask)}`;

/** Bits of `a` without those of `b`, unsigned. */
export const without = (a: number, b: number): number => (a & ~b) >>> 0;
export const bitsOr = (a: number, b: number): number => (a | b) >>> 0;
