// The three ways of xt_hashlimit.c to hold a rate. Time is in nanoseconds where the kernel counts
// jiffies, so that no rate depends on CONFIG_HZ.

import type { HashlimitInfo } from '../../program/index.ts';

const NS_PER_SECOND = 1e9;
/** A cost of revision 3 is in millionths of a second. */
const NS_PER_COST = 1000;
/** XT_HASHLIMIT_SCALE_v2 */
const SCALE = 1_000_000;
/** CREDITS_PER_JIFFY_BYTES * HZ: credit that comes back in a second. */
const BYTE_CREDITS = 4_194_304_000;
const U32 = 0x100000000;

export interface Bucket {
  /** Time has passed. */
  refill(now: number): void;
  /** Whether a packet of so many bytes is below the rate. */
  take(bytes: number): boolean;
  text(): string;
}

/**
 * user2credits() multiplies without a look at 64 bits: so many millionths of a second are none, which is
 * 37 hours with CONFIG_HZ of 250 or 1000.
 */
const CREDITS_PER_COST = Math.floor((1000 * 2 ** 37) / SCALE);
const COST_OVERFLOW = 2 ** 64 / CREDITS_PER_COST;

/** What is left of the time that a burst takes at the rate. */
export const capOf = (avg: number, burst: number): number => (avg * burst) % COST_OVERFLOW;

/** Packets: each costs the time one of them takes at the rate. */
class PacketBucket implements Bucket {
  readonly #cap: number;
  readonly #cost: number;
  #credit: number;
  #last: number;

  constructor({ avg, burst }: HashlimitInfo, now: number) {
    this.#cost = avg * NS_PER_COST;
    this.#cap = capOf(avg, burst) * NS_PER_COST;
    this.#credit = this.#cap;
    this.#last = now;
  }

  refill(now: number): void {
    this.#credit = Math.min(this.#cap, this.#credit + (now - this.#last));
    this.#last = now;
  }

  take(): boolean {
    if (this.#credit < this.#cost) return false;
    this.#credit -= this.#cost;
    return true;
  }

  text(): string {
    return `credit for ${Math.floor(this.#credit / this.#cost)} packets`;
  }
}

/** user2credits_byte() */
export const byteCost = (avg: number): number => Math.floor((avg * BYTE_CREDITS) / U32);

/** Bytes, in units of 16: a burst is how often the bucket may be filled at once. */
class ByteBucket implements Bucket {
  readonly #cost: number;
  #refills: number;
  #credit = BYTE_CREDITS;
  #last: number;

  constructor({ avg, burst }: HashlimitInfo, now: number) {
    this.#cost = byteCost(avg);
    this.#refills = burst;
    this.#last = now;
  }

  refill(now: number): void {
    const grown = this.#credit + ((now - this.#last) / NS_PER_SECOND) * BYTE_CREDITS;
    this.#credit = Math.min(BYTE_CREDITS, grown);
    this.#last = now;
  }

  take(bytes: number): boolean {
    const cost = Math.min(BYTE_CREDITS, ((bytes >>> 4) + 1) * this.#cost);
    if (this.#credit < cost && this.#refills > 0) {
      this.#refills--;
      this.#credit = BYTE_CREDITS;
    }
    if (this.#credit < cost) return false;
    this.#credit -= cost;
    return true;
  }

  text(): string {
    return `${Math.round((this.#credit / BYTE_CREDITS) * 100)} % of a second's bytes, ${this.#refills} refills`;
  }
}

/** XT_HASHLIMIT_RATE_MATCH: what came in an interval is measured, nothing is taken away. */
class RateBucket implements Bucket {
  readonly #bytes: boolean;
  readonly #rate: number;
  readonly #burst: number;
  readonly #interval: number;
  #last: number;
  #seen = 0;
  #wasOver = false;

  constructor(info: HashlimitInfo, now: number) {
    this.#bytes = info.bytes;
    this.#interval = info.interval * NS_PER_SECOND;
    // user2rate_bytes() and user2rate()
    const bytes = (info.avg === 0 ? U32 - 1 : Math.floor((U32 - 1) / info.avg)) - 1;
    this.#rate = info.bytes ? bytes * 16 : Math.floor(SCALE / Math.max(1, info.avg));
    // rateinfo_init(): a burst comes on top of the rate, or of bytes multiplies it.
    this.#burst = info.bytes ? this.#rate * Math.max(1, info.burst) : this.#rate + info.burst;
    this.#last = now;
  }

  refill(now: number): void {
    const passed = now - this.#last;
    if (passed < this.#interval || passed === 0) return;
    this.#last = now;
    this.#wasOver = this.#seen * this.#interval > passed * this.#rate;
    this.#seen = 0;
  }

  take(bytes: number): boolean {
    this.#seen += this.#bytes ? bytes : 1;
    return !this.#wasOver && this.#seen <= this.#burst;
  }

  text(): string {
    return `${this.#seen} in this interval, the last one was ${this.#wasOver ? 'above' : 'below'} the rate`;
  }
}

export function bucketOf(info: HashlimitInfo, now: number): Bucket {
  if (info.rateMatch) return new RateBucket(info, now);
  return info.bytes ? new ByteBucket(info, now) : new PacketBucket(info, now);
}
