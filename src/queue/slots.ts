// Packets under way: taken from a transport and not answered yet.

import type { PacketSurroundings } from './described.ts';
import { QueuedPacket } from './packet.ts';
import type { Cause } from './statistics.ts';

/** A packet with what became of it. */
export class Slot {
  readonly packet: QueuedPacket;
  /** NF_*, or -1 while nobody has said. */
  verdict = -1;
  edited = false;
  cause: Cause = 'handler';
  /** When it was received. */
  at = 0;
  /** Its handler has not come back: the object cannot be used again. */
  held = false;
  /** It has its verdict out of turn and only keeps its place. */
  gone = false;

  constructor(around: PacketSurroundings) {
    this.packet = new QueuedPacket(around);
  }
}

/** More than these are left to the garbage collector after a burst. */
const SPARE = 1024;

export class SlotPool {
  readonly #around: PacketSurroundings;
  readonly #spare: Slot[] = [];

  constructor(around: PacketSurroundings) {
    this.#around = around;
  }

  take(at: number): Slot {
    const slot = this.#spare.pop() ?? new Slot(this.#around);
    slot.verdict = -1;
    slot.edited = false;
    slot.cause = 'handler';
    slot.gone = false;
    slot.at = at;
    return slot;
  }

  give(slot: Slot): void {
    if (!slot.held && this.#spare.length < SPARE) this.#spare.push(slot);
  }
}

/** First in, first out, without moving anything: a ring that grows. */
export class SlotRing {
  #slots: (Slot | undefined)[] = new Array(64);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get head(): Slot | undefined {
    return this.#length === 0 ? undefined : this.#slots[this.#head];
  }

  /** The one `index` places behind the head. */
  at(index: number): Slot | undefined {
    return this.#slots[(this.#head + index) & (this.#slots.length - 1)];
  }

  push(slot: Slot): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#length++) & (this.#slots.length - 1)] = slot;
  }

  shift(): void {
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#length--;
  }

  #grow(): void {
    const grown: (Slot | undefined)[] = new Array(2 * this.#slots.length);
    for (let i = 0; i < this.#length; i++) grown[i] = this.at(i);
    this.#slots = grown;
    this.#head = 0;
  }
}
