// Registers as the byte order sees them: who wrote which words, and what stands in them.

import type { Register } from '../../program/index.ts';

/**
 * How many bytes make one number of the host, shared by everything that must agree: a constant, the
 * mask over it, the key it is compared with. 0 is network order; undefined is not known yet.
 */
export class Order {
  #value: number | undefined;
  #same: Order | undefined;

  constructor(value?: number) {
    this.#value = value;
  }

  #root(): Order {
    let order: Order = this;
    while (order.#same !== undefined) order = order.#same;
    return order;
  }

  get value(): number | undefined {
    return this.#root().#value;
  }

  /** What is not known by the end is taken as it stands. */
  get hostBytes(): number {
    return this.value ?? 0;
  }

  /** Says what it is, unless that is known. */
  settle(value: number): void {
    this.#root().#value ??= value;
  }

  /** From now on the two are one; of two that are known each stays what it is. */
  agree(other: Order): void {
    const a = this.#root();
    const b = other.#root();
    if (a === b || (a.#value !== undefined && b.#value !== undefined)) return;
    if (a.#value === undefined) a.#same = b;
    else b.#same = a;
  }
}

/** Bytes of a value that have one order: `length` of them from `at`. */
export interface Slice {
  readonly at: number;
  readonly length: number;
  readonly order: Order;
}

interface Written {
  readonly length: number;
  readonly order: Order;
  readonly first: number;
}

const WORD = 4;
const WORDS = 16;

/** The first 32-bit word of a register, or -1 for the verdict and numbers that are no register. */
const wordOf = (register: Register): number => {
  if (register >= 1 && register <= 4) return (register - 1) * 4;
  return register >= 8 && register <= 23 ? register - 8 : -1;
};

const wordsFor = (length: number): number => Math.ceil(length / WORD);

export class RegisterOrders {
  readonly #words: (Written | undefined)[] = new Array(WORDS).fill(undefined);

  write(register: Register, length: number, order: Order): void {
    const first = wordOf(register);
    if (first < 0) return;
    const end = Math.min(first + wordsFor(length), WORDS);
    this.#words.fill({ length, order, first }, first, end);
  }

  /** Fields one after the other, each from a word of its own. */
  writeFields(register: Register, fields: readonly Slice[]): void {
    const first = wordOf(register);
    if (first < 0) return;
    for (const { at, length, order } of fields) this.write(8 + first + at / WORD, length, order);
  }

  /** What `length` bytes from `register` on are made of. */
  read(register: Register, length: number): Slice[] {
    const start = wordOf(register);
    if (start < 0) return [];
    const slices: Slice[] = [];
    for (let word = start; word < WORDS && (word - start) * WORD < length; ) {
      const at = (word - start) * WORD;
      const written = this.#words[word];
      let next = word + 1;
      while (written !== undefined && next < WORDS && this.#words[next] === written) next++;
      const room = Math.min((next - word) * WORD, length - at);
      const left = written === undefined ? room : written.length - (word - written.first) * WORD;
      slices.push({ at, length: Math.min(room, left), order: written?.order ?? new Order() });
      word = next;
    }
    return slices;
  }

  /** The order of the value that begins in `register`. */
  orderOf(register: Register): Order {
    return this.read(register, WORD)[0]?.order ?? new Order();
  }
}
