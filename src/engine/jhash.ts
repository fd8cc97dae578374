// Bob Jenkins' lookup3 as include/linux/jhash.h has it, on a little-endian host. The initial value
// is JHASH_INITVAL, and the length is mixed in.

const JHASH_INITVAL = 0xdeadbeef;

const rol = (x: number, k: number): number => (x << k) | (x >>> (32 - k));

/** __jhash_final() */
function final(a0: number, b0: number, c0: number): number {
  let a = a0;
  let b = b0;
  let c = c0;
  c = (c ^ b) - rol(b, 14);
  a = (a ^ c) - rol(c, 11);
  b = (b ^ a) - rol(a, 25);
  c = (c ^ b) - rol(b, 16);
  a = (a ^ c) - rol(c, 4);
  b = (b ^ a) - rol(a, 14);
  c = (c ^ b) - rol(b, 24);
  return c >>> 0;
}

/** jhash_3words() */
export const jhashWords = (a: number, b: number, c: number, seed: number): number => {
  const start = (seed + JHASH_INITVAL + (3 << 2)) | 0;
  return final((a + start) | 0, (b + start) | 0, (c + start) | 0);
};

/**
 * jhash() over `bytes` bytes. `words` holds them as the host reads them: little-endian numbers,
 * zero behind the end.
 */
export function jhash(words: Uint32Array, bytes: number, seed: number): number {
  let a = (JHASH_INITVAL + bytes + seed) | 0;
  let b = a;
  let c = a;
  let at = 0;
  let left = bytes;
  while (left > 12) {
    a = (a + words[at]!) | 0;
    b = (b + words[at + 1]!) | 0;
    c = (c + words[at + 2]!) | 0;
    // __jhash_mix()
    a = ((a - c) | 0) ^ rol(c, 4);
    c = (c + b) | 0;
    b = ((b - a) | 0) ^ rol(a, 6);
    a = (a + c) | 0;
    c = ((c - b) | 0) ^ rol(b, 8);
    b = (b + a) | 0;
    a = ((a - c) | 0) ^ rol(c, 16);
    c = (c + b) | 0;
    b = ((b - a) | 0) ^ rol(a, 19);
    a = (a + c) | 0;
    c = ((c - b) | 0) ^ rol(b, 4);
    b = (b + a) | 0;
    at += 3;
    left -= 12;
  }
  if (left === 0) return c >>> 0;
  a = (a + words[at]!) | 0;
  if (left > 4) b = (b + words[at + 1]!) | 0;
  if (left > 8) c = (c + words[at + 2]!) | 0;
  return final(a, b, c);
}
