// Questions about addresses in text, as guesses need them.
import { formatIPv6, parseIPv4, parseIPv6 } from '../../bytes/index.ts';

/** RFC 1918, RFC 6598, link-local; unique local IPv6 (RFC 4193) and the documentation prefix. */
export function isPrivate(address: string): boolean {
  const v4 = parseIPv4(address);
  if (v4 === undefined) return /^(f[cd]|fe[89ab]|2001:db8:)/i.test(address);
  const first = v4 >>> 24;
  const second = (v4 >>> 16) & 0xff;
  if (first === 10) return true;
  if (first === 172) return second >= 16 && second < 32;
  if (first === 100) return second >= 64 && second < 128;
  return (first === 192 && second === 168) || (first === 169 && second === 254);
}

/** An address one host can have, beyond its own link. */
export function isUnicast(address: string): boolean {
  const v4 = parseIPv4(address);
  if (v4 === undefined)
    return parseIPv6(address) !== undefined && !/^(ff|fe[89ab]|::1?$)/i.test(address);
  const first = v4 >>> 24;
  return first > 0 && first < 224 && first !== 127;
}

/** The /24 or /64 around an address, as text to compare. */
export function netOf(address: string): string {
  const v4 = parseIPv4(address);
  if (v4 !== undefined) return String(v4 >>> 8);
  return (parseIPv6(address) ?? new Uint8Array(16)).subarray(0, 8).join('.');
}

/** An address for a router in the network of another: .1, else .254, else the next one down. */
export function routerIn(address: string, taken: ReadonlySet<string>, last = false): string {
  const hosts = last ? [254, 1, 253] : [1, 254, 253, 252];
  const candidates = hosts.map((host) => inNet(address, host));
  return candidates.find((c) => !taken.has(c)) ?? inNet(address, 251);
}

function inNet(address: string, host: number): string {
  if (parseIPv4(address) !== undefined) return address.replace(/\d+$/, String(host));
  const bytes = (parseIPv6(address) ?? new Uint8Array(16)).slice();
  bytes.fill(0, 8);
  bytes[15] = host;
  return formatIPv6(bytes);
}
