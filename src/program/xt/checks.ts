// Checks that infos share.

import { boolean, type Check, hex, integer, object } from '../schema.ts';
import type { XtAddresses, XtMasked, XtNet, XtRange, XtTest } from './info.ts';

export const u8 = integer(0, 0xff);
export const u16 = integer(0, 0xffff);
export const u32 = integer(0, 0xffffffff);

const U64_MAX = 2n ** 64n - 1n;

export const u64: Check = (value, path, problems) => {
  const sound = typeof value === 'string' && /^(0|[1-9][0-9]{0,19})$/.test(value);
  if (!sound || BigInt(value) > U64_MAX)
    problems.push({ path, message: 'expected a 64-bit number in decimal' });
};

export const range = (end: Check): Check => object<XtRange>({ min: end, max: end });

export const test = (value: Check): Check => object<XtTest<unknown>>({ value, invert: boolean });

export const net = object<XtNet>({ address: hex, mask: hex });
export const masked = object<XtMasked>({ value: u32, mask: u32 });
export const addresses = object<XtAddresses>({ from: hex, to: hex });

/** Hex of one of these numbers of bytes. */
export const bytes =
  (...lengths: readonly number[]): Check =>
  (value, path, problems) => {
    hex(value, path, problems);
    if (typeof value === 'string' && !lengths.includes(value.length / 2))
      problems.push({ path, message: `expected ${lengths.join(' or ')} bytes in hex` });
  };
