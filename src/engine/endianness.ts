// Programs spell every value as a big-endian host would hold it, so the engine's registers do,
// too, and `byteorder` changes no bits. What does depend on the host is arithmetic on whole words:
// shifts, hashes and the 16-bit half that a 32-bit number is cut down to. The reference is the
// little-endian kernel, so each register word remembers at load time what it holds.

/** Bytes in the order of the packet. */
export const NETWORK = 0;
/** A 32-bit number of the host. */
export const HOST32 = 1;
/** A 16-bit number of the host in the first two bytes. */
export const HOST16 = 2;
/** Never written in this rule. */
export const UNSET = 255;

export type Order = typeof NETWORK | typeof HOST32 | typeof HOST16 | typeof UNSET;

export class Endianness {
  // A bit for each word: every rule has one of these, and an array took as long as the rest of it.
  #written = 0;
  #host32 = 0;
  #host16 = 0;

  /** Marks `count` words from `word` on. */
  mark(word: number, count: number, order: Order): void {
    const bits = ((1 << count) - 1) << word;
    this.#written = order === UNSET ? this.#written & ~bits : this.#written | bits;
    this.#host32 = order === HOST32 ? this.#host32 | bits : this.#host32 & ~bits;
    this.#host16 = order === HOST16 ? this.#host16 | bits : this.#host16 & ~bits;
  }

  at(word: number): Order {
    if ((this.#host32 >>> word) & 1) return HOST32;
    if ((this.#host16 >>> word) & 1) return HOST16;
    return (this.#written >>> word) & 1 ? NETWORK : UNSET;
  }

  /** The first of these words that nothing has written, or -1. */
  unset(word: number, count: number): number {
    for (let i = word; i < word + count; i++) if (((this.#written >>> i) & 1) === 0) return i;
    return -1;
  }
}
