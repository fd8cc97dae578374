// Rate estimators by name: xt_RATEEST.c and net/core/gen_estimator.c. The kernel measures by a timer;
// here what the timer would have done is made up for when somebody asks.

import type { Clock } from '../../core/index.ts';
import type { RateestTargetInfo } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import { perNamespace } from './per-namespace.ts';

/** A quarter of a second, the shortest interval, in nanoseconds. */
const QUARTER = 250_000_000;
/** Averages are kept with this many bits behind the point. */
const FRACTION = 256;

export class Estimator {
  readonly interval: number;
  readonly ewmaLog: number;
  readonly #clock: Clock;
  readonly #step: number;
  /** What a count in one interval is in a second, scaled. */
  readonly #scale: number;
  readonly #weight: number;
  #next: number;
  #bytes = 0;
  #packets = 0;
  #averageBytes = 0;
  #averagePackets = 0;
  users = 0;

  constructor({ interval, ewmaLog }: RateestTargetInfo, clock: Clock) {
    this.interval = interval;
    this.ewmaLog = ewmaLog;
    this.#clock = clock;
    this.#step = QUARTER * 2 ** (interval + 2);
    this.#scale = 2 ** (10 - (interval + 2));
    this.#weight = 2 ** ewmaLog;
    this.#next = clock.now() + this.#step;
  }

  count(bytes: number): void {
    this.#catchUp();
    this.#bytes += bytes;
    this.#packets++;
  }

  get bps(): number {
    this.#catchUp();
    return Math.floor(this.#averageBytes / FRACTION);
  }

  get pps(): number {
    this.#catchUp();
    return Math.floor(this.#averagePackets / FRACTION);
  }

  /** est_timer(), as often as it has fired since; what has faded out fades no further. */
  #catchUp(): void {
    const now = this.#clock.now();
    while (this.#next <= now) {
      this.#averageBytes = this.#weighted(this.#averageBytes, this.#bytes);
      this.#averagePackets = this.#weighted(this.#averagePackets, this.#packets);
      this.#bytes = 0;
      this.#packets = 0;
      this.#next += this.#step;
      if (this.#averageBytes < this.#weight && this.#averagePackets < this.#weight)
        this.#next += Math.max(0, Math.floor((now - this.#next) / this.#step)) * this.#step;
    }
  }

  #weighted(average: number, count: number): number {
    const rate = Math.floor((count * this.#scale) / this.#weight);
    return average + rate - Math.floor(average / this.#weight);
  }
}

const named = perNamespace(() => new Map<string, Estimator>());
export const estimatorsOf = named;

/** xt_rateest_tg_checkentry(): the one of this name, or a new one. @throws Refusal */
export function estimatorFor(
  estimators: Map<string, Estimator>,
  info: RateestTargetInfo,
  clock: Clock,
): Estimator {
  const known = estimators.get(info.name);
  // One that no rule uses was left by a batch that was refused.
  if (known === undefined || known.users === 0) {
    const made = new Estimator(info, clock);
    estimators.set(info.name, made);
    return made;
  }
  if (known.interval !== info.interval || known.ewmaLog !== info.ewmaLog)
    refuse('EINVAL', `the estimator ${info.name} measures in another way`);
  return known;
}
