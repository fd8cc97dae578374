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
  readonly #words = new Uint8Array(24).fill(UNSET);

  /** Marks `count` words from `word` on. */
  mark(word: number, count: number, order: Order): void {
    this.#words.fill(order, word, word + count);
  }

  at(word: number): Order {
    const order = this.#words[word];
    return order === HOST32 || order === HOST16 || order === NETWORK ? order : UNSET;
  }

  /** The first of these words that nothing has written, or -1. */
  unset(word: number, count: number): number {
    for (let i = word; i < word + count; i++) if (this.#words[i] === UNSET) return i;
    return -1;
  }
}
