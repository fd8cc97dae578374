// last: when the rule was last hit, net/netfilter/nft_last.c.

import { NS_PER_MS } from '../../core/index.ts';
import type { LastExpr } from '../../program/index.ts';
import type { Env, Op, Prepare } from '../op.ts';
import { BaseOp } from '../op.ts';
import { NFT_CONTINUE } from '../verdict.ts';

class Last extends BaseOp<LastExpr> {
  readonly #env: Env;
  /** Nanoseconds on the namespace's clock, or undefined: never. */
  #at: number | undefined;

  constructor(expr: LastExpr, env: Env) {
    super(expr);
    this.#env = env;
    if (expr.msecs !== undefined) this.#at = env.netns.clock.now() - expr.msecs * NS_PER_MS;
  }

  eval(): number {
    this.#at = this.#env.netns.clock.now();
    return NFT_CONTINUE;
  }

  override dump(): LastExpr {
    if (this.#at === undefined) return { kind: 'last' };
    const age = this.#env.netns.clock.now() - this.#at;
    return { kind: 'last', msecs: Math.floor(age / NS_PER_MS) };
  }

  reset(): void {
    this.#at = undefined;
  }
}

export const prepareLast = (expr: LastExpr, cx: Prepare): Op => new Last(expr, cx.env);
