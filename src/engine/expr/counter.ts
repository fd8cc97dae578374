// counter: net/netfilter/nft_counter.c.

import type { CounterExpr, ObjectData } from '../../program/index.ts';
import type { Op } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import type { ObjectBody } from '../state/objects.ts';
import { NFT_CONTINUE } from '../verdict.ts';

export class Counter extends BaseOp<CounterExpr> {
  packets: number;
  bytes: number;

  constructor(expr: CounterExpr) {
    super(expr);
    this.packets = expr.packets;
    this.bytes = expr.bytes;
  }

  eval(_regs: Registers, pkt: PktInfo): number {
    this.packets++;
    this.bytes += pkt.length;
    return NFT_CONTINUE;
  }

  override dump(): CounterExpr {
    return { kind: 'counter', packets: this.packets, bytes: this.bytes };
  }

  reset(): void {
    this.packets = 0;
    this.bytes = 0;
  }
}

export const prepareCounter = (expr: CounterExpr): Op => new Counter(expr);

export function counterObject(data: Extract<ObjectData, { kind: 'counter' }>): ObjectBody {
  const counter = new Counter(data);
  return {
    eval: (regs, pkt) => counter.eval(regs, pkt),
    dump: () => ({ kind: 'counter', packets: counter.packets, bytes: counter.bytes }),
    reset: () => counter.reset(),
  };
}
