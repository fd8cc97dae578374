// Text in payloads: a character per byte, and the numbers and addresses that protocols write.

import { formatIPv4, formatIPv6, parseIPv4, parseIPv6, put32, u32 } from '../bytes/index.ts';
import { NFPROTO_IPV4, NFPROTO_IPV6 } from '../conntrack/index.ts';
import type { Address } from './context.ts';

export { latin1, toLatin1 } from '../bytes/index.ts';

export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

/** The decimal number at `at`, and where it ends; a value above 2^32 comes out as simple_strtoul's. */
export function decimalAt(text: string, at: number): { value: number; end: number } {
  let end = at;
  let value = 0;
  for (; end < text.length && isDigit(text.charCodeAt(end)); end++)
    value = (value * 10 + text.charCodeAt(end) - 0x30) % 2 ** 32;
  return { value, end };
}

/** An address in text as words of a tuple, null where it is none of the family. */
export function parseAddress(text: string, l3: number): number[] | null {
  if (l3 === NFPROTO_IPV4) {
    const word = parseIPv4(text);
    return word === undefined ? null : [word | 0, 0, 0, 0];
  }
  const bytes = l3 === NFPROTO_IPV6 ? parseIPv6(text) : undefined;
  if (bytes === undefined) return null;
  return [0, 4, 8, 12].map((at) => u32(bytes, at) | 0);
}

export function formatAddress(address: Address, l3: number, from = 0): string {
  if (l3 === NFPROTO_IPV4) return formatIPv4(address[from]! >>> 0);
  return formatIPv6(addressBytes(address, from));
}

/** %pI6: eight groups of four digits. */
export function fullIPv6(address: Address, from = 0): string {
  const groups = [0, 1, 2, 3].flatMap((i) => {
    const word = address[from + i]! >>> 0;
    return [word >>> 16, word & 0xffff];
  });
  return groups.map((group) => group.toString(16).padStart(4, '0')).join(':');
}

export function addressBytes(address: Address, from = 0): Uint8Array {
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 4; i++) put32(bytes, 4 * i, address[from + i]!);
  return bytes;
}

export function sameAddress(a: Address, aFrom: number, b: Address, bFrom = 0): boolean {
  for (let i = 0; i < 4; i++) if (a[aFrom + i] !== b[bFrom + i]) return false;
  return true;
}
