// Words that may differ between lines that are otherwise alike, and what the rule has of them. Only
// forms are taken of which it is certain that rules with them compile alike.

import { hex, hexOfWord, parseIPv4, parseIPv6 } from '../../bytes/index.ts';
import { u16Between } from '../../program/index.ts';
import type { XtFamily } from '../extension/index.ts';

export interface Kind {
  /** Stands in the key of the shape for the word. */
  readonly mark: string;
  /** What the rule has of it; undefined for what is of another kind. */
  read(text: string): string | undefined;
  /** How much of a word is it, where that may be a part. */
  length?(text: string): number;
}

/** Bytes that are compared: whole ones of a prefix alone (onBytes() of 3-compile). */
const compared = (bytes: string, bits: number): string =>
  bits % 8 === 0 ? bytes.slice(0, bits / 4) : bytes;

/** Whether all bits behind a prefix are zero. */
function isTidy(bytes: string, bits: number): boolean {
  const digit = bits >> 2;
  if (digit === bytes.length) return true;
  const first = Number.parseInt(bytes[digit]!, 16);
  return (first & (0xf >> (bits & 3))) === 0 && /^0*$/.test(bytes.slice(digit + 1));
}

function hexOfIPv6(text: string): string | undefined {
  const bytes = parseIPv6(text);
  return bytes && hex(bytes);
}

function hexOfIPv4(text: string): string | undefined {
  const address = parseIPv4(text);
  return address === undefined ? undefined : hexOfWord(address, 4);
}

/** Nets of one length: how many bytes are compared hangs on it. */
function net(family: 'ip' | 'ip6', bits: number): Kind {
  const width = family === 'ip' ? 32 : 128;
  const addressHex = family === 'ip' ? hexOfIPv4 : hexOfIPv6;
  return {
    mark: `\u0001${bits}`,
    read(text) {
      const slash = text.indexOf('/');
      if (slash < 0 ? bits !== width : u16Between(text, slash + 1, text.length) !== bits)
        return undefined;
      const bytes = addressHex(slash < 0 ? text : text.slice(0, slash));
      return bytes !== undefined && isTidy(bytes, bits) ? compared(bytes, bits) : undefined;
    },
  };
}

/** By their length; an address of no bits asks for nothing. */
const NETS = {
  ip: Array.from({ length: 33 }, (_, bits) => net('ip', bits)),
  ip6: Array.from({ length: 129 }, (_, bits) => net('ip6', bits)),
} as const;

export function netKind(family: XtFamily, text: string): Kind | undefined {
  if (family !== 'ip' && family !== 'ip6') return undefined;
  const nets = NETS[family];
  const slash = text.indexOf('/');
  const bits = slash < 0 ? nets.length - 1 : u16Between(text, slash + 1, text.length);
  return bits > 0 ? nets[bits] : undefined;
}

/** Port 0 is compared otherwise: beside another one it is not loaded with it (isPair() of ports-native.ts). */
export const PORT: Kind = {
  mark: '\u0002',
  read(text) {
    const port = u16Between(text, 0, text.length);
    return port <= 0 ? undefined : hexOfWord(port, 2);
  },
};

/** Far below what a comment may have (XT_MAX_COMMENT_LEN), in characters of one byte. */
const PLAIN_COMMENT = /^[ -~]{1,80}$/;

export const COMMENT: Kind = {
  mark: '\u0003',
  read: (text) => (PLAIN_COMMENT.test(text) ? text : undefined),
};

/** A chain to jump to; whether it is one the table says. */
export const TARGET: Kind = { mark: '\u0004', read: (text) => text };

/** Below IFNAMSIZ; with a final `+` it is one of many. */
const PLAIN_INTERFACE = /^\w[\w.:@-]{0,14}$/;
const PLAIN_PREFIX = /^\w[\w.:@-]{0,13}\+$/;

function hexOfName(name: string): string {
  let digits = '';
  for (let at = 0; at < name.length; at++) digits += hexOfWord(name.charCodeAt(at), 1);
  return digits;
}

const INTERFACE: Kind = {
  mark: '\u0005',
  read: (text) => (PLAIN_INTERFACE.test(text) ? `${hexOfName(text)}00` : undefined),
};

const INTERFACES: Kind = {
  mark: '\u0006',
  read: (text) => (PLAIN_PREFIX.test(text) ? hexOfName(text.slice(0, -1)) : undefined),
};

export const interfaceKind = (text: string): Kind => (text.endsWith('+') ? INTERFACES : INTERFACE);

/** Of NAT: ports may follow, which are written in the key. */
export const ADDRESS: Kind = {
  mark: '\u0007',
  read: hexOfIPv4,
  length(text) {
    const colon = text.indexOf(':');
    return colon < 0 ? text.length : colon;
  },
};

const PLAIN_MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i;

export const MAC: Kind = {
  mark: '\u0008',
  read: (text) => (PLAIN_MAC.test(text) ? text.replaceAll(':', '').toLowerCase() : undefined),
};
