// Readers of what stands behind options, as xtoptions.c of libxtables reads them.

import { utf8Decode, utf8Encode } from '../../bytes/index.ts';
import type { XtRange } from '../../program/index.ts';
import { wrong } from './context.ts';
import type { ValueParser } from './extension.ts';

const ZERO = 48;

/** strtoul(3) skips blanks and takes a plus. */
export const unsigned = (text: string): string => text.replace(/^[ \t\n\v\f\r]*\+?(?=\d)/, '');

/** strtoul with base 0: decimal, 0x hexadecimal, 0 octal. Undefined for anything else. */
export function number(word: string): number | undefined {
  const first = word.charCodeAt(0);
  const text = first < ZERO ? unsigned(word) : word;
  if (/^0[xX][0-9a-fA-F]+$/.test(text)) return Number.parseInt(text.slice(2), 16);
  if (/^0[0-7]*$/.test(text)) return Number.parseInt(text, 8);
  return /^[1-9][0-9]*$/.test(text) ? Number(text) : undefined;
}

/** @throws XtError unless it is a whole number from `min` to `max` */
export function numberIn(text: string, min: number, max: number, what = 'value'): number {
  const value = number(text);
  if (value === undefined) return wrong(`bad ${what} "${text}"`);
  if (value < min || value > max) return wrong(`${what} ${text} is not from ${min} to ${max}`);
  return value;
}

/** XTTYPE_UINT8 … UINT32 */
export const uint =
  (max: number, min = 0): ValueParser =>
  ([word = '']) =>
    numberIn(word, min, max);

/** XTTYPE_UINT*RC: `a:b`, `a:`, `:b` or `a`, both ends inclusive; an upper end below the lower is refused. */
export const uintRange =
  (max: number, separator = ':'): ValueParser =>
  ([word = '']) =>
    rangeIn(word, max, separator);

export function rangeIn(text: string, max: number, separator = ':'): XtRange {
  const [low = '', high, ...more] = text.split(separator);
  if (more.length > 0 || text === '') return wrong(`bad range "${text}"`);
  const from = low === '' && high !== undefined ? 0 : numberIn(low, 0, max);
  const to = high === undefined ? from : high === '' ? max : numberIn(high, 0, max);
  return to < from ? wrong(`range "${text}" ends before it begins`) : { min: from, max: to };
}

/** The word as it stands, of at most so many bytes. */
export const text =
  (maxBytes: number, what = 'value'): ValueParser =>
  ([word = '']) =>
    utf8Encode(word).length > maxBytes ? wrong(`${what} is longer than ${maxBytes} bytes`) : word;

/** The word, cut to what fits into so many bytes, as XTTYPE_STRING is stored. */
export const cut =
  (maxBytes: number): ValueParser =>
  ([word = '']) => {
    const bytes = utf8Encode(word);
    return bytes.length <= maxBytes ? word : utf8Decode(bytes.subarray(0, maxBytes));
  };

/** The same for what is shown in a line: neither empty nor with a break in it. */
export const cutLine =
  (maxBytes: number): ValueParser =>
  (words, cx) => {
    if (words[0] === '') return wrong('an empty text');
    return words[0]?.includes('\n') === true
      ? wrong('no line breaks here')
      : cut(maxBytes)(words, cx);
  };
