// What a queue has done, as numbers.

import type { QueueLosses } from './transport.ts';
import type { VerdictName } from './verdict.ts';

/** Buckets to each power of two. */
const FINE = 8;
const FINE_BITS = 3;
const BUCKETS = FINE * 40;

/** Times in nanoseconds, counted in buckets an eighth of a power of two wide. */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;
  #sum = 0;

  add(ns: number, times = 1): void {
    this.#counts[bucketOf(ns)]! += times;
    this.#total += times;
    this.#sum += ns * times;
  }

  get total(): number {
    return this.#total;
  }

  get sum(): number {
    return this.#sum;
  }

  /** The upper end of the bucket that holds the given share of all, in nanoseconds; 0 without any. */
  quantile(share: number): number {
    let left = share * this.#total;
    for (let i = 0; i < BUCKETS && this.#total > 0; i++) {
      left -= this.#counts[i]!;
      if (left <= 0) return upperEnd(i);
    }
    return 0;
  }

  /** How many took at most `ns`. */
  atMost(ns: number): number {
    let count = 0;
    for (let i = 0; i < BUCKETS && upperEnd(i) <= ns; i++) count += this.#counts[i]!;
    return count;
  }
}

function bucketOf(ns: number): number {
  if (ns < FINE) return Math.max(0, Math.floor(ns));
  const exponent = Math.floor(Math.log2(ns));
  const fine = Math.floor(ns / 2 ** (exponent - FINE_BITS)) - FINE;
  return Math.min(BUCKETS - 1, (exponent - FINE_BITS + 1) * FINE + fine);
}

function upperEnd(bucket: number): number {
  if (bucket < FINE) return bucket + 1;
  const exponent = Math.floor(bucket / FINE) - 1 + FINE_BITS;
  return (FINE + (bucket % FINE) + 1) * 2 ** (exponent - FINE_BITS);
}

/** Why a packet got the verdict it got. */
export type Cause = 'handler' | 'threw' | 'rejected' | 'expired' | 'invalid' | 'stopped';

/** Counters of a runner. `verdicts` are those given, whoever decided; `causes` say who did. */
export interface QueueStatistics {
  packets: number;
  bytes: number;
  readonly verdicts: Record<VerdictName, number>;
  readonly causes: Record<Cause, number>;
  /** Packets that go on changed. */
  edited: number;
  /** Answers that came after the deadline. */
  late: number;
  /** Packets whose handler has not answered yet. */
  pending: number;
  /** From reading a packet to handing over its verdict. */
  readonly latency: Histogram;
  losses: QueueLosses;
}

export const newStatistics = (losses: QueueLosses): QueueStatistics => ({
  packets: 0,
  bytes: 0,
  verdicts: { accept: 0, drop: 0, repeat: 0, stop: 0, queue: 0 },
  causes: { handler: 0, threw: 0, rejected: 0, expired: 0, invalid: 0, stopped: 0 },
  edited: 0,
  late: 0,
  pending: 0,
  latency: new Histogram(),
  losses,
});
