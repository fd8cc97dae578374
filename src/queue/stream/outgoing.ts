// The segment that goes on in place of the one that came.

import type { Tell } from './edits.ts';

const LARGEST = 0x10000;

/** Made once and used for every segment. */
export class Outgoing {
  readonly buffer: Uint8Array = new Uint8Array(LARGEST);
  /** Bytes of data. */
  length = 0;
  /** Where they are in what the receiver is told. */
  at = 0;
  fin = false;
  #most = 0;

  /** An empty one that may get `most` bytes of data. */
  begin(at: number, most: number): void {
    this.at = at;
    this.length = 0;
    this.fin = false;
    this.#most = Math.min(most, LARGEST);
  }

  get room(): number {
    return this.#most - this.length;
  }

  readonly tell: Tell = (bytes, from, to) => {
    if (from >= to) return true;
    const end = Math.min(to, from + this.room);
    this.buffer.set(bytes.subarray(from, end), this.length);
    this.length += end - from;
    return end === to;
  };

  get payload(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }
}
