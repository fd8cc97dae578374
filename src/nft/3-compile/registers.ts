// Registers, handed out as a stack of 4-byte slots: a single value takes four of them whatever
// its size, a concatenation one per field and four bytes. The kernel numbers a slot that starts a
// 16-byte register 1 to 4, any other 8 and up (enum nft_registers).

import type { Register } from '../../program/index.ts';
import type { Typed } from '../2-check/index.ts';

const SLOTS = 16;
const SLOTS_OF_VALUE = 4;

export const registerOf = (slot: number): Register =>
  slot % SLOTS_OF_VALUE === 0 ? 1 + slot / SLOTS_OF_VALUE : 8 + slot;

/** Slots a number of bits fills. */
export const slotsOfBits = (bits: number): number => Math.ceil(bits / 32);

const slotsOf = (x: Typed | undefined): number =>
  x?.kind === 'concat' ? slotsOfBits(x.len) : SLOTS_OF_VALUE;

/** Thrown where an expression needs more registers than there are; caught by the rule. */
export class OutOfRegisters extends Error {}

export class Registers {
  #low = 0;

  /** The first slot for the value of an expression. */
  take(x?: Typed): number {
    return this.takeSlots(slotsOf(x));
  }

  takeSlots(count: number): number {
    const slot = this.#low;
    if (slot + count > SLOTS) throw new OutOfRegisters();
    this.#low += count;
    return slot;
  }

  /** Gives back what `take` gave for the same expression; in the reverse order. */
  release(x?: Typed): void {
    this.#low -= slotsOf(x);
  }

  releaseSlots(count: number): void {
    this.#low -= count;
  }
}
