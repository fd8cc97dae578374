// Expressions about things no packet here has: IPsec transformations (nft_xfrm.c), tunnel metadata
// (nft_tunnel.c). The kernel's answer for a packet without them is exact, so they are no opaques.

import type { TunnelExpr, XfrmExpr } from '../../program/index.ts';
import { NETWORK } from '../endianness.ts';
import type { Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { Registers } from '../registers.ts';
import { spanOf, wordsIn } from '../registers.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';

class Xfrm extends BaseOp<XfrmExpr> {
  eval(): number {
    return NFT_BREAK;
  }

  why(): string {
    return 'not transformed by IPsec';
  }
}

class TunnelPath extends BaseOp<TunnelExpr> {
  readonly writes: Span;

  constructor(expr: TunnelExpr, at: number) {
    super(expr);
    this.writes = { word: at, bytes: 1 };
  }

  eval(regs: Registers): number {
    regs[this.writes.word] = 0;
    return NFT_CONTINUE;
  }
}

class TunnelId extends BaseOp<TunnelExpr> {
  eval(): number {
    return NFT_BREAK;
  }

  why(): string {
    return 'no tunnel metadata';
  }
}

export function prepareXfrm(expr: XfrmExpr, cx: Prepare): Op {
  const bytes = expr.key === 'daddr6' || expr.key === 'saddr6' ? 16 : 4;
  cx.endian.mark(spanOf(expr.dreg, bytes), wordsIn(bytes), NETWORK);
  return new Xfrm(expr);
}

export function prepareTunnel(expr: TunnelExpr, cx: Prepare): Op {
  const at = spanOf(expr.dreg, expr.key === 'path' ? 1 : 4);
  cx.endian.mark(at, 1, NETWORK);
  return expr.key === 'path' ? new TunnelPath(expr, at) : new TunnelId(expr);
}
