// Numbers that stand behind options in other forms than alone.

import type { U64, XtRange, XtTest } from '../../program/index.ts';
import { wrong } from './context.ts';
import type { ValueParser } from './extension.ts';
import { flagText, hexText, rangeText } from './print.ts';
import { unsigned } from './values.ts';

export const U8_MAX = 0xff;
export const U16_MAX = 0xffff;
export const U32_MAX = 0xffffffff;
const U64_MAX = 2n ** 64n - 1n;

/** `0x1/0x3`, and no mask where all bits count. */
export const maskedText = (value: number, mask: number): string =>
  mask === U32_MAX ? hexText(value) : `${hexText(value)}/${hexText(mask)}`;

/** The same in nft's words, behind the key: `0x1`, `and 0x3 != 0x1`. */
export const maskedNft = (value: number, mask: number, invert: boolean): string =>
  mask === U32_MAX
    ? `${invert ? '!= ' : ''}${hexText(value)}`
    : `and ${hexText(mask)} ${invert ? '!=' : '=='} ${hexText(value)}`;

/** strtoumax with base 0. @throws XtError unless it is a whole number below 2^64 */
export function u64In(word: string): bigint {
  const text = unsigned(word);
  const octal = /^0[0-7]+$/.test(text);
  if (!octal && !/^(0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)$/.test(text)) wrong(`bad number "${text}"`);
  const value = BigInt(octal ? `0o${text.slice(1)}` : text);
  return value > U64_MAX ? wrong(`number ${text} is not below 2^64`) : value;
}

export const uint64: ValueParser = ([word = '']): U64 => u64In(word).toString();

/** XTTYPE_UINT64RC; the upper end is absent where only one number was written. */
export const uint64Range: ValueParser = ([word = '']): { from: U64; to?: U64 } => {
  const [low = '', high, ...more] = word.split(':');
  if (more.length > 0 || word === '') wrong(`bad range "${word}"`);
  const from = low === '' ? 0n : u64In(low);
  if (high === undefined) return { from: from.toString() };
  const to = high === '' ? U64_MAX : u64In(high);
  if (to < from) wrong(`range "${word}" ends before it begins`);
  return { from: from.toString(), to: to.toString() };
};

export const isFull = ({ min, max }: XtRange, end: number): boolean => min === 0 && max === end;

/** `! --name 1:2`, and nothing for a range that holds everything. */
export const rangeFlag = (name: string, range: XtRange, invert: boolean, end: number): string =>
  isFull(range, end) && !invert ? '' : `${flagText(name, invert)} ${rangeText(range)}`;

/** nft's `key != 1-2`. */
export const rangeNft = (key: string, range: XtRange, invert: boolean): string =>
  `${key} ${invert ? '!= ' : ''}${rangeText(range, '-')}`;

export const testNft = (key: string, test: XtTest<number> | undefined): string =>
  test === undefined ? '' : `${key} ${test.invert ? '!= ' : ''}${test.value}`;

export const rangeTestNft = (key: string, test: XtTest<XtRange> | undefined): string =>
  test === undefined ? '' : rangeNft(key, test.value, test.invert);

/**
 * The length of a header of IPv6: in bytes here, in nft as the field has it, in units behind the first ones.
 * @param first units that the field does not count
 */
export function headerLengthNft(
  header: string,
  test: XtTest<number>,
  { unit, first }: { readonly unit: number; readonly first: number },
): string {
  const field = test.value / unit - first;
  if (Number.isInteger(field) && field >= 0 && field <= 0xff)
    return testNft(`${header} hdrlength`, { ...test, value: field });
  // No header is so long.
  const exists = `exthdr ${header} exists`;
  return test.invert ? exists : `${exists} exthdr ${header} missing`;
}
