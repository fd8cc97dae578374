// bitwise: masks, shifts and register-by-register logic, net/netfilter/nft_bitwise.c.

import type { BitwiseExpr } from '../../program/index.ts';
import type { Order } from '../endianness.ts';
import { HOST16, HOST32, NETWORK } from '../endianness.ts';
import { refuse } from '../errno.ts';
import type { Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { Registers } from '../registers.ts';
import { bswap32, hexToWords, spanOf, wordsIn } from '../registers.ts';
import { NFT_CONTINUE } from '../verdict.ts';
import { requireSet } from './require.ts';

type MaskXor = Extract<BitwiseExpr, { op: 'mask-xor' }>;
type Shift = Extract<BitwiseExpr, { op: 'lshift' | 'rshift' }>;
type Logic = Extract<BitwiseExpr, { op: 'and' | 'or' | 'xor' }>;

/** One word: nft_bitwise_fast_ops. */
export class MaskXorFast extends BaseOp<BitwiseExpr> {
  readonly reads: Span;
  readonly writes: Span;
  readonly mask: number;
  readonly xor: number;

  constructor(expr: MaskXor, from: number, to: number) {
    super(expr);
    this.reads = { word: from, bytes: expr.len };
    this.writes = { word: to, bytes: expr.len };
    this.mask = hexToWords(expr.mask)[0]!;
    this.xor = hexToWords(expr.xor)[0]!;
  }

  eval(regs: Registers): number {
    regs[this.writes.word] = (regs[this.reads.word]! & this.mask) ^ this.xor;
    return NFT_CONTINUE;
  }
}

class MaskXorWords extends BaseOp<BitwiseExpr> {
  readonly reads: Span;
  readonly writes: Span;
  readonly #mask: Uint32Array;
  readonly #xor: Uint32Array;

  constructor(expr: MaskXor, from: number, to: number) {
    super(expr);
    this.reads = { word: from, bytes: expr.len };
    this.writes = { word: to, bytes: expr.len };
    this.#mask = hexToWords(expr.mask, wordsIn(expr.len));
    this.#xor = hexToWords(expr.xor, wordsIn(expr.len));
  }

  eval(regs: Registers): number {
    const { word: from } = this.reads;
    const { word: to } = this.writes;
    for (let i = 0; i < this.#mask.length; i++)
      regs[to + i] = (regs[from + i]! & this.#mask[i]!) ^ this.#xor[i]!;
    return NFT_CONTINUE;
  }
}

/** A register word as the number the little-endian host computes with, and back. */
const toHost = (word: number, order: Order): number =>
  order === HOST32 ? word : order === HOST16 ? word >>> 16 : bswap32(word);
const fromHost = (value: number, order: Order): number =>
  order === HOST32 ? value : order === HOST16 ? (value << 16) >>> 0 : bswap32(value);

/** Words shift as the host's numbers, and what leaves one enters the next. */
class ShiftOp extends BaseOp<BitwiseExpr> {
  readonly reads: Span;
  readonly writes: Span;
  readonly #shift: number;
  readonly #left: boolean;
  readonly #order: Order;

  constructor(expr: Shift, from: number, to: number, order: Order) {
    super(expr);
    this.reads = { word: from, bytes: expr.len };
    this.writes = { word: to, bytes: expr.len };
    this.#shift = expr.shift;
    this.#left = expr.op === 'lshift';
    this.#order = order;
  }

  eval(regs: Registers): number {
    const count = wordsIn(this.expr.len);
    const shift = this.#shift;
    let carry = 0;
    for (let k = 0; k < count; k++) {
      const i = this.#left ? count - 1 - k : k;
      const value = toHost(regs[this.reads.word + i]!, this.#order);
      const moved = this.#left ? value << shift : value >>> shift;
      regs[this.writes.word + i] = fromHost((moved | carry) >>> 0, this.#order);
      carry = shift === 0 ? 0 : this.#left ? value >>> (32 - shift) : value << (32 - shift);
    }
    return NFT_CONTINUE;
  }
}

class LogicOp extends BaseOp<BitwiseExpr> {
  readonly reads: Span;
  readonly writes: Span;
  readonly #second: number;
  readonly #op: Logic['op'];

  constructor(expr: Logic, from: number, second: number, to: number) {
    super(expr);
    this.reads = { word: from, bytes: expr.len };
    this.writes = { word: to, bytes: expr.len };
    this.#second = second;
    this.#op = expr.op;
  }

  eval(regs: Registers): number {
    for (let i = 0; i < wordsIn(this.expr.len); i++) {
      const a = regs[this.reads.word + i]!;
      const b = regs[this.#second + i]!;
      regs[this.writes.word + i] = this.#op === 'and' ? a & b : this.#op === 'or' ? a | b : a ^ b;
    }
    return NFT_CONTINUE;
  }
}

export function prepareBitwise(expr: BitwiseExpr, cx: Prepare): Op {
  const from = spanOf(expr.sreg, expr.len);
  const to = spanOf(expr.dreg, expr.len);
  requireSet(cx, from, expr.len);
  const order = cx.endian.at(from);
  cx.endian.mark(to, wordsIn(expr.len), order);
  switch (expr.op) {
    case 'mask-xor':
      if (expr.mask.length !== expr.len * 2 || expr.xor.length !== expr.len * 2)
        refuse('EINVAL', `mask and xor must have ${expr.len} bytes`);
      return expr.len <= 4 ? new MaskXorFast(expr, from, to) : new MaskXorWords(expr, from, to);
    case 'lshift':
    case 'rshift':
      if (expr.shift >= 32) refuse('EINVAL', `a shift by ${expr.shift} bits`);
      return new ShiftOp(expr, from, to, expr.len < 4 && order === HOST32 ? NETWORK : order);
    default: {
      const second = spanOf(expr.sreg2, expr.len);
      requireSet(cx, second, expr.len);
      return new LogicOp(expr, from, second, to);
    }
  }
}
