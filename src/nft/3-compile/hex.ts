// Numbers as bytes of a program: big endian, hexadecimal.

import { hexOfWord } from '../../bytes/index.ts';
import type { Hex } from '../../program/index.ts';
import { bytesOf, type ConcatX, ones, type Typed } from '../2-check/index.ts';

/** The low `bytes` bytes of a number. */
export function hexOf(number: bigint, bytes: number): Hex {
  if (bytes > 4) return (number & ones(bytes * 8)).toString(16).padStart(bytes * 2, '0');
  // Addresses and ports, by the ten thousand.
  return hexOfWord(Number(BigInt.asUintN(32, number)), bytes);
}

/** A field of a concatenation stands at the start of its registers, zeroes behind it. */
const padded = (hex: Hex): Hex => hex.padEnd(Math.ceil(hex.length / 8) * 8, '0');

export interface Bounds {
  readonly low: Hex;
  readonly high: Hex;
}

const bounds = (low: bigint, high: bigint, bytes: number): Bounds => {
  const first = hexOf(low, bytes);
  return { low: first, high: high === low ? first : hexOf(high, bytes) };
};

/** First and last value of a constant, in `bytes` bytes; undefined if it is not a number. */
export function boundsHex(x: Typed, bytes: number): Bounds | undefined {
  switch (x.kind) {
    case 'value':
      return bounds(x.value, x.value, bytes);
    case 'range':
      return x.from.kind === 'value' && x.to.kind === 'value'
        ? bounds(x.from.value, x.to.value, bytes)
        : undefined;
    case 'prefix':
      return x.prefix.kind === 'value'
        ? bounds(x.prefix.value, x.prefix.value | ones(x.len - x.prefixLen), bytes)
        : undefined;
    default:
      return undefined;
  }
}

/** The fields of a constant concatenation one behind the other. */
export function concatHex(x: ConcatX, fieldBytes: readonly number[]): Bounds | undefined {
  let low = '';
  let high = '';
  for (let i = 0; i < x.items.length; i++) {
    const item = x.items[i];
    const field = item && boundsHex(item, fieldBytes[i] ?? bytesOf(item.len));
    if (field === undefined) return undefined;
    low += padded(field.low);
    high += padded(field.high);
  }
  return { low, high };
}
