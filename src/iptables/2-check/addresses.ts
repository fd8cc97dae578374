// Addresses with masks, as xtables_ipparse_multiple() of libxtables reads them.

import { hex, parseIPv4, parseIPv6, parseLooseIPv4, unhex } from '../../bytes/index.ts';
import type { Masked } from '../ast/index.ts';
import { etherAton, type Names, number, wrong } from '../extension/index.ts';

const hex32 = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

/** The mask of so many leading bits. */
export function prefixMask(bits: number, bytes: number): string {
  let mask = '';
  for (let at = 0; at < bytes; at++) {
    const inByte = Math.min(8, Math.max(0, bits - at * 8));
    mask += ((0xff00 >>> inByte) & 0xff).toString(16).padStart(2, '0');
  }
  return mask;
}

/** Bits of a mask that is a prefix; undefined for one with holes. */
export function prefixLength(mask: string): number | undefined {
  let bits = 0;
  const bytes = unhex(mask);
  while (bits < bytes.length * 8 && (bytes[bits >> 3]! >> (7 - (bits & 7))) & 1) bits++;
  return prefixMask(bits, bytes.length) === mask ? bits : undefined;
}

function masked(bytes: string, mask: string): Masked {
  if (/^f+$/.test(mask)) return { bytes, mask };
  const [a, m] = [unhex(bytes), unhex(mask)];
  return { bytes: hex(a.map((byte, i) => byte & m[i]!)), mask };
}

/** `10.1` is the net 10.1.0.0 (xtables_numeric_to_ipaddr for networks). */
function network4(text: string): number | undefined {
  const full = parseIPv4(text);
  if (full !== undefined) return full;
  const parts = text.split('.').map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 256));
  if (parts.length > 4 || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part, i) => sum + part * 2 ** (24 - 8 * i), 0);
}

interface Kind {
  readonly bytes: 4 | 16;
  /** Hex of an address or a net, undefined where it is none. */
  address(text: string): string | undefined;
  mask(text: string): string | undefined;
}

const IPV4: Kind = {
  bytes: 4,
  address(text) {
    const value = network4(text);
    return value === undefined ? undefined : hex32(value);
  },
  mask(text) {
    const value = parseIPv4(text);
    return value === undefined ? undefined : hex32(value);
  },
};

const IPV6: Kind = {
  bytes: 16,
  address(text) {
    const bytes = parseIPv6(text);
    return bytes && hex(bytes);
  },
  mask(text) {
    const bytes = parseIPv6(text);
    return bytes && hex(bytes);
  },
};

function maskOf(text: string | undefined, kind: Kind): string {
  if (text === undefined) return prefixMask(kind.bytes * 8, kind.bytes);
  const bits = number(text);
  if (bits !== undefined && bits <= kind.bytes * 8) return prefixMask(bits, kind.bytes);
  return kind.mask(text) ?? wrong(`invalid mask \`${text}' specified`);
}

/** `10.0.0.0/8` as most rules have it, in numbers: this is on the way of every rule of a file. */
function plain4(name: string, mask: string | undefined): Masked | undefined {
  const address = parseIPv4(name);
  const bits = mask === undefined ? 32 : /^([1-9]\d|\d)$/.test(mask) ? Number(mask) : 33;
  if (address === undefined || bits > 32) return undefined;
  const ones = bits === 0 ? 0 : -1 << (32 - bits);
  return { bytes: hex32(address & ones), mask: PREFIX4[bits]! };
}

const PREFIX4 = Array.from({ length: 33 }, (_, bits) => prefixMask(bits, 4));

function oneOf(text: string, kind: Kind, names: Names): Masked[] {
  const slash = text.indexOf('/');
  const name = slash < 0 ? text : text.slice(0, slash);
  const given = slash < 0 ? undefined : text.slice(slash + 1);
  const plain = kind.bytes === 4 ? plain4(name, given) : undefined;
  if (plain !== undefined) return [plain];
  const mask = maskOf(given, kind);
  const address = kind.address(name);
  if (address !== undefined) return [masked(address, mask)];
  return namedNets(name, mask, kind, names);
}

function namedNets(name: string, mask: string, kind: Kind, names: Names): Masked[] {
  // getaddrinfo(3) knows more ways to write an address than the net above: `0x7f.1`.
  const loose = kind.bytes === 4 ? parseLooseIPv4(name) : undefined;
  if (loose !== undefined) return [masked(hex32(loose), mask)];
  const found = names.host?.(name)?.flatMap((host) => kind.address(host) ?? []);
  if (found === undefined || found.length === 0)
    return wrong(`host/network \`${name}' not found`, colonHint(name, kind));
  // Names of one net are one net.
  return [...new Map(found.map((one) => [masked(one, mask).bytes, masked(one, mask)])).values()];
}

const colonHint = (name: string, kind: Kind): string | undefined =>
  kind.bytes === 4 && parseIPv6(name) !== undefined ? `ip6tables … ${name}` : undefined;

/** Addresses between commas, each with its mask. @throws XtError */
export function addressList(text: string, family: 'ip' | 'ip6', names: Names): readonly Masked[] {
  const kind = family === 'ip' ? IPV4 : IPV6;
  if (!text.includes(',')) return oneOf(text, kind, names);
  return text.split(',').flatMap((one) => oneOf(one.trimStart(), kind, names));
}

/** ebtables' names of addresses (ether types of libxtables). */
const MAC_NAMES: Readonly<Record<string, Masked>> = {
  unicast: { bytes: '000000000000', mask: '010000000000' },
  multicast: { bytes: '010000000000', mask: '010000000000' },
  broadcast: { bytes: 'ffffffffffff', mask: 'ffffffffffff' },
  bga: { bytes: '0180c2000000', mask: 'ffffffffffff' },
};

/** `01:02:03:04:05:06/ff:ff:ff:00:00:00` or a name (xtables_parse_mac_and_mask). @throws XtError */
export function macWithMask(text: string): Masked {
  const named = MAC_NAMES[text.toLowerCase()];
  if (named !== undefined) return named;
  const slash = text.lastIndexOf('/');
  const bytes = etherAton(slash < 0 ? text : text.slice(0, slash));
  const mask = slash < 0 ? 'ffffffffffff' : etherAton(text.slice(slash + 1));
  if (bytes === undefined || mask === undefined) return wrong(`"${text}" is no MAC address`);
  return masked(bytes, mask);
}
