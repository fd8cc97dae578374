// What was changed in one direction of a connection and may yet be asked for again. Two counts run
// along it: what the sender has said, and what the receiver was told. Each begins at 0 with the first
// byte after the SYN; they differ by what the changes made longer or shorter.
//
// A fast stream that is all changes has hundreds of thousands of them on their way. They are rows of one
// array, with their bytes behind one another: as objects they took eight times the memory.

/** The sender's bytes from AT to END became others, told from OUT on; SAID counts all such bytes. */
const [AT, END, OUT, SAID] = [0, 1, 2, 3];
const COLUMNS = 4;
/** Positions are too large for 32 bits after 4 GB. */
const ROW = COLUMNS * Float64Array.BYTES_PER_ELEMENT;
/** Room that is kept for no edits at all, in rows and in bytes. */
const LEAST = 16;

export class Edits {
  /** Edits are those from #first up to #count; in front of them is room. */
  #rows = new Float64Array(0);
  #first = 0;
  #count = 0;
  /** Bytes of the edits; `#base` were said before the first that is here. */
  #said = new Uint8Array(0);
  #base = 0;
  #total = 0;
  /** How much further the receiver is than the sender, before all edits that are kept. */
  #shift = 0;

  /** Memory that the edits take. What is held for them is at most four times that, and a little. */
  get size(): number {
    return ROW * (this.#count - this.#first) + this.#total - this.#oldest;
  }

  get held(): number {
    return this.#rows.byteLength + this.#said.length;
  }

  /** How much further the receiver is than the sender in the end. */
  get shift(): number {
    const last = this.#count - 1;
    return last < this.#first ? this.#shift : this.#outEnd(last) - this.#row(last, END);
  }

  #row(edit: number, column: number): number {
    return this.#rows[COLUMNS * edit + column]!;
  }

  /** The count of bytes said before the oldest edit. */
  get #oldest(): number {
    return this.#first < this.#count ? this.#row(this.#first, SAID) : this.#total;
  }

  #length(edit: number): number {
    const end = edit + 1 < this.#count ? this.#row(edit + 1, SAID) : this.#total;
    return end - this.#row(edit, SAID);
  }

  #outEnd(edit: number): number {
    return this.#row(edit, OUT) + this.#length(edit);
  }

  /** The last edit whose column is at most `value`; the one before the first where there is none. */
  #last(column: number, value: number): number {
    let [low, high] = [this.#first, this.#count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#row(middle, column) <= value) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Adds one behind all others. `at` is less than `end`. */
  add(at: number, end: number, bytes: Uint8Array): void {
    const out = at + this.shift;
    this.#reserve(bytes.length);
    this.#rows.set([at, end, out, this.#total], COLUMNS * this.#count++);
    this.#said.set(bytes, this.#total - this.#base);
    this.#total += bytes.length;
  }

  #reserve(bytes: number): void {
    if (COLUMNS * (this.#count + 1) > this.#rows.length)
      this.#moveRows(roomFor(this.#count - this.#first + 1));
    const needed = this.#total - this.#oldest + bytes;
    if (this.#total - this.#base + bytes > this.#said.length) this.#moveSaid(roomFor(needed));
  }

  #moveRows(rows: number): void {
    const moved = new Float64Array(COLUMNS * rows);
    moved.set(this.#rows.subarray(COLUMNS * this.#first, COLUMNS * this.#count));
    this.#rows = moved;
    this.#count -= this.#first;
    this.#first = 0;
  }

  #moveSaid(bytes: number): void {
    const moved = new Uint8Array(bytes);
    const from = this.#oldest;
    moved.set(this.#said.subarray(from - this.#base, this.#total - this.#base));
    this.#said = moved;
    this.#base = from;
  }

  /** Where the receiver hears what the sender says at `at`; within an edit, where that ends. */
  told(at: number): number {
    // Positions are whole numbers.
    const edit = this.#last(AT, at - 1);
    if (edit < this.#first) return at + this.#shift;
    return this.#outEnd(edit) + Math.max(0, at - this.#row(edit, END));
  }

  /** Up to where the sender has been heard by one who was told up to `out`: no edit by halves. */
  heard(out: number): number {
    const edit = this.#last(OUT, out);
    if (edit < this.#first) return out - this.#shift;
    const end = this.#outEnd(edit);
    return out >= end ? this.#row(edit, END) + out - end : this.#row(edit, AT);
  }

  /** From where on the sender has been heard by one who was told from `out` on. */
  heardFrom(out: number): number {
    const edit = this.#last(OUT, out - 1);
    if (edit < this.#first) return out - this.#shift;
    return this.#row(edit, END) + Math.max(0, out - this.#outEnd(edit));
  }

  /**
   * Says once more what the sender says once more, from `at` to `to`: what was told from `from` on.
   * @param said the sender's bytes, the first of them at `at`
   * @returns false when `tell` had no more room
   */
  tellAgain(at: number, to: number, said: Uint8Array, from: number, tell: Tell): boolean {
    let place = at;
    for (let edit = this.#last(END, at) + 1; edit < this.#count; edit++) {
      const begin = this.#row(edit, AT);
      if (begin >= to) break;
      if (!this.#again(place, begin, said, at, from, tell)) return false;
      if (begin >= place && !this.#tellEdit(edit, from, tell)) return false;
      place = this.#row(edit, END);
    }
    return this.#again(place, to, said, at, from, tell);
  }

  #tellEdit(edit: number, from: number, tell: Tell): boolean {
    const skip = Math.max(0, from - this.#row(edit, OUT));
    const start = this.#row(edit, SAID) - this.#base;
    return tell(this.#said, start + skip, start + this.#length(edit));
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
    const before = this.#first;
    while (this.#first < this.#count && this.#outEnd(this.#first) <= out) {
      this.#shift = this.#outEnd(this.#first) - this.#row(this.#first, END);
      this.#first++;
    }
    if (this.#first > before) this.#release();
  }

  /** Gives room back when there is far too much. */
  #release(): void {
    const rows = this.#count - this.#first;
    if (this.#rows.length > COLUMNS * 2 * roomFor(rows)) this.#moveRows(roomFor(rows));
    const bytes = this.#total - this.#oldest;
    if (this.#said.length > 2 * roomFor(bytes)) this.#moveSaid(roomFor(bytes));
  }
}

const roomFor = (count: number): number => Math.max(LEAST, 2 * count);

/** Takes bytes from `from` to `to`, if there are any; false when not all of them had room. */
export type Tell = (bytes: Uint8Array, from: number, to: number) => boolean;
