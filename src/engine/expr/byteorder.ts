// byteorder: net/netfilter/nft_byteorder.c. Registers hold values as a big-endian host would, so
// a conversion changes no bits, only what `Endianness` knows about them; see there. The one case
// that does is a 32-bit number of the host cut down to 16 bits: on the little-endian reference its
// first two bytes are the low half.

import type { ByteorderExpr } from '../../program/index.ts';
import { HOST16, HOST32, NETWORK } from '../endianness.ts';
import { refuse } from '../errno.ts';
import type { Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { Registers } from '../registers.ts';
import { spanOf, wordsIn } from '../registers.ts';
import { NFT_CONTINUE } from '../verdict.ts';
import { requireSet } from './require.ts';

class Byteorder extends BaseOp<ByteorderExpr> {
  readonly reads: Span;
  readonly writes: Span;
  readonly #words: number;
  readonly #cut: boolean;

  constructor(expr: ByteorderExpr, from: number, to: number, cut: boolean) {
    super(expr);
    this.reads = { word: from, bytes: expr.len };
    this.writes = { word: to, bytes: expr.len };
    this.#words = wordsIn(expr.len);
    this.#cut = cut;
  }

  eval(regs: Registers): number {
    const { word: from } = this.reads;
    const { word: to } = this.writes;
    if (this.#cut) regs[to] = regs[from]! << 16;
    else for (let i = 0; i < this.#words; i++) regs[to + i] = regs[from + i]!;
    return NFT_CONTINUE;
  }
}

export function prepareByteorder(expr: ByteorderExpr, cx: Prepare): Op {
  if (expr.size !== 2 && expr.size !== 4 && expr.size !== 8)
    refuse('EINVAL', `conversion of ${expr.size} byte units`);
  const from = spanOf(expr.sreg, expr.len);
  const to = spanOf(expr.dreg, expr.len);
  requireSet(cx, from, expr.len);
  const cut = expr.size === 2 && expr.len === 2 && cx.endian.at(from) === HOST32;
  const host = expr.size === 2 ? HOST16 : HOST32;
  cx.endian.mark(to, wordsIn(expr.len), expr.op === 'hton' ? NETWORK : host);
  return new Byteorder(expr, from, to, cut);
}
