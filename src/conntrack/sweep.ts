// Ends entries whose time is over (gc_worker() of nf_conntrack_core.c): in slices, so that no pause is
// long, and by the namespace's clock alone, so that virtual time runs them exactly when they are due.

import type { Clock, Timer } from '../core/index.ts';
import { NS_PER_MS } from '../core/index.ts';
import type { Table } from './table.ts';
import { CHUNK, CHUNK_BITS } from './table.ts';

/** Between two passes; entries that end within one interval end together. */
const INTERVAL = 250 * NS_PER_MS;
/** Work of one slice: reading 32 chunks of deadlines takes well under a millisecond. */
const CHUNKS_PER_SLICE = 32;
const ENDED_PER_SLICE = 250;

export class Sweeper {
  readonly #clock: Clock;
  readonly #table: Table;
  readonly #end: (slot: number) => void;
  /** While the table is full: asked about every entry that has time left. */
  readonly #spare: (slot: number) => void;
  #pressed = false;
  /** When the next slice runs; Infinity while nothing can end. */
  #at = Number.POSITIVE_INFINITY;
  #timer: Timer | null = null;
  /** Position of a pass that is not through, in slots. */
  #cursor = 0;
  #earliest = Number.POSITIVE_INFINITY;
  #lastPass = Number.NEGATIVE_INFINITY;

  constructor(
    clock: Clock,
    table: Table,
    end: (slot: number) => void,
    spare: (slot: number) => void,
  ) {
    this.#clock = clock;
    this.#table = table;
    this.#end = end;
    this.#spare = spare;
  }

  /** The table is full: the next pass, soon, drops what can be spared (gc_work->early_drop). */
  press(): void {
    if (this.#pressed) return;
    this.#pressed = true;
    if (this.#cursor === 0) this.#arm(this.#clock.now() + INTERVAL);
  }

  /** An entry ends at `deadline` now. Cheap unless that is earlier than anything known. */
  consider(deadline: number): void {
    if (this.#cursor > 0) {
      if (deadline < this.#earliest) this.#earliest = deadline;
    } else if (deadline < this.#at) this.#arm(deadline);
  }

  #arm(deadline: number): void {
    const at = Math.max(deadline, this.#lastPass + INTERVAL);
    if (at >= this.#at) return;
    this.#schedule(at);
  }

  #schedule(at: number): void {
    this.#timer?.cancel();
    this.#at = at;
    if (at === Number.POSITIVE_INFINITY) {
      this.#timer = null;
      return;
    }
    this.#timer = this.#clock.after(Math.max(0, at - this.#clock.now()), () => this.#slice());
  }

  #slice(): void {
    this.#timer = null;
    if (this.#cursor === 0) this.#earliest = Number.POSITIVE_INFINITY;
    if (!this.#scan()) {
      // Live, the event loop turns in between; in virtual time it goes on at the same instant.
      this.#schedule(this.#clock.now());
      return;
    }
    this.#cursor = 0;
    this.#pressed = false;
    this.#lastPass = this.#clock.now();
    this.#at = Number.POSITIVE_INFINITY;
    if (this.#earliest < Number.POSITIVE_INFINITY) this.#arm(this.#earliest);
  }

  /** True when the pass reached the end of the table. */
  #scan(): boolean {
    const { high } = this.#table;
    let slot = Math.max(1, this.#cursor);
    let ended = 0;
    for (let chunk = 0; chunk < CHUNKS_PER_SLICE && slot <= high; chunk++) {
      const last = Math.min(high, slot | (CHUNK - 1));
      for (; slot <= last; slot++) {
        if (!this.#look(slot) || ++ended < ENDED_PER_SLICE) continue;
        this.#cursor = slot + 1;
        return slot >= high;
      }
    }
    this.#cursor = slot;
    return slot > high;
  }

  /** True where an entry's time was over. */
  #look(slot: number): boolean {
    const deadline = this.#table.deadlines[slot >>> CHUNK_BITS]![slot & (CHUNK - 1)]!;
    // 0: not in use. An unconfirmed entry holds a duration, which `end` does not mistake for an end.
    if (deadline === 0) return false;
    if (deadline <= this.#clock.now()) {
      this.#end(slot);
      return true;
    }
    if (this.#pressed) this.#spare(slot);
    if (deadline < this.#earliest) this.#earliest = deadline;
    return false;
  }
}
