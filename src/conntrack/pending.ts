// Unconfirmed entries. The kernel frees one with the last packet that refers to it; packets here are
// objects that are filled again and again, so an entry is given up once its packet carries it no
// longer.

import type { Packet } from '../core/index.ts';

/** Above this many, the oldest is taken from its packet: somebody keeps packets and never ends them. */
const LIMIT = 16384;

/** A queue of entries that wait for confirmation, oldest first. */
export class Pending {
  readonly #packetOf = new Map<number, Packet>();
  readonly #free: (slot: number) => void;

  constructor(free: (slot: number) => void) {
    this.#free = free;
  }

  get size(): number {
    return this.#packetOf.size;
  }

  add(slot: number, packet: Packet): void {
    this.#packetOf.set(slot, packet);
  }

  has(slot: number): boolean {
    return this.#packetOf.has(slot);
  }

  /** It was confirmed, or ended. */
  remove(slot: number): void {
    this.#packetOf.delete(slot);
  }

  /** Frees an entry that its packet has just let go. */
  release(slot: number): void {
    if (this.#packetOf.has(slot)) this.#drop(slot);
  }

  /** Frees the oldest entries while their packets are gone; at most a few per call. */
  reclaim(): void {
    if (this.#packetOf.size === 0) return;
    let looked = 0;
    for (const [slot, packet] of this.#packetOf) {
      if (packet.ct !== slot) this.#drop(slot);
      else if (this.#packetOf.size > LIMIT) {
        packet.ct = 0;
        this.#drop(slot);
      } else {
        // To the end of the line, so that one long wait hides nothing behind it.
        this.#packetOf.delete(slot);
        this.#packetOf.set(slot, packet);
      }
      if (++looked === 2) return;
    }
  }

  /** Frees every entry whose packet is gone. */
  reclaimAll(): void {
    for (const [slot, packet] of this.#packetOf) if (packet.ct !== slot) this.#drop(slot);
  }

  #drop(slot: number): void {
    this.#packetOf.delete(slot);
    this.#free(slot);
  }
}
