// Addresses as bytes in place: 4 or 16 of them, network order.

import {
  equalBytes,
  formatIPv4,
  formatIPv6,
  parseIPv4,
  parseIPv6,
  put32,
  u32,
} from '../bytes/index.ts';

export type Family = 'ip' | 'ip6';

/** @throws RangeError on anything that is no address of the family */
export function parseAddress(family: Family, text: string): Uint8Array {
  const bytes = family === 'ip' ? ipv4Bytes(parseIPv4(text)) : parseIPv6(text);
  if (bytes === undefined) throw new RangeError(`not an address: '${text}'`);
  return bytes;
}

export const familyOf = (text: string): Family => (text.includes(':') ? 'ip6' : 'ip');

function ipv4Bytes(address: number | undefined): Uint8Array | undefined {
  if (address === undefined) return undefined;
  const bytes = new Uint8Array(4);
  put32(bytes, 0, address);
  return bytes;
}

export const formatAddress = (bytes: Uint8Array): string =>
  bytes.length === 4 ? formatIPv4(u32(bytes, 0)) : formatIPv6(bytes);

export interface Prefix {
  readonly family: Family;
  /** As written, bits past the prefix not cleared. */
  readonly address: Uint8Array;
  readonly length: number;
}

/**
 * `10.0.0.0/8`, `2001:db8::/32`, or an address alone for a whole one.
 * @throws RangeError on malformed text
 */
export function parsePrefix(text: string): Prefix {
  const [head = '', tail] = text.split('/');
  const family = familyOf(head);
  const address = parseAddress(family, head);
  const bits = address.length * 8;
  const length = tail === undefined ? bits : Number(tail);
  if (!Number.isInteger(length) || length < 0 || length > bits || tail === '')
    throw new RangeError(`not a prefix: '${text}'`);
  return { family, address, length };
}

export function formatPrefix(address: Uint8Array, length: number): string {
  if (length === 0) return 'default';
  const text = formatAddress(address);
  return length === address.length * 8 ? text : `${text}/${length}`;
}

/** The address with all bits past the prefix cleared. */
export function maskBytes(address: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(address.length);
  for (let i = 0; i < out.length; i++) {
    const bits = Math.min(8, Math.max(0, length - 8 * i));
    out[i] = address[i]! & (0xff00 >> bits) & 0xff;
  }
  return out;
}

/** True where the first `length` bits at both places are the same. */
export function samePrefix(
  a: Uint8Array,
  aOffset: number,
  b: Uint8Array,
  bOffset: number,
  length: number,
): boolean {
  const whole = length >> 3;
  if (!equalBytes(a, aOffset, b, bOffset, whole)) return false;
  const rest = length & 7;
  if (rest === 0) return true;
  const mask = (0xff00 >> rest) & 0xff;
  return ((a[aOffset + whole]! ^ b[bOffset + whole]!) & mask) === 0;
}

export const isZero = (bytes: Uint8Array, offset: number, length: number): boolean => {
  for (let i = 0; i < length; i++) if (bytes[offset + i] !== 0) return false;
  return true;
};

/** ::1 */
export const isLoopback6 = (bytes: Uint8Array, offset: number): boolean =>
  bytes[offset + 15] === 1 && isZero(bytes, offset, 15);

export const isMulticast6 = (bytes: Uint8Array, offset: number): boolean => bytes[offset] === 0xff;

/** fe80::/10 */
export const isLinkLocal6 = (bytes: Uint8Array, offset: number): boolean =>
  bytes[offset] === 0xfe && (bytes[offset + 1]! & 0xc0) === 0x80;

export const isMulticast4 = (address: number): boolean =>
  (address & 0xf0000000) >>> 0 === 0xe0000000;
export const isLoopback4 = (address: number): boolean => address >>> 24 === 127;
/** 0.0.0.0 alone: the rest of 0/8 is ordinary since Linux 5.3 (ipv4_is_zeronet). */
export const isZeronet4 = (address: number): boolean => address === 0;
export const LIMITED_BROADCAST = 0xffffffff;

/** ff02::1:ffXX:XXXX of an address (RFC 4291 §2.7.1). */
export function solicitedNode(address: Uint8Array, offset = 0): Uint8Array {
  const out = new Uint8Array(16);
  out[0] = 0xff;
  out[1] = 0x02;
  out[11] = 0x01;
  out[12] = 0xff;
  out.set(address.subarray(offset + 13, offset + 16), 13);
  return out;
}

/** fe80::/64 with the modified EUI-64 of a hardware address (RFC 4291 appendix A). */
export function linkLocalOf(mac: Uint8Array): Uint8Array {
  const out = new Uint8Array(16);
  out[0] = 0xfe;
  out[1] = 0x80;
  out.set(mac.subarray(0, 3), 8);
  out[8]! ^= 2;
  out[11] = 0xff;
  out[12] = 0xfe;
  out.set(mac.subarray(3, 6), 13);
  return out;
}
