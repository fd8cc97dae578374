// A hash index that grows without ever making a packet wait: extendible hashing (Fagin et al. 1979). A
// directory, chosen by the upper bits of a hash, leads to segments of cells; a segment that gets full is
// split in two, and nothing else moves. Within a segment, cells are probed one after the other, so a
// look-up touches one cache line more often than not.

/** Cells of a fresh segment; a cell is a value and its hash. */
const CELLS = 1024;
/** Segments are split when this part of them is in use. */
const FULL = 0.75;
/** No deeper: equal hashes cannot be told apart by splitting, so such a segment gets larger instead. */
const MAX_DEPTH = 20;

/** Bits of a hash that are no cell of a fresh segment. */
const UPPER_BITS = 22;
const UPPER = 2 ** UPPER_BITS - 1;

/** A hash with its lower bits, which tell the cell, in front. */
const turned = (hash: number): number =>
  ((hash << UPPER_BITS) | (hash >>> (32 - UPPER_BITS))) >>> 0;

interface Segment {
  /** value, hash, value, hash … ; value 0 is an empty cell. */
  cells: Int32Array;
  used: number;
  /** Upper bits of the hash that all entries here share. */
  depth: number;
}

const freshSegment = (depth: number, capacity: number): Segment => ({
  cells: new Int32Array(capacity * 2),
  used: 0,
  depth,
});

/** Maps hashes to positive numbers; several values may have one hash. */
export class HashIndex {
  #directory: Segment[] = [freshSegment(0, CELLS)];
  /** The cells of the same segments, one step nearer for readers. */
  #cells: Int32Array[] = [this.#directory[0]!.cells];
  #depth = 0;
  #segments = 1;

