import { parseIPv4, parseIPv6, parseMac } from '../bytes/index.ts';

/*
 * Addresses as people give them to encoders. An address that is none is a mistake in the caller's
 * program, so these throw.
 */

/** @throws RangeError */
export function ipv4Number(address: string | number): number {
  const value = typeof address === 'number' ? address >>> 0 : parseIPv4(address);
  if (value === undefined) throw new RangeError(`not an IPv4 address: '${address}'`);
  return value;
}

/** @throws RangeError */
export function ipv6Bytes(address: string | Uint8Array): Uint8Array {
  const value = typeof address === 'string' ? parseIPv6(address) : address;
  if (value?.length !== 16) throw new RangeError(`not an IPv6 address: '${address}'`);
  return value;
}

/** @throws RangeError */
export function macBytes(address: string | Uint8Array): Uint8Array {
  const value = typeof address === 'string' ? parseMac(address) : address;
  if (value?.length !== 6) throw new RangeError(`not a MAC address: '${address}'`);
  return value;
}
