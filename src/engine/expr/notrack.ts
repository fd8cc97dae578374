// notrack: net/netfilter/nft_ct.c, nft_notrack_eval. A packet that has an entry keeps it.

import { IP_CT_UNTRACKED } from '../../core/index.ts';
import type { NotrackExpr } from '../../program/index.ts';
import type { Op } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { NFT_CONTINUE } from '../verdict.ts';

class Notrack extends BaseOp<NotrackExpr> {
  eval(_regs: Registers, { packet }: PktInfo): number {
    if (packet.ct === 0) packet.ctinfo = IP_CT_UNTRACKED;
    return NFT_CONTINUE;
  }
}

export const prepareNotrack = (expr: NotrackExpr): Op => new Notrack(expr);
