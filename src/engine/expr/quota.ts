// quota: net/netfilter/nft_quota.c. The packet that crosses the line counts as over it, and a
// quota used up to the byte is not over.

import type { ObjectData, QuotaExpr } from '../../program/index.ts';
import type { Op } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import type { ObjectBody } from '../state/objects.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';

export class Quota extends BaseOp<QuotaExpr> {
  consumed: number;
  limit: number;
  invert: boolean;

  constructor(expr: QuotaExpr) {
    super(expr);
    this.consumed = expr.consumed;
    this.limit = expr.bytes;
    this.invert = expr.invert;
  }

  eval(_regs: Registers, pkt: PktInfo): number {
    this.consumed += pkt.length;
    return this.consumed > this.limit === this.invert ? NFT_CONTINUE : NFT_BREAK;
  }

  override dump(): QuotaExpr {
    const { limit: bytes, invert } = this;
    return { kind: 'quota', bytes, consumed: Math.min(this.consumed, bytes), invert };
  }

  reset(): void {
    this.consumed = 0;
  }

  why(): string {
    return `${this.consumed} of ${this.limit} bytes used`;
  }
}

export const prepareQuota = (expr: QuotaExpr): Op => new Quota(expr);

export function quotaObject(data: Extract<ObjectData, { kind: 'quota' }>): ObjectBody {
  const quota = new Quota(data);
  return {
    eval: (regs, pkt) => quota.eval(regs, pkt),
    dump: () => quota.dump(),
    reset: () => quota.reset(),
    update: (next) => {
      if (next.kind !== 'quota') return false;
      quota.limit = next.bytes;
      quota.invert = next.invert;
      return true;
    },
  };
}
