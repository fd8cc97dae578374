// xt_limit.c: credits that come back with time. iptables-nft has nft's own limit instead, which
// counts in nanoseconds.

import type { LimitInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import type { Env } from '../../op.ts';
import { matchModule, type XtMatch } from '../extension.ts';

/** CONFIG_HZ of the reference kernel, and CREDITS_PER_JIFFY that follows from it. */
const HZ = 250;
const CREDITS_PER_JIFFY = 128;
/** XT_LIMIT_SCALE */
const SCALE = 10_000;
const NS_PER_JIFFY = 1e9 / HZ;
const U32 = 0x100000000;

/** user2credits(): 32-bit arithmetic, which a burst may overflow. */
function credits(user: number): number {
  const perSecond = HZ * CREDITS_PER_JIFFY;
  if (user > 0xffffffff / perSecond) return (Math.floor(user / SCALE) * perSecond) % U32;
  return Math.floor((user * perSecond) / SCALE);
}

class Limit implements XtMatch {
  readonly #env: Env;
  readonly #cap: number;
  readonly #cost: number;
  #credit: number;
  #last: number;

  constructor(cap: number, cost: number, env: Env) {
    this.#env = env;
    this.#cap = cap;
    this.#cost = cost;
    this.#credit = cap;
    this.#last = this.#jiffies();
  }

  #jiffies(): number {
    return Math.floor(this.#env.netns.clock.now() / NS_PER_JIFFY);
  }

  matches(): boolean {
    const now = this.#jiffies();
    const grown = this.#credit + (now - this.#last) * CREDITS_PER_JIFFY;
    this.#last = now;
    this.#credit = Math.min(this.#cap, grown);
    if (this.#credit < this.#cost) return false;
    this.#credit -= this.#cost;
    return true;
  }

  why(): string {
    return `above the rate, ${this.#credit} of ${this.#cost} credits`;
  }
}

export const limit = matchModule<LimitInfo>({
  name: 'limit',
  placement: { families: ['ip', 'ip6', 'inet', 'bridge'] },
  prepare({ avg, burst }, cx) {
    const cap = credits((avg * burst) % U32);
    const cost = credits(avg);
    if (burst === 0 || cap < cost) refuse('ERANGE', `limit overflow, try lower: ${avg}/${burst}`);
    return new Limit(cap, cost, cx.env);
  },
});
