// range: registers inside or outside of two bounds, net/netfilter/nft_range.c.

import type { RangeExpr } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { Registers } from '../registers.ts';
import { compareWords, hexToWords, lastMask, spanOf } from '../registers.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { requireSet } from './require.ts';

class Range extends BaseOp<RangeExpr> {
  readonly reads: Span;
  readonly #from: Uint32Array;
  readonly #to: Uint32Array;
  readonly #mask: number;
  readonly #seen: Uint32Array;

  constructor(expr: RangeExpr, at: number) {
    super(expr);
    const bytes = expr.from.length >> 1;
    this.reads = { word: at, bytes };
    this.#from = hexToWords(expr.from);
    this.#to = hexToWords(expr.to);
    this.#mask = lastMask(bytes);
    this.#seen = new Uint32Array(this.#from.length);
  }

  eval(regs: Registers): number {
    const seen = this.#seen;
    const count = seen.length;
    for (let i = 0; i < count; i++) seen[i] = regs[this.reads.word + i]!;
    seen[count - 1] = seen[count - 1]! & this.#mask;
    const inside =
      compareWords(seen, 0, this.#from, 0, count) >= 0 &&
      compareWords(seen, 0, this.#to, 0, count) <= 0;
    return inside === (this.expr.op === 'eq') ? NFT_CONTINUE : NFT_BREAK;
  }

  wanted(): string {
    return `${this.expr.op === 'eq' ? '' : '!= '}${this.expr.from}-${this.expr.to}`;
  }
}

export function prepareRange(expr: RangeExpr, cx: Prepare): Op {
  const bytes = expr.from.length >> 1;
  if (bytes === 0 || expr.to.length !== expr.from.length)
    refuse('EINVAL', 'the ends of a range differ in length');
  const at = spanOf(expr.sreg, bytes);
  requireSet(cx, at, bytes);
  return new Range(expr, at);
}
