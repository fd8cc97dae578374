// connlimit: how many live connections have been through here, net/netfilter/nft_connlimit.c and
// nf_conncount.c. In a dynamic set each element has its own list.

import type { Conntrack } from '../../conntrack/index.ts';
import { IPS_CONFIRMED, IPS_DYING } from '../../conntrack/index.ts';
import type { ConnlimitExpr, ObjectData } from '../../program/index.ts';
import type { Env, Op, Prepare } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import type { ObjectBody } from '../state/objects.ts';
import { NF_DROP, NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { Opaque } from './opaque.ts';
import { requireTracked } from './require.ts';

const TCP = 6;
/** TCP_CONNTRACK_TIME_WAIT and TCP_CONNTRACK_CLOSE: over, though still in the table. */
const TIME_WAIT = 7;
const CLOSE = 8;

/** already_closed() */
const isClosed = (ct: Conntrack, slot: number): boolean =>
  ct.l4proto(slot) === TCP &&
  (ct.protocolState(slot) === TIME_WAIT || ct.protocolState(slot) === CLOSE);

/** find_or_evict(): what the table does not find is over, and so is what was never confirmed. */
const isFound = (ct: Conntrack, slot: number, id: number): boolean =>
  slot !== 0 &&
  ct.id(slot) === id &&
  (ct.status(slot) & (IPS_CONFIRMED | IPS_DYING)) === IPS_CONFIRMED &&
  !ct.store.isGone(slot);

/** No connection has this id. */
const UNTRACKED = -1;

/** The connections of one list, by their ids, which are never used again. */
export class ConnectionList {
  readonly #slots = new Map<number, number>();

  /**
   * __nf_conncount_add(): forgets the dead from the oldest on, as far as the connection itself where it
   * was counted before, else adds it. Answers how many there are. A packet without an entry, slot 0,
   * counts as one that nobody will find again.
   */
  add(ct: Conntrack, slot: number): number {
    const own = slot === 0 ? UNTRACKED : ct.id(slot);
    for (const [id, at] of this.#slots) {
      const found = isFound(ct, at, id);
      if (found && id === own) return this.#slots.size;
      if (!found || isClosed(ct, at)) this.#slots.delete(id);
    }
    this.#slots.set(own, slot);
    return this.#slots.size;
  }

  /** nf_conncount_gc_list(): forgets all the dead. */
  collect(ct: Conntrack): number {
    for (const [id, at] of this.#slots)
      if (!isFound(ct, at, id) || isClosed(ct, at)) this.#slots.delete(id);
    return this.#slots.size;
  }
}

export class Connlimit extends BaseOp<ConnlimitExpr> {
  readonly #ct: Conntrack;
  readonly #list = new ConnectionList();

  constructor(expr: ConnlimitExpr, ct: Conntrack) {
    super(expr);
    this.#ct = ct;
  }

  eval(_regs: Registers, pkt: PktInfo): number {
    const slot = pkt.packet.ct;
    // nft_connlimit_do_eval(): a packet that has no tuple cannot be counted.
    if (slot === 0 && !pkt.l4) return NF_DROP;
    const count = this.#list.add(this.#ct, slot);
    return count > this.expr.count === this.expr.invert ? NFT_CONTINUE : NFT_BREAK;
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
