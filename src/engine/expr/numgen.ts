// numgen: counting or random numbers, net/netfilter/nft_numgen.c.

import type { NumgenExpr } from '../../program/index.ts';
import { HOST32 } from '../endianness.ts';
import { refuse } from '../errno.ts';
import type { Env, Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { Registers } from '../registers.ts';
import { spanOf } from '../registers.ts';
import { NFT_CONTINUE } from '../verdict.ts';
import { scale } from './hash.ts';

class Numgen extends BaseOp<NumgenExpr> {
  readonly writes: Span;
  readonly #env: Env;
  /** The number before the next. */
  #counter: number;

  constructor(expr: NumgenExpr, at: number, env: Env) {
    super(expr);
    this.writes = { word: at, bytes: 4 };
    this.#env = env;
    this.#counter = expr.modulus - 1;
  }

  eval(regs: Registers): number {
    const { type, modulus, offset } = this.expr;
    if (type === 'random') {
      regs[this.writes.word] = offset + scale(this.#env.netns.random.u32(), modulus);
      return NFT_CONTINUE;
    }
    this.#counter = this.#counter + 1 < modulus ? this.#counter + 1 : 0;
    regs[this.writes.word] = offset + this.#counter;
    return NFT_CONTINUE;
  }
}

export function prepareNumgen(expr: NumgenExpr, cx: Prepare): Op {
  if (expr.modulus === 0) refuse('ERANGE', 'numgen modulus must be at least 1');
  if (expr.offset + expr.modulus - 1 > 0xffffffff)
    refuse('EOVERFLOW', 'numgen offset and modulus together are too large');
  const at = spanOf(expr.dreg, 4);
  cx.endian.mark(at, 1, HOST32);
  return new Numgen(expr, at, cx.env);
}
