// cmp: registers against a constant, net/netfilter/nft_cmp.c.

import type { CmpExpr, CmpOp } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { Registers } from '../registers.ts';
import { hexToWords, hexWord, lastMask, spanOf, wordsIn } from '../registers.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { requireSet } from './require.ts';

const SIGN: Readonly<Record<CmpOp, string>> = {
  eq: '==',
  neq: '!=',
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>=',
};

/** A constant of at most four bytes, for equality: nft_cmp_fast_ops. */
export class CmpFast extends BaseOp<CmpExpr> {
  readonly word: number;
  // Signed, so that V8 keeps both in the object: a number above 2^31 has a box of its own.
  readonly mask: number;
  readonly value: number;
  readonly negate: boolean;

  constructor(expr: CmpExpr, at: number) {
    super(expr);
    const bytes = expr.data.length >> 1;
    this.word = at;
    this.mask = lastMask(bytes) | 0;
    this.value = hexWord(expr.data, 0) | 0;
    this.negate = expr.op === 'neq';
  }

  /** Made when a trace asks: a rule has several of these. */
  get reads(): Span {
    return { word: this.word, bytes: this.expr.data.length >> 1 };
  }

  eval(regs: Registers): number {
    const equal = (regs[this.word]! & this.mask) === this.value;
    return equal !== this.negate ? NFT_CONTINUE : NFT_BREAK;
  }

  wanted(): string {
    return `${SIGN[this.expr.op]} ${this.expr.data}`;
  }
}

/** Any length and order: memcmp() over the words. */
export class Cmp extends BaseOp<CmpExpr> {
  readonly reads: Span;
  readonly words: Uint32Array;
  readonly mask: number;
  readonly #op: CmpOp;

  constructor(expr: CmpExpr, at: number) {
    super(expr);
    const bytes = expr.data.length >> 1;
    this.reads = { word: at, bytes };
    this.words = hexToWords(expr.data);
    this.mask = lastMask(bytes);
    this.#op = expr.op;
  }

  /** memcmp(): negative, zero or positive. */
  #order(regs: Registers): number {
    const { words } = this;
    const at = this.reads.word;
    const last = words.length - 1;
    for (let i = 0; i < last; i++)
      if (regs[at + i] !== words[i]) return regs[at + i]! < words[i]! ? -1 : 1;
    const seen = (regs[at + last]! & this.mask) >>> 0;
    return seen === words[last] ? 0 : seen < words[last]! ? -1 : 1;
  }

  eval(regs: Registers): number {
    return holds(this.#op, this.#order(regs)) ? NFT_CONTINUE : NFT_BREAK;
  }

  wanted(): string {
    return `${SIGN[this.expr.op]} ${this.expr.data}`;
  }
}

function holds(op: CmpOp, order: number): boolean {
  switch (op) {
    case 'eq':
      return order === 0;
    case 'neq':
      return order !== 0;
    case 'lt':
      return order < 0;
    case 'lte':
      return order <= 0;
    case 'gt':
      return order > 0;
    case 'gte':
      return order >= 0;
  }
}

export function prepareCmp(expr: CmpExpr, cx: Prepare): Op {
  const bytes = expr.data.length >> 1;
  if (bytes === 0 || bytes > 64) refuse('EINVAL', `a comparison of ${bytes} bytes`);
  const at = spanOf(expr.sreg, bytes);
  requireSet(cx, at, bytes);
  const equality = expr.op === 'eq' || expr.op === 'neq';
  return wordsIn(bytes) === 1 && equality ? new CmpFast(expr, at) : new Cmp(expr, at);
}
