// Interface names as rules compare them: sixteen bytes, or fewer where only the beginning counts.

import { unhex, utf8Decode } from '../../bytes/index.ts';
import type { Hex } from '../../program/index.ts';
import type { Span } from './wish.ts';

const IFNAMSIZ = 16;

/** `eth0` of `65746830…`; undefined for what is no name. */
export function deviceName(digits: Hex): string | undefined {
  if (digits.length !== 2 * IFNAMSIZ) return undefined;
  // A beginning of a name is filled up with ones at the end of its span.
  const text = utf8Decode(unhex(digits.replace(/(ff)+$/, '')));
  const name = text.replace(/\0.*$/s, '');
  return /^[!-~]{1,15}$/.test(name) && !/[/\s]/.test(name) ? name : undefined;
}

/** A name that the span holds: of `ppp*` it is `ppp0`. */
export function nameIn({ low, high }: Span): string | undefined {
  const name = deviceName(low);
  return name !== undefined && low !== high && name.length < IFNAMSIZ - 1 ? `${name}0` : name;
}