  #segment(hash: number): Segment {
    return this.#depth === 0 ? this.#directory[0]! : this.#directory[hash >>> (32 - this.#depth)]!;
  }

  /**
   * Values of one hash: begin with `at` 0 and go on with one more than the place of the last value. The
   * place is told by {@link place}. 0 where there are no more. Adding or removing ends the walk.
   */
  find(hash: number, at: number): number {
    const cells = this.#cells[this.#depth === 0 ? 0 : hash >>> (32 - this.#depth)]!;
    const mask = cells.length - 1;
    let cell = ((hash + at) * 2) & mask;
    for (let i = at; cells[cell] !== 0; i++, cell = (cell + 2) & mask) {
      if (cells[cell + 1] !== hash) continue;
      this.place = i;
      return cells[cell]!;
    }
    return 0;
  }

  /** How many cells from its home the value lies that {@link find} found last. */
  place = 0;

  /**
   * As if there were so many chains: which one a hash belongs to (reciprocal_scale()). By the hash's
   * lower bits, then its upper ones, so that those of a chain stand in few cells.
   */
  bucketOf(hash: number, buckets: number): number {
    return Math.floor((turned(hash) * buckets) / 2 ** 32);
  }

  /** The values of one chain. */
  inBucket(bucket: number, buckets: number): number[] {
    const found: number[] = [];
    const first = Math.ceil((bucket * 2 ** 32) / buckets);
    const last = Math.ceil(((bucket + 1) * 2 ** 32) / buckets) - 1;
    for (let home = first >>> UPPER_BITS; home <= last >>> UPPER_BITS; home++) {
      const from = Math.max(first, home * 2 ** UPPER_BITS) & UPPER;
      const to = Math.min(last, (home + 1) * 2 ** UPPER_BITS - 1) & UPPER;
      const wanted = { bucket, buckets, home };
      for (const segment of this.#segmentsBetween(from, to)) collect(segment, wanted, found, this);
    }
    return found;
  }

  /** By the upper bits of their hashes. */
  #segmentsBetween(from: number, to: number): Set<Segment> {
    const shift = UPPER_BITS - this.#depth;
    return new Set(this.#directory.slice(from >>> shift, (to >>> shift) + 1));
  }

  add(hash: number, value: number): void {
    let segment = this.#segment(hash);
    while (segment.used >= (segment.cells.length / 2) * FULL) {
      if (segment.depth < MAX_DEPTH) this.#split(segment, hash);
      else this.#enlarge(segment);
      segment = this.#segment(hash);
    }
    put(segment, hash, value);
  }

  /** Where a hash has one value at most: it has this one now. Gives the one before, or 0. */
  exchange(hash: number, value: number): number {
    const { cells } = this.#segment(hash);
    const mask = cells.length - 1;
    for (let cell = (hash * 2) & mask; cells[cell] !== 0; cell = (cell + 2) & mask) {
      if (cells[cell + 1] !== hash) continue;
      const before = cells[cell]!;
      cells[cell] = value;
      return before;
    }
    this.add(hash, value);
    return 0;
  }

  /** Puts another value in the place of one; false where that one is not there. */
  replace(hash: number, from: number, to: number): boolean {
    const { cells } = this.#segment(hash);
    const cell = cellOf(cells, hash, from);
    if (cell < 0) return false;
    cells[cell] = to;
    return true;
  }

  /** False where it is not there. */
  remove(hash: number, value: number): boolean {
    const segment = this.#segment(hash);
    const { cells } = segment;
    let hole = cellOf(cells, hash, value);
    if (hole < 0) return false;
    // Cells behind move up while that brings them no nearer than their home (Knuth 6.4, algorithm R).
    const mask = cells.length - 1;
    for (let at = (hole + 2) & mask; cells[at] !== 0; at = (at + 2) & mask) {
      const home = (cells[at + 1]! * 2) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      cells[hole] = cells[at]!;
      cells[hole + 1] = cells[at + 1]!;
      hole = at;
    }
    cells[hole] = 0;
    segment.used--;
    return true;
  }

  #split(segment: Segment, hash: number): void {
    if (segment.depth === this.#depth) this.#widen();
    const depth = segment.depth + 1;
    const { cells } = segment;
    const low = freshSegment(depth, cells.length / 2);
    const high = freshSegment(depth, cells.length / 2);
    for (let at = 0; at < cells.length; at += 2) {
      if (cells[at] === 0) continue;
      const isHigh = (cells[at + 1]! >>> (32 - depth)) & 1;
      put(isHigh === 1 ? high : low, cells[at + 1]!, cells[at]!);
    }
    // Both halves of the run of directory entries that led to the old segment.
    const run = 2 ** (this.#depth - depth);
    const first = Math.floor((hash >>> (32 - this.#depth)) / (2 * run)) * 2 * run;
    for (let i = 0; i < run; i++) {
      this.#directory[first + i] = low;
      this.#cells[first + i] = low.cells;
      this.#directory[first + run + i] = high;
      this.#cells[first + run + i] = high.cells;
    }
    this.#segments++;
  }

  /** Doubles the directory: a few thousand references for a million entries. */
  #widen(): void {
    const wider: Segment[] = [];
    for (const segment of this.#directory) wider.push(segment, segment);
    this.#directory = wider;
    this.#cells = wider.map((segment) => segment.cells);
    this.#depth++;
  }

  #enlarge(segment: Segment): void {
    const { cells } = segment;
    segment.cells = new Int32Array(cells.length * 2);
    segment.used = 0;
    for (let at = 0; at < cells.length; at += 2)
      if (cells[at] !== 0) put(segment, cells[at + 1]!, cells[at]!);
    this.#cells = this.#directory.map((one) => one.cells);
  }

  /** Bytes held, as far as they count: cells, and eight per directory entry. */
  get bytes(): number {
    return this.#segments * CELLS * 8 + this.#directory.length * 8;
  }
}

/** Values of a chain among those whose home is this cell, or one that a larger segment has for it. */
function collect(
  { cells }: Segment,
  { bucket, buckets, home }: { bucket: number; buckets: number; home: number },
  found: number[],
  index: HashIndex,
): void {
  const mask = cells.length / 2 - 1;
  for (let start = home; start <= mask; start += CELLS)
    for (let cell = start; cells[cell * 2] !== 0; cell = (cell + 1) & mask) {
      const hash = cells[cell * 2 + 1]!;
      if ((hash & mask) === start && index.bucketOf(hash, buckets) === bucket)
        found.push(cells[cell * 2]!);
    }
}

function put(segment: Segment, hash: number, value: number): void {
  const { cells } = segment;
  const mask = cells.length - 1;
  let at = (hash * 2) & mask;
  while (cells[at] !== 0) at = (at + 2) & mask;
  cells[at] = value;
  cells[at + 1] = hash;
  segment.used++;
}

/** Place of a value among the cells, or -1. */
function cellOf(cells: Int32Array, hash: number, value: number): number {
  const mask = cells.length - 1;
  for (let at = (hash * 2) & mask; cells[at] !== 0; at = (at + 2) & mask)
    if (cells[at] === value && cells[at + 1] === hash) return at;
  return -1;
}
