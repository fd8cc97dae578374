// flow_offload: nft_flow_offload.c. Offloading changes no verdict, only which way later packets
// take; the room flowtable watches for it. Here a connection that could be offloaded passes, any
// other breaks the rule.

import type { Conntrack } from '../../conntrack/index.ts';
import { IPS_CONFIRMED, IPS_SEEN_REPLY, TCP_CONNTRACK_ESTABLISHED } from '../../conntrack/index.ts';
import { IP_CT_IS_REPLY } from '../../core/index.ts';
import type { FlowOffloadExpr } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Op, Prepare } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import type { Chain } from '../state/chain.ts';
import type { RuntimeFlowtable } from '../state/table.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { requireHooks } from './validate.ts';

const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const IPPROTO_GRE = 47;
const TCP_FIN_RST = 5;

class FlowOffload extends BaseOp<FlowOffloadExpr> {
  readonly #flowtable: RuntimeFlowtable;
  readonly #ct: Conntrack | null;

  constructor(expr: FlowOffloadExpr, flowtable: RuntimeFlowtable, ct: Conntrack | null) {
    super(expr);
    this.#flowtable = flowtable;
    this.#ct = ct;
  }

  eval(_regs: Registers, pkt: PktInfo): number {
    return this.#possible(pkt) ? NFT_CONTINUE : NFT_BREAK;
  }

  /** nft_flow_offload_eval()'s conditions. */
  #possible(pkt: PktInfo): boolean {
    const { ct: slot, ctinfo } = pkt.packet;
    const ct = this.#ct;
    if (ct === null || slot === 0 || pkt.network + 20 > pkt.end) return false;
    const needed = IPS_CONFIRMED | IPS_SEEN_REPLY;
    if ((ct.status(slot) & needed) !== needed || (ctinfo !== 0 && ctinfo !== IP_CT_IS_REPLY))
      return false;
    const protocol = ct.l4proto(slot);
    if (protocol === IPPROTO_UDP || protocol === IPPROTO_GRE) return true;
    if (protocol !== IPPROTO_TCP || pkt.transport + 20 > pkt.end) return false;
    const closing = (pkt.bytes[pkt.transport + 13]! & TCP_FIN_RST) !== 0;
    return !closing && ct.protocolState(slot) === TCP_CONNTRACK_ESTABLISHED;
  }

  why(): string {
    return 'the connection cannot be offloaded';
  }

  validate(base: Chain): void {
    requireHooks(base, ['forward'], 'flow offload');
  }

  activate(): void {
    this.#flowtable.uses++;
  }

  deactivate(): void {
    this.#flowtable.uses--;
  }
}

export function prepareFlowOffload(expr: FlowOffloadExpr, cx: Prepare): Op {
  if (cx.family !== 'ip' && cx.family !== 'ip6' && cx.family !== 'inet')
    refuse('EOPNOTSUPP', `flow offload is not for family ${cx.family}`);
  const flowtable = cx.table.flowtables.get(expr.table);
  if (flowtable === undefined)
    return refuse('ENOENT', `no flowtable ${expr.table} in table ${cx.table.name}`);
  return new FlowOffload(expr, flowtable, cx.env.conntrack);
}
