import { u16 } from './access.ts';

/*
 * The Internet checksum (RFC 1071) and its incremental update (RFC 1624). Sums are kept below 2^31
 * by folding once per block, so that engines keep them in integer registers.
 */

/** Bytes per block: 2^14 words of at most 0xffff stay below 2^30. */
const BLOCK = 1 << 15;

/**
 * The unfolded sum of the 16-bit words at `offset`, added to `initial` (itself a partial sum, below
 * 2^32). An odd last byte counts as the high half of a word whose low half is zero (RFC 1071 §4.1);
 * so only the last piece of a sum made of several may have an odd length.
 */
export function sum16(bytes: Uint8Array, offset: number, length: number, initial = 0): number {
  let sum = (initial & 0xffff) + (initial >>> 16);
  const end = offset + length;
  const evenEnd = end - (length & 1);
  let at = offset;
  while (at < evenEnd) {
    const stop = Math.min(evenEnd, at + BLOCK);
    for (; at < stop; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!;
    sum = (sum & 0xffff) + (sum >>> 16);
  }
  return evenEnd === end ? sum : sum + (bytes[evenEnd]! << 8);
}

/** Folds a sum below 2^32 into 16 bits, carries added back in. */
export function fold16(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/**
 * The RFC 1071 checksum as it is written into a header. Over bytes that hold a right checksum the
 * result is 0.
 */
export const checksum = (bytes: Uint8Array, offset: number, length: number, initial = 0): number =>
  ~fold16(sum16(bytes, offset, length, initial)) & 0xffff;

/** The checksum after a 16-bit word changed: HC' = ~(~HC + ~m + m') (RFC 1624 §3, equation 3). */
export const updateChecksum16 = (check: number, old16: number, new16: number): number =>
  ~fold16((~check & 0xffff) + (~old16 & 0xffff) + (new16 & 0xffff)) & 0xffff;

/** The checksum after a 32-bit number changed that lies on an even offset. */
export const updateChecksum32 = (check: number, old32: number, new32: number): number =>
  ~fold16(
    (~check & 0xffff) +
      (~old32 & 0xffff) +
      (~(old32 >>> 16) & 0xffff) +
      (new32 & 0xffff) +
      (new32 >>> 16),
  ) & 0xffff;

/**
 * The checksum after 16 bytes (an IPv6 address) changed from those in `before` to those in `after`.
 */
export function updateChecksum128(
  check: number,
  before: Uint8Array,
  beforeOffset: number,
  after: Uint8Array,
  afterOffset: number,
): number {
  let sum = ~check & 0xffff;
  for (let i = 0; i < 16; i += 2) {
    sum += (~u16(before, beforeOffset + i) & 0xffff) + u16(after, afterOffset + i);
  }
  return ~fold16(sum) & 0xffff;
}

/** Offset of the source address in an IPv4 header; the destination follows it (RFC 791 §3.1). */
const IPV4_ADDRESSES = 12;
/** The same in an IPv6 header (RFC 8200 §3). */
const IPV6_ADDRESSES = 8;

/**
 * The partial sum of the IPv4 pseudo header (RFC 9293 §3.1) whose addresses are in the IPv4 header
 * at `networkOffset`. `length` is that of transport header and payload in bytes.
 */
export const pseudoHeaderSum4 = (
  bytes: Uint8Array,
  networkOffset: number,
  protocol: number,
  length: number,
): number => sum16(bytes, networkOffset + IPV4_ADDRESSES, 8, protocol + length);

/** As {@link pseudoHeaderSum4} for the IPv6 header at `networkOffset` (RFC 8200 §8.1). */
export const pseudoHeaderSum6 = (
  bytes: Uint8Array,
  networkOffset: number,
  protocol: number,
  length: number,
): number =>
  sum16(
    bytes,
    networkOffset + IPV6_ADDRESSES,
    32,
    // The pseudo header's length has 32 bits; jumbograms use the upper half.
    protocol + (length & 0xffff) + (length >>> 16),
  );
