// Addresses, prefixes and masks as hex of their bytes.

import {
  formatIPv4,
  formatIPv6,
  formatMac,
  hex,
  parseIPv4,
  parseIPv6,
  parseLooseIPv4,
  u32,
  unhex,
} from '../../bytes/index.ts';
import { type ParseContext, wrong } from './context.ts';
import type { ValueParser, XtFamily } from './extension.ts';
import { number } from './values.ts';

export interface Prefix {
  readonly address: string;
  readonly mask: string;
}

const ipv4Hex = (address: number): string => (address >>> 0).toString(16).padStart(8, '0');

/** The address as hex, or undefined where it is none of the family. */
export function addressHex(text: string, family: XtFamily): string | undefined {
  if (family === 'ip6') {
    const bytes = parseIPv6(text);
    return bytes === undefined ? undefined : hex(bytes);
  }
  const address = parseIPv4(text);
  return address === undefined ? undefined : ipv4Hex(address);
}

/** An address, or the first one that a host name stands for. @throws XtError */
export function hostHex(text: string, cx: ParseContext): string {
  const direct = addressHex(text, cx.family);
  if (direct !== undefined) return direct;
  for (const one of cx.names.host?.(text) ?? []) {
    const known = addressHex(one, cx.family);
    if (known !== undefined) return known;
  }
  return wrong(`bad IP address "${text}"`);
}

/** getaddrinfo(3) takes what inet_aton(3) does, where addresses of other options have four parts. */
const looseHex = (text: string, family: XtFamily): string | undefined => {
  const address = family === 'ip' ? parseLooseIPv4(text) : undefined;
  return address === undefined ? undefined : ipv4Hex(address);
};

/** @throws XtError */
const anyHostHex = (text: string, cx: ParseContext): string =>
  looseHex(text, cx.family) ?? hostHex(text, cx);

/** XTTYPE_HOST */
export const host: ValueParser = ([word = ''], cx) => anyHostHex(word, cx);

/** Dotted decimal or colons, by the length. */
export function addressText(address: string): string {
  const bytes = unhex(address);
  return bytes.length === 4 ? formatIPv4(u32(bytes, 0)) : formatIPv6(bytes);
}

/** A mask of so many leading ones. */
export function maskOf(length: number, bytes: number): string {
  const mask = new Uint8Array(bytes);
  for (let i = 0; i < length; i++) mask[i >>> 3] = mask[i >>> 3]! | (0x80 >>> (i & 7));
  return hex(mask);
}

/** How many leading ones a mask has, or undefined where others follow a zero. */
export function prefixLength(mask: string): number | undefined {
  const bits = [...unhex(mask)].map((b) => b.toString(2).padStart(8, '0')).join('');
  const length = bits.indexOf('0') < 0 ? bits.length : bits.indexOf('0');
  return bits.indexOf('1', length) < 0 ? length : undefined;
}

/** XTTYPE_PLENMASK: a length, or a mask written as an address. @throws XtError */
export function maskHex(text: string, family: XtFamily): string {
  const bytes = family === 'ip6' ? 16 : 4;
  const length = number(text);
  if (length !== undefined && length <= bytes * 8) return maskOf(length, bytes);
  return addressHex(text, family) ?? looseHex(text, family) ?? wrong(`bad mask "${text}"`);
}

/** XTTYPE_HOSTMASK: `address`, `address/length` or `address/mask`. @throws XtError */
export const hostMask: ValueParser = ([word = ''], cx): Prefix => {
  const slash = word.indexOf('/');
  const address = anyHostHex(slash < 0 ? word : word.slice(0, slash), cx);
  const bytes = address.length / 2;
  return {
    address,
    mask: slash < 0 ? maskOf(bytes * 8, bytes) : maskHex(word.slice(slash + 1), cx.family),
  };
};

/** The bits of an address that a mask keeps. */
export function masked(address: string, mask: string): string {
  const bits = unhex(mask);
  return hex(unhex(address).map((b, i) => b & bits[i]!));
}

/** The address with all bits set that the mask leaves out. */
export function lastOf(address: string, mask: string): string {
  const bits = unhex(mask);
  return hex(unhex(address).map((b, i) => b | (~bits[i]! & 0xff)));
}

/** XTTYPE_ETHERMAC: six numbers of at most two digits, which may be none at all. */
export const mac: ValueParser = ([word = '']): string =>
  /^([0-9a-f]{0,2}:){5}[0-9a-f]{0,2}$/i.test(word)
    ? octets(word)
    : wrong(`bad MAC address "${word}"`);

/** ether_aton(3): six numbers of one or two digits; what is behind them nobody looks at. */
export function etherAton(text: string): string | undefined {
  const found = /^((?:[0-9a-f]{1,2}:){5}(?:[0-9a-f]{2}|[0-9a-f](?=\s|$)))/i.exec(text);
  return found === null ? undefined : octets(found[1]!);
}

const octets = (text: string): string =>
  text
    .split(':')
    .map((octet) => octet.toLowerCase().padStart(2, '0'))
    .join('');

export const macText = (address: string): string => formatMac(unhex(address));
