// connlimit: how many live connections have been through here, net/netfilter/nft_connlimit.c and
// nf_conncount.c. In a dynamic set each element has its own list.

import { ConnectionList, type Conntrack } from '../../conntrack/index.ts';
import type { ConnlimitExpr, ObjectData } from '../../program/index.ts';
import type { Env, Op, Prepare } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import type { ObjectBody } from '../state/objects.ts';
import { NF_DROP, NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { Opaque } from './opaque.ts';
import { requireTracked } from './require.ts';

export class Connlimit extends BaseOp<ConnlimitExpr> {
  readonly #ct: Conntrack;
  readonly #list = new ConnectionList();

  constructor(expr: ConnlimitExpr, ct: Conntrack) {
    super(expr);
    this.#ct = ct;
  }

  eval(_regs: Registers, pkt: PktInfo): number {
    // nft_connlimit_do_eval(): a packet that has no tuple cannot be counted.
    if (!this.#list.add(this.#ct, pkt.packet, pkt.pf)) return NF_DROP;
    return this.#list.size > this.expr.count === this.expr.invert ? NFT_CONTINUE : NFT_BREAK;
  }

  why(): string {
    return this.expr.invert ? `not over ${this.expr.count}` : `over ${this.expr.count}`;
  }
}

export function prepareConnlimit(expr: ConnlimitExpr, cx: Prepare): Op {
  requireTracked(cx.family);
  return connlimit(expr, cx.env);
}

function connlimit(expr: ConnlimitExpr, { conntrack }: Env): Op {
  if (conntrack === null) return new Opaque(expr, 'no connection tracking');
  return new Connlimit(expr, conntrack);
}

type ConnlimitData = Extract<ObjectData, { kind: 'connlimit' }>;

export function connlimitObject(data: ConnlimitData, env: Env): ObjectBody {
  const op = connlimit(data, env);
  return { eval: (regs, pkt) => op.eval(regs, pkt), dump: () => data };
}
