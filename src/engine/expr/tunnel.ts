// tunnel: what a tunnel device left with the packet it brought, net/netfilter/nft_tunnel.c. No device
// here is a tunnel, so no packet has been through one.

import type { TunnelExpr } from '../../program/index.ts';
import { HOST32, NETWORK } from '../endianness.ts';
import { refuse } from '../errno.ts';
import type { Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { Registers } from '../registers.ts';
import { spanOf } from '../registers.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';

/** nft_tunnel_get_eval(), NFT_TUNNEL_PATH: whether there is metadata. */
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

/** NFT_TUNNEL_ID breaks the rule where there is none. */
class TunnelId extends BaseOp<TunnelExpr> {
  eval(): number {
    return NFT_BREAK;
  }

  why(): string {
    return 'no tunnel metadata';
  }
}

export function prepareTunnel(expr: TunnelExpr, cx: Prepare): Op {
  // nft_tunnel_type is registered for that family alone.
  if (cx.family !== 'netdev') refuse('ENOENT', `there is no tunnel in family ${cx.family}`);
  const path = expr.key === 'path';
  const at = spanOf(expr.dreg, path ? 1 : 4);
  cx.endian.mark(at, 1, path ? NETWORK : HOST32);
  return path ? new TunnelPath(expr, at) : new TunnelId(expr);
}
