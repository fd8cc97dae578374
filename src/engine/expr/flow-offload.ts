// flow_offload: nft_flow_offload.c. A connection that may be offloaded goes to its flowtable and its
// later packets past the rules; any other breaks the rule.

import type { Conntrack } from '../../conntrack/index.ts';
import {
  directionOf,
  IPS_ASSURED,
  IPS_CONFIRMED,
  IPS_NAT_CLASH,
  IPS_NAT_MASK,
  IPS_SEQ_ADJUST,
  NFPROTO_IPV4,
  TCP_CONNTRACK_ESTABLISHED,
} from '../../conntrack/index.ts';
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

const IPV4_LENGTH = 20;
const TCP_LENGTH = 20;

class FlowOffload extends BaseOp<FlowOffloadExpr> {
  readonly #flowtable: RuntimeFlowtable;
  readonly #ct: Conntrack | null;
  /** Why the last packet stays with the rules; '' where it does not. */
  #reason = '';

  constructor(expr: FlowOffloadExpr, flowtable: RuntimeFlowtable, ct: Conntrack | null) {
    super(expr);
    this.#flowtable = flowtable;
    this.#ct = ct;
  }

  eval(_regs: Registers, pkt: PktInfo): number {
    const ct = this.#ct;
    this.#reason = ct === null ? 'no connection tracking' : this.#add(ct, pkt);
    return this.#reason === '' ? NFT_CONTINUE : NFT_BREAK;
  }

  #add(ct: Conntrack, pkt: PktInfo): string {
    const refused = refusal(ct, pkt);
    if (refused !== '') return refused;
    const { packet } = pkt;
    const slot = packet.ct;
    const { running } = this.#flowtable;
    if (running === null) return '';
    if (!ct.offload.claim(slot)) return 'a flowtable has the connection already';
    const failed = running.add(packet, slot, directionOf(packet.ctinfo));
    if (failed !== '') ct.offload.release(slot);
    return failed;
  }

  why(): string {
    return this.#reason;
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

/** nft_flow_offload_skip() and the conditions of nft_flow_offload_eval(). */
function refusal(ct: Conntrack, pkt: PktInfo): string {
  const { packet } = pkt;
  const slot = packet.ct;
  if (packet.secpath !== null) return 'the packet came through IPsec';
  if (pkt.pf === NFPROTO_IPV4 && pkt.transport - pkt.network > IPV4_LENGTH)
    return 'the packet has IP options';
  if (slot === 0) return 'no connection';
  const protocol = unsuitable(ct, slot, pkt);
  if (protocol !== '') return protocol;
  if (ct.helperSide(slot) !== null) return 'the connection has a helper';
  const status = ct.status(slot);
  if ((status & IPS_SEQ_ADJUST) !== 0) return 'its sequence numbers are moved';
  if ((status & IPS_NAT_CLASH) !== 0) return 'the connection clashed with another';
  return (status & IPS_CONFIRMED) === 0 ? 'the connection is not confirmed yet' : '';
}

function unsuitable(ct: Conntrack, slot: number, pkt: PktInfo): string {
  switch (ct.l4proto(slot)) {
    case IPPROTO_TCP:
      return unsuitableTcp(ct, slot, pkt);
    case IPPROTO_UDP:
      return '';
    case IPPROTO_GRE:
      if ((ct.status(slot) & IPS_NAT_MASK) !== 0) return 'GRE with translated addresses';
      return ct.sourcePart(slot, 0) !== 0 || ct.destinationPart(slot, 0) !== 0
        ? 'GRE with a key'
        : '';
    default:
      return 'not TCP, UDP or GRE';
  }
}

/** nf_conntrack_tcp_established() among them. */
function unsuitableTcp(ct: Conntrack, slot: number, pkt: PktInfo): string {
  if (pkt.transport + TCP_LENGTH > pkt.end) return 'no TCP header';
  if ((pkt.bytes[pkt.transport + 13]! & TCP_FIN_RST) !== 0) return 'the connection is closing';
  const assured = (ct.status(slot) & IPS_ASSURED) !== 0;
  return assured && ct.protocolState(slot) === TCP_CONNTRACK_ESTABLISHED
    ? ''
    : 'the connection is not established';
}

export function prepareFlowOffload(expr: FlowOffloadExpr, cx: Prepare): Op {
  if (cx.family !== 'ip' && cx.family !== 'ip6' && cx.family !== 'inet')
    refuse('EOPNOTSUPP', `flow offload is not for family ${cx.family}`);
  const flowtable = cx.table.flowtables.get(expr.table);
  if (flowtable === undefined)
    return refuse('ENOENT', `no flowtable ${expr.table} in table ${cx.table.name}`);
  return new FlowOffload(expr, flowtable, cx.env.conntrack);
}
