// Time as it is handed in. Nothing below the command line reads a clock of the system.

/** A pending call; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Nanoseconds since the namespace began, a whole number; never goes back. */
  now(): number;
  /** Seconds since 1970 (UTC), with fractions. */
  realtime(): number;
  /** Calls `run` once when `ns` nanoseconds have passed. */
  after(ns: number, run: () => void): Timer;
}

export const NS_PER_MS = 1e6;
export const NS_PER_SECOND = 1e9;

export interface ManualClock extends Clock {
  /** Moves time, running each due timer at its own instant, in order. */
  advance(ns: number): void;
  /** Moves time to `ns` since the beginning; earlier instants change nothing. */
  advanceTo(ns: number): void;
  /** The instant of the next timer, or undefined. */
  next(): number | undefined;
}

interface Pending {
  at: number;
  order: number;
  run: (() => void) | undefined;
}

const before = (a: Pending, b: Pending): boolean =>
  a.at !== b.at ? a.at < b.at : a.order < b.order;

function siftUp(heap: Pending[], from: number): void {
  let i = from;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (!before(heap[i]!, heap[parent]!)) return;
    [heap[i], heap[parent]] = [heap[parent]!, heap[i]!];
    i = parent;
  }
}

function siftDown(heap: Pending[]): void {
  let i = 0;
  for (;;) {
    let least = 2 * i + 1;
    if (least >= heap.length) return;
    if (least + 1 < heap.length && before(heap[least + 1]!, heap[least]!)) least++;
    if (!before(heap[least]!, heap[i]!)) return;
    [heap[i], heap[least]] = [heap[least]!, heap[i]!];
    i = least;
  }
}

function pop(heap: Pending[]): void {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  heap[0] = last;
  siftDown(heap);
}

class VirtualClock implements ManualClock {
  #now = 0;
  #order = 0;
  readonly #epoch: number;
  readonly #heap: Pending[] = [];

  constructor(epoch: number) {
    this.#epoch = epoch;
  }

  now(): number {
    return this.#now;
  }

  realtime(): number {
    return this.#epoch + this.#now / NS_PER_SECOND;
  }

  after(ns: number, run: () => void): Timer {
    const pending: Pending = { at: this.#now + Math.max(0, ns), order: this.#order++, run };
    this.#heap.push(pending);
    siftUp(this.#heap, this.#heap.length - 1);
    return {
      cancel: () => {
        pending.run = undefined;
      },
    };
  }

  next(): number | undefined {
    while (this.#heap[0] !== undefined && this.#heap[0].run === undefined) pop(this.#heap);
    return this.#heap[0]?.at;
  }

  advance(ns: number): void {
    this.advanceTo(this.#now + ns);
  }

  advanceTo(ns: number): void {
    for (let at = this.next(); at !== undefined && at <= ns; at = this.next()) {
      const { run } = this.#heap[0]!;
      pop(this.#heap);
      this.#now = Math.max(this.#now, at);
      run?.();
    }
    this.#now = Math.max(this.#now, ns);
  }
}

/**
 * A clock that stands still until it is moved.
 * @param epoch seconds since 1970 at which the namespace began
 */
export const manualClock = (epoch = 0): ManualClock => new VirtualClock(epoch);
