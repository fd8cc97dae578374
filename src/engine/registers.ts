// Registers as words. A register file is twenty 32-bit words (struct nft_regs): four for the
// verdict, sixteen for data. A word's number is the big-endian reading of its four bytes, so that
// a two-byte load of 0x0016 leaves 0x00160000 and memcmp() order is the order of unsigned words.

import { refuse } from './errno.ts';

export type Registers = Uint32Array;

/** struct nft_regs: 4 words of verdict and NFT_REG32_NUM words of data, and one to spill into. */
export const REGISTER_WORDS = 21;
const NFT_REG_4 = 4;
const NFT_REG32_00 = 8;
const NFT_REG32_15 = 23;

/** The first word of a register (nft_parse_register in nf_tables_api.c); the verdict's is 0. */
export function wordOf(register: number): number {
  if (register >= 0 && register <= NFT_REG_4) return register * 4;
  if (register >= NFT_REG32_00 && register <= NFT_REG32_15) return register - NFT_REG32_00 + 4;
  return refuse('ERANGE', `there is no register ${register}`);
}

/** Words that `bytes` bytes take. */
export const wordsIn = (bytes: number): number => (bytes + 3) >>> 2;

/** Which bits of the last word of a `bytes` long value count. */
export const lastMask = (bytes: number): number =>
  (bytes & 3) === 0 ? 0xffffffff : (0xffffffff << (32 - 8 * (bytes & 3))) >>> 0;

/** nft_validate_register_load/store: the value has bytes and ends inside the file. */
export function spanOf(register: number, bytes: number): number {
  const word = wordOf(register);
  if (word === 0) return refuse('EINVAL', 'the verdict register cannot hold data');
  if (bytes === 0) return refuse('EINVAL', 'a register access of no bytes');
  if (word + wordsIn(bytes) > 20)
    return refuse('ERANGE', `${bytes} bytes from register ${register} run past the last register`);
  return word;
}

/** Big-endian words of a hex string, zero bytes behind its end. */
export function hexToWords(hex: string, words = wordsIn(hex.length >> 1)): Uint32Array {
  const out = new Uint32Array(words);
  for (let i = 0; i < words; i++) out[i] = hexWord(hex, i * 8);
  return out;
}

/** Four bytes of a hex string as a word, zero bytes behind its end. */
export function hexWord(hex: string, at: number): number {
  // No slice and no parseInt: a set of 100,000 ranges has 200,000 of them.
  let word = 0;
  for (let i = at; i < at + 8; i++) {
    const c = i < hex.length ? hex.charCodeAt(i) : ZERO;
    word = (word << 4) | (c <= NINE ? c - ZERO : (c & ~LOWER) - UPPER_A + 10);
  }
  return word >>> 0;
}

const ZERO = 48;
const NINE = 57;
const UPPER_A = 65;
/** The bit that makes an ASCII letter a small one. */
const LOWER = 32;

/** The first `bytes` bytes of words, in hex. */
export function wordsToHex(words: Uint32Array, at: number, bytes: number): string {
  let hex = '';
  for (let i = 0; i < wordsIn(bytes); i++)
    hex += (words[at + i] ?? 0).toString(16).padStart(8, '0');
  return hex.slice(0, bytes * 2);
}

export const bswap32 = (word: number): number =>
  ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;

/** memcmp() of two keys; below, equal or above zero. */
export function compareWords(
  a: Uint32Array,
  aAt: number,
  b: Uint32Array,
  bAt: number,
  words: number,
): number {
  for (let i = 0; i < words; i++) {
    const x = a[aAt + i]!;
    const y = b[bAt + i]!;
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

/** The bytes of words, in order; `into` must have room for all of them. */
export function wordsToBytes(
  words: Uint32Array,
  at: number,
  into: Uint8Array,
  offset: number,
  bytes: number,
): void {
  for (let i = 0; i < bytes; i++) into[offset + i] = words[at + (i >> 2)]! >>> (24 - 8 * (i & 3));
}

/** Reads `bytes` bytes into words, the rest of the last word zero. */
export function bytesToWords(
  from: Uint8Array,
  offset: number,
  bytes: number,
  words: Uint32Array,
  at: number,
): void {
  for (let i = 0; i < bytes; i += 4) {
    let word = 0;
    for (let j = 0; j < 4; j++) word = (word << 8) | (i + j < bytes ? from[offset + i + j]! : 0);
    words[at + (i >> 2)] = word;
  }
}

/** A name as strncpy() leaves it in a register: `words` words, zero behind its end. */
export function putName(name: string, words: Uint32Array, at: number, count: number): void {
  for (let i = 0; i < count; i++) {
    let word = 0;
    for (let j = 0; j < 4; j++) {
      const k = i * 4 + j;
      word = (word << 8) | (k < name.length ? name.charCodeAt(k) & 0xff : 0);
    }
    words[at + i] = word;
  }
}
