// Chance as it is handed in.

export interface Random {
  /** A whole number, 0 … 2^32 - 1. */
  u32(): number;
  /** A whole number, 0 … n - 1; n at most 2^32 (get_random_u32_below). */
  below(n: number): number;
}

/** sfc32 (Doty-Humphrey, PractRand): small, fast, good enough for ports and hash seeds. */
class Sfc32 implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = (seed / 0x100000000) | 0;
    this.#c = 0x9e3779b9 | 0;
    for (let i = 0; i < 15; i++) this.u32();
  }

  u32(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  below(n: number): number {
    // The bias of a multiply is below 2^-20 for every n netfilter asks for.
    return Math.floor((this.u32() / 0x100000000) * n);
  }
}

/** A reproducible source: the same seed gives the same run. */
export const seeded = (seed: number): Random => new Sfc32(seed);
