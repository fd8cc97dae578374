// Unconfirmed entries. The kernel frees one with the last packet that refers to it; packets here are
// objects that are filled again and again, so an entry is given up once its packet carries it no
// longer.

import type { Packet } from '../core/index.ts';

/** Above this many, the oldest is taken from its packet: somebody keeps packets and never ends them. */
const LIMIT = 16384;

/** Entries that wait for confirmation. */
export class Pending {
  /** The newest one stands apart: it is nearly always confirmed before the next one comes. */
  #newest = 0;
  #newestPacket: Packet | null = null;
  /** The others, oldest first. */
  readonly #packetOf = new Map<number, Packet>();
  readonly #free: (slot: number) => void;

  constructor(free: (slot: number) => void) {
    this.#free = free;
  }

  get size(): number {
    return this.#packetOf.size + (this.#newest === 0 ? 0 : 1);
  }

  add(slot: number, packet: Packet): void {
    if (this.#newest !== 0) this.#packetOf.set(this.#newest, this.#newestPacket!);
    this.#newest = slot;
    this.#newestPacket = packet;
  }

  /** The packet that an entry was made for; null where it does not wait. */
  ownerOf(slot: number): Packet | null {
    return slot === this.#newest ? this.#newestPacket : (this.#packetOf.get(slot) ?? null);
  }

  /** It was confirmed, or ended. False where it was not pending. */
  remove(slot: number): boolean {
    if (slot !== this.#newest) return this.#packetOf.delete(slot);
    this.#newest = 0;
    this.#newestPacket = null;
    return true;
  }

  /** Frees an entry that its packet has just let go. */
  release(slot: number): void {
    if (this.remove(slot)) this.#free(slot);
  }

  /** Frees the oldest entries while their packets are gone; at most a few per call. */
  reclaim(): void {
    if (this.#newest !== 0 && this.#newestPacket?.ct !== this.#newest) this.release(this.#newest);
    if (this.#packetOf.size === 0) return;
    let looked = 0;
    for (const [slot, packet] of this.#packetOf) {
      if (packet.ct !== slot) this.release(slot);
      else if (this.#packetOf.size > LIMIT) {
        packet.ct = 0;
        this.release(slot);
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
    this.reclaim();
    for (const [slot, packet] of this.#packetOf) if (packet.ct !== slot) this.release(slot);
  }
}
