// Checks of fields that many infos have.

import { type Check, hex, integer } from '../schema.ts';

export const u8 = integer(0, 0xff);
export const u16 = integer(0, 0xffff);
export const u32 = integer(0, 0xffffffff);

/** Hex of one of these numbers of bytes. */
export const bytes =
  (...lengths: readonly number[]): Check =>
  (value, path, problems) => {
    hex(value, path, problems);
    if (typeof value === 'string' && !lengths.includes(value.length / 2))
      problems.push({ path, message: `expected ${lengths.join(' or ')} bytes in hex` });
  };
