// jhash2(), include/linux/jhash.h, after Bob Jenkins' lookup3: the kernel spreads connections over a
// range of addresses with it and without any secret, so the same addresses must come out.

const JHASH_INITVAL = 0xdeadbeef;

const rol = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

/** Words are 32-bit integers as the kernel's machine sees them; the result is unsigned. */
export function jhash2(words: ArrayLike<number>, length: number, initval: number): number {
  let a = (JHASH_INITVAL + (length << 2) + initval) | 0;
  let b = a;
  let c = a;
  let at = 0;
  let left = length;
  for (; left > 3; left -= 3, at += 3) {
    a = (a + words[at]!) | 0;
    b = (b + words[at + 1]!) | 0;
    c = (c + words[at + 2]!) | 0;
    a = ((a - c) ^ rol(c, 4)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rol(a, 6)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rol(b, 8)) | 0;
    b = (b + a) | 0;
    a = ((a - c) ^ rol(c, 16)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rol(a, 19)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rol(b, 4)) | 0;
    b = (b + a) | 0;
  }
  if (left === 0) return c >>> 0;
  if (left > 2) c = (c + words[at + 2]!) | 0;
  if (left > 1) b = (b + words[at + 1]!) | 0;
  a = (a + words[at]!) | 0;
  c = ((c ^ b) - rol(b, 14)) | 0;
  a = ((a ^ c) - rol(c, 11)) | 0;
  b = ((b ^ a) - rol(a, 25)) | 0;
  c = ((c ^ b) - rol(b, 16)) | 0;
  a = ((a ^ c) - rol(c, 4)) | 0;
  b = ((b ^ a) - rol(a, 14)) | 0;
  c = ((c ^ b) - rol(b, 24)) | 0;
  return c >>> 0;
}
