import { put16, put32, u16, u32 } from './access.ts';
import { formatIPv4, parseIPv4 } from './ipv4.ts';

const GROUP = /^[0-9a-fA-F]{1,4}$/;

/** The 16-bit groups of one side of `::`; a dotted quad at the very end gives two. */
function groupsOf(text: string, mayEndDotted: boolean): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (GROUP.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const dotted = mayEndDotted && i === parts.length - 1 ? parseIPv4(part) : undefined;
    if (dotted === undefined) return undefined;
    groups.push(dotted >>> 16, dotted & 0xffff);
  }
  return groups;
}

/**
 * The 16 bytes of an address as inet_pton(3) reads it (RFC 4291 §2.2; no zone, no prefix), or
 * undefined.
 */
export function parseIPv6(text: string): Uint8Array | undefined {
  const sides = text.split('::');
  if (sides.length > 2) return undefined;
  const compressed = sides.length === 2;
  const head = groupsOf(sides[0] ?? '', !compressed);
  const tail = groupsOf(sides[1] ?? '', true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  // `::` stands for one group or more.
  if (compressed ? missing < 1 : missing !== 0) return undefined;
  const address = new Uint8Array(16);
  head.forEach((group, i) => {
    put16(address, 2 * i, group);
  });
  tail.forEach((group, i) => {
    put16(address, 2 * (head.length + missing + i), group);
  });
  return address;
}

/**
 * First and length of the longest run of zero groups, the first one of equals; length 0 for none.
 */
function longestZeroRun(bytes: Uint8Array, offset: number): { base: number; length: number } {
  let base = -1;
  let length = 0;
  let run = 0;
  for (let i = 0; i < 8; i++) {
    run = u16(bytes, offset + 2 * i) === 0 ? run + 1 : 0;
    if (run > length) {
      length = run;
      base = i - run + 1;
    }
  }
  // RFC 5952 §4.2.2: a single zero group is not shortened.
  return length < 2 ? { base: -1, length: 0 } : { base, length };
}

function groupText(bytes: Uint8Array, offset: number, from: number, to: number): string {
  const groups: string[] = [];
  for (let i = from; i < to; i++) groups.push(u16(bytes, offset + 2 * i).toString(16));
  return groups.join(':');
}

/**
 * The text inet_ntop(3) of glibc gives for the 16 bytes at `offset` (RFC 5952): mapped and
 * "compatible" addresses end in dotted decimal (`::ffff:192.0.2.1`, `::192.0.2.1`).
 */
export function formatIPv6(bytes: Uint8Array, offset = 0): string {
  const { base, length } = longestZeroRun(bytes, offset);
  if (base === 0 && length === 6) return `::${formatIPv4(u32(bytes, offset + 12))}`;
  if (base === 0 && length === 5 && u16(bytes, offset + 10) === 0xffff) {
    return `::ffff:${formatIPv4(u32(bytes, offset + 12))}`;
  }
  if (length === 0) return groupText(bytes, offset, 0, 8);
  const head = groupText(bytes, offset, 0, base);
  return `${head}::${groupText(bytes, offset, base + length, 8)}`;
}

/** The IPv4-mapped form ::ffff:a.b.c.d of an IPv4 address (RFC 4291 §2.5.5.2), as 16 bytes. */
export function mappedIPv4(address: number): Uint8Array {
  const bytes = new Uint8Array(16);
  put16(bytes, 10, 0xffff);
  put32(bytes, 12, address);
  return bytes;
}
