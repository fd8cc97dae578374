// What wishes of many matches are put together from.

import type { Family, TtlInfo, XtNet, XtRange, XtTest } from '../../program/index.ts';
import type { BytePlace } from './shape.ts';
import type { Field, Span, Wish } from './wish.ts';

export type Wanted = (info: object, family: Family) => readonly Wish[];

/** Programs are validated before they come here. */
export const of =
  <I extends object>(wants: (info: I, family: Family) => readonly Wish[]): Wanted =>
  (info, family) =>
    wants(info as I, family);

export const digits = (value: number, bytes: number): string =>
  value.toString(16).padStart(bytes * 2, '0');

export const span = (min: number, max: number, bytes: number): Span => ({
  low: digits(min, bytes),
  high: digits(max, bytes),
});

/** A range that is not everything. */
export function inRange(
  field: Field,
  { min, max }: XtRange,
  bytes: number,
  negated = false,
): Wish[] {
  const isAll = min === 0 && max === 2 ** (8 * bytes) - 1 && !negated;
  return isAll ? [] : [{ field, spans: [span(min, max, bytes)], negated }];
}

export const isProtocol = (value: number): Wish => ({
  field: 'protocol',
  spans: [span(value, value, 1)],
  negated: false,
});

export function masked(
  field: Field,
  value: number,
  mask: number,
  bytes: number,
  negated: boolean,
): Wish {
  const wanted = (value & mask) >>> 0;
  return { field, spans: [span(wanted, wanted, bytes)], negated, mask: digits(mask, bytes) };
}

export const tested = (field: Field, low: string, high: string, negated: boolean): Wish => ({
  field,
  spans: [{ low, high }],
  negated,
});

const isPrefix = (mask: string): boolean => /^f*[8ce]?0*$/.test(mask);

/** An address and its mask: a range of addresses, or bits that count. */
export function netWish(field: Field, { value, invert }: XtTest<XtNet>, at?: BytePlace): Wish {
  const { address, mask } = value;
  const place = at === undefined ? {} : { at };
  if (!isPrefix(mask))
    return { field, spans: [{ low: address, high: address }], negated: invert, mask, ...place };
  const all = (1n << BigInt(mask.length * 4)) - 1n;
  const high = (BigInt(`0x${address}`) | (BigInt(`0x${mask}`) ^ all)).toString(16);
  return {
    field,
    spans: [{ low: address, high: high.padStart(address.length, '0') }],
    negated: invert,
    ...place,
  };
}

/** A number of so many bytes at a place of the packet. */
export const bytesAt = (at: BytePlace, range: XtRange, size: number, negated = false): Wish => ({
  field: 'bytes',
  spans: [span(range.min, range.max, size)],
  negated,
  at,
});

export const testedBytes = (
  at: BytePlace,
  test: XtTest<number> | undefined,
  size: number,
): Wish[] => (test ? [bytesAt(at, { min: test.value, max: test.value }, size, test.invert)] : []);

/** Hop limits, by a comparison that has a name. */
export function hops(mode: TtlInfo['mode'], value: number): Wish[] {
  switch (mode) {
    case 'lt':
      return value > 0 ? inRange('ttl', { min: 0, max: value - 1 }, 1) : [];
    case 'gt':
      return value < 255 ? inRange('ttl', { min: value + 1, max: 255 }, 1) : [];
    default:
      return inRange('ttl', { min: value, max: value }, 1, mode === 'ne');
  }
}
