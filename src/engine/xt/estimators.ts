// Rate estimators by name: xt_RATEEST.c and net/core/gen_estimator.c. The kernel measures by a timer;
// here what the timer would have done is made up for when somebody asks.

import type { Clock, Netns } from '../../core/index.ts';
import type { Program, RateestInfo, RateestTargetInfo } from '../../program/index.ts';
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
  if (known?.interval === info.interval && known.ewmaLog === info.ewmaLog) return known;
  // One that no rule uses was left by a batch that was refused; of one that was left alone nobody knows how it measures.
  if (known !== undefined && known.users > 0 && known.interval !== UNKNOWN)
    refuse('EINVAL', `the estimator ${info.name} measures in another way`);
  const made = new Estimator(info, clock);
  estimators.set(info.name, made);
  return made;
}

/** xt_rateest_lookup(), xt_rateest_put(): an estimator is there as long as a rule counts for it or asks it. */
export const holding = (
  estimators: Map<string, Estimator>,
  held: readonly (readonly [name: string, Estimator])[],
) => ({
  activate(): void {
    for (const [name, estimator] of held) {
      estimator.users++;
      estimators.set(name, estimator);
    }
  },
  deactivate(): void {
    for (const [name, estimator] of held)
      if (--estimator.users === 0 && estimators.get(name) === estimator) estimators.delete(name);
  },
});

/** The interval of an estimator whose rule is gone, and that others still ask: one that no rule can give. */
const UNKNOWN = 128;

/** Estimators of a ruleset that is put back: rules may ask one before the rule that counts for it, or without. */
export function declareEstimators(netns: Netns, program: Program): void {
  const exprs = program.tables.flatMap(({ chains }) =>
    chains.flatMap(({ rules }) => rules.flatMap((rule) => rule.exprs)),
  );
  const estimators = named(netns);
  for (const expr of exprs)
    if (expr.kind === 'target' && expr.name === 'RATEEST')
      estimatorFor(estimators, expr.info as RateestTargetInfo, netns.clock);
  for (const expr of exprs) {
    if (expr.kind !== 'match' || expr.name !== 'rateest') continue;
    const { first, second } = expr.info as RateestInfo;
    for (const name of [first, second])
      if (name !== undefined && !estimators.has(name))
        estimators.set(name, new Estimator({ name, interval: UNKNOWN, ewmaLog: 0 }, netns.clock));
  }
}
