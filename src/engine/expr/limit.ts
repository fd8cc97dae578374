// limit: a token bucket whose tokens are nanoseconds, net/netfilter/nft_limit.c.

import type { LimitExpr, ObjectData } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Env, Op, Prepare } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import type { ObjectBody } from '../state/objects.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';

/** NFT_LIMIT_PKT_BURST_DEFAULT */
const DEFAULT_BURST = 5;
const NS_PER_SECOND = 1000000000n;
const U64_MAX = 0xffffffffffffffffn;

type LimitFields = Omit<LimitExpr, 'kind'>;

/** What the parameters come to, nanoseconds (nft_limit_init); exact, as the kernel's u64. */
function bucket(limit: LimitFields): { nsecs: number; tokens: number } {
  if (limit.rate <= 0) return refuse('EINVAL', 'a limit of rate 0');
  const nsecs = BigInt(limit.unit) * NS_PER_SECOND;
  const rate = BigInt(limit.rate);
  const burst = BigInt(limit.burst);
  if (rate + burst < rate || rate + burst > U64_MAX || nsecs > U64_MAX)
    return refuse('EOVERFLOW', 'limit rate and burst together are too large');
  if (limit.type === 'packets') {
    const tokens = (nsecs / rate) * (burst === 0n ? BigInt(DEFAULT_BURST) : burst);
    return tokens > U64_MAX
      ? refuse('EOVERFLOW', 'limit burst is too large')
      : { nsecs: Number(nsecs), tokens: Number(tokens) };
  }
  if (nsecs * (rate + burst) > U64_MAX)
    return refuse('EOVERFLOW', 'limit rate and burst together are too large');
  return { nsecs: Number(nsecs), tokens: Number((nsecs * (rate + burst)) / rate) };
}

export class Limit extends BaseOp<LimitExpr> {
  readonly #env: Env;
  readonly #max: number;
  readonly #nsecs: number;
  /** Cost of a packet; bytes cost per packet. */
  readonly #cost: number;
  readonly #perByte: boolean;
  #tokens: number;
  #last: number;

  constructor(expr: LimitExpr, env: Env) {
    super(expr);
    const { nsecs, tokens } = bucket(expr);
    this.#env = env;
    this.#nsecs = nsecs;
    this.#max = tokens;
    this.#tokens = tokens;
    this.#last = env.netns.clock.now();
    this.#perByte = expr.type === 'bytes';
    this.#cost = Math.floor(nsecs / expr.rate);
  }

  /** nft_limit_eval(): true above the rate. */
  #over(cost: number): boolean {
    const now = this.#env.netns.clock.now();
    const tokens = Math.min(this.#max, this.#tokens + (now - this.#last));
    this.#last = now;
    const delta = tokens - cost;
    this.#tokens = delta >= 0 ? delta : tokens;
    return delta < 0;
  }

  eval(_regs: Registers, pkt: PktInfo): number {
    const cost = this.#perByte
      ? Math.floor((this.#nsecs * pkt.length) / this.expr.rate)
      : this.#cost;
    return this.#over(cost) === this.expr.invert ? NFT_CONTINUE : NFT_BREAK;
  }

  override dump(): LimitExpr {
    const packets = this.expr.type === 'packets';
    const burst = packets && this.expr.burst === 0 ? DEFAULT_BURST : this.expr.burst;
    return { ...this.expr, burst };
  }

  why(): string {
    return this.expr.invert ? 'within the rate' : 'above the rate';
  }
}

export const prepareLimit = (expr: LimitExpr, cx: Prepare): Op => new Limit(expr, cx.env);

export function limitObject(data: Extract<ObjectData, { kind: 'limit' }>, env: Env): ObjectBody {
  const limit = new Limit(data, env);
  return { eval: (regs, pkt) => limit.eval(regs, pkt), dump: () => limit.dump() };
}
