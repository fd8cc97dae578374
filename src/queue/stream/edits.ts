// What was changed in one direction of a connection and may yet be asked for again. Two counts run
// along it: what the sender has said, and what the receiver was told. Each begins at 0 with the first
// byte after the SYN; they differ by what the changes made longer or shorter.

/** The sender's bytes from `at` to `end` became `bytes`, told from `out` on. */
export interface Edit {
  readonly at: number;
  readonly end: number;
  readonly out: number;
  readonly bytes: Uint8Array;
}

const outEnd = (edit: Edit): number => edit.out + edit.bytes.length;

export class Edits {
  readonly #edits: Edit[] = [];
  /** How much further the receiver is than the sender, before all edits that are kept. */
  #shift = 0;
  #bytes = 0;

  /** Memory they take, about. */
  get size(): number {
    return this.#bytes + 64 * this.#edits.length;
  }

  /** How much further the receiver is than the sender in the end. */
  get shift(): number {
    const last = this.#edits.at(-1);
    return last === undefined ? this.#shift : outEnd(last) - last.end;
  }

  /** Adds one behind all others. `at` is less than `end`. */
  add(at: number, end: number, bytes: Uint8Array): void {
    this.#edits.push({ at, end, out: at + this.shift, bytes });
    this.#bytes += bytes.length;
  }

  /** Where the receiver hears what the sender says at `at`; within an edit, where that ends. */
  told(at: number): number {
    for (let i = this.#edits.length - 1; i >= 0; i--) {
      const edit = this.#edits[i]!;
      if (at > edit.at) return outEnd(edit) + Math.max(0, at - edit.end);
    }
    return at + this.#shift;
  }

  /** Up to where the sender has been heard by one who was told up to `out`: no edit by halves. */
  heard(out: number): number {
    for (let i = this.#edits.length - 1; i >= 0; i--) {
      const edit = this.#edits[i]!;
      if (out >= outEnd(edit)) return edit.end + out - outEnd(edit);
      if (out >= edit.out) return edit.at;
    }
    return out - this.#shift;
  }

  /** From where on the sender has been heard by one who was told from `out` on. */
  heardFrom(out: number): number {
    for (let i = this.#edits.length - 1; i >= 0; i--) {
      const edit = this.#edits[i]!;
      if (out > edit.out) return edit.end + Math.max(0, out - outEnd(edit));
    }
    return out - this.#shift;
  }

  /**
   * Says once more what the sender says once more, from `at` to `to`: what was told from `from` on.
   * @param said the sender's bytes, the first of them at `at`
   * @returns false when `tell` had no more room
   */
  tellAgain(at: number, to: number, said: Uint8Array, from: number, tell: Tell): boolean {
    let place = at;
    for (const edit of this.#edits) {
      if (edit.end <= place) continue;
      if (edit.at >= to) break;
      if (!this.#again(place, edit.at, said, at, from, tell)) return false;
      const skip = Math.max(0, from - edit.out);
      if (edit.at >= place && !tell(edit.bytes, skip, edit.bytes.length)) return false;
      place = edit.end;
    }
    return this.#again(place, to, said, at, from, tell);
  }

  #again(
    place: number,
    to: number,
    said: Uint8Array,
    at: number,
    from: number,
    tell: Tell,
  ): boolean {
    if (place >= to) return true;
    const skip = Math.max(0, from - this.told(place));
    return tell(said, place - at + skip, to - at);
  }

  /** Forgets what the receiver of everything up to `out` will not ask for again. */
  forget(out: number): void {
    let done = 0;
    for (let edit = this.#edits[0]; edit !== undefined && outEnd(edit) <= out; ) {
      this.#shift = outEnd(edit) - edit.end;
      this.#bytes -= edit.bytes.length;
      edit = this.#edits[++done];
    }
    if (done > 0) this.#edits.splice(0, done);
  }
}

/** Takes bytes from `from` to `to`, if there are any; false when not all of them had room. */
export type Tell = (bytes: Uint8Array, from: number, to: number) => boolean;
