// Quantities as nft spells them.

import type { Integer } from '../ast/index.ts';

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1000, 's'],
  [1, 'ms'],
] as const;

/** Milliseconds as `1d2h3m4s5ms` (time_print of datatype.c). */
export function printTime(ms: number): string {
  let rest = ms;
  let text = '';
  for (const [size, unit] of UNITS) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0) text += `${n}${unit}`;
  }
  return text === '' ? '0s' : text;
}

const BYTE_UNITS = ['bytes', 'kbytes', 'mbytes'];

/** Bytes in the greatest unit that divides them: `25 mbytes`, `1025 kbytes` (get_rate). */
export function printBytes(bytes: Integer): string {
  let amount = BigInt(bytes);
  let unit = 0;
  while (amount !== 0n && unit < BYTE_UNITS.length - 1 && amount % 1024n === 0n) {
    amount /= 1024n;
    unit++;
  }
  return `${amount} ${BYTE_UNITS[unit]}`;
}
