// Addresses, prefixes and numbers as conntrack(8) reads them: the C library's functions.

import { formatIPv4, formatIPv6, parseIPv6 } from '../../../bytes/index.ts';
import { ConntrackFault } from './fault.ts';

export interface Address {
  readonly family: 'ip' | 'ip6';
  readonly text: string;
  /** Length of a prefix, where there is one. */
  readonly prefix?: number;
}

/** strtoul(3) with base 0: the number a text begins with, and what is behind it. */
export function leadingNumber(text: string): { value: number; rest: string } {
  const found = /^\s*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)/.exec(text);
  if (found === null) return { value: 0, rest: text };
  const [all, sign, digits = ''] = found;
  const value = /^0\d/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return { value: sign === '-' ? -value : value, rest: text.slice(all.length) };
}

/** atoi(3) */
export const atoi = (text: string): number => Number(/^\s*[+-]?\d+/.exec(text)?.[0] ?? 0);

/** inet_aton(3): one to four parts in any base; the last fills what is left. */
export function inetAton(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length > 4) return undefined;
  const numbers = parts.map((part) => {
    const { value, rest } = leadingNumber(part);
    return part !== '' && /^\d/.test(part) && rest === '' ? value : Number.NaN;
  });
  const last = numbers.pop() ?? Number.NaN;
  const room = 2 ** (8 * (4 - numbers.length));
  if (!(last < room) || !numbers.every((byte) => byte <= 255)) return undefined;
  return numbers.reduce((sum, byte, i) => sum + byte * 2 ** (24 - 8 * i), last);
}

/** The last four bytes of an IPv6 address may stand behind a `::` that fills nothing. */
function parseAddress(text: string): Address | undefined {
  const four = inetAton(text);
  if (four !== undefined) return { family: 'ip', text: formatIPv4(four) };
  const six = parseIPv6(text);
  return six === undefined ? undefined : { family: 'ip6', text: formatIPv6(six) };
}

/** @throws ConntrackFault for what is no address; `prefix` is -2 where it cannot be */
export function readAddress(text: string): Address {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) throw new ConntrackFault(`Invalid IP address \`${text}'`);
  if (slash < 0) return address;
  const digits = text.slice(slash + 1);
  const length = /^[+]?\d+$/.test(digits) ? Number(digits) : digits === '' ? 0 : -2;
  const longest = address.family === 'ip' ? 32 : 128;
  return { ...address, prefix: length > longest ? -2 : length };
}

/** The mask of a prefix as an address. */
export function maskText(family: 'ip' | 'ip6', length: number): string {
  const bytes = new Uint8Array(family === 'ip' ? 4 : 16);
  for (let bit = 0; bit < length; bit++) bytes[bit >>> 3]! |= 0x80 >>> (bit & 7);
  return family === 'ip6' ? formatIPv6(bytes) : bytes.join('.');
}

/** Address and port of a translation: `1.2.3.4:80`, `[::1]:80`, `::1`. */
export function splitPort(text: string): { address: string; port?: number } {
  const open = text.indexOf('[');
  if (open < 0) {
    const colon = text.indexOf(':');
    if (colon < 0 || text.includes(':', colon + 1)) return { address: text };
    return { address: text.slice(0, colon), port: readPort(text.slice(colon + 1)) };
  }
  const close = text.indexOf(']', open);
  if (close === open + 1) throw new ConntrackFault('No IPv6 address specified');
  if (close < 0) throw new ConntrackFault("No closing ']' around IPv6 address");
  const colon = text.indexOf(':', close);
  if (colon < 0) return { address: text };
  return { address: text.slice(open + 1, close), port: readPort(text.slice(colon + 1)) };
}

function readPort(text: string): number {
  if (text === '') throw new ConntrackFault("No port specified after `:'");
  if (!/^\d+$/.test(text) || Number(text) > 0xffff)
    throw new ConntrackFault(`Invalid port \`${text}'`);
  return Number(text);
}
