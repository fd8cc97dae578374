// reject: drops the packet and tells the sender, net/netfilter/nft_reject*.c.

import { Nfproto } from '../../core/index.ts';
import type { HookName, RejectExpr } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Env, Op, Prepare } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import { ETH_P_IP, ETH_P_IPV6 } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import type { Chain } from '../state/chain.ts';
import { NF_DROP } from '../verdict.ts';
import { resetFrame, unreachableFrame } from './reject-frame.ts';
import { requireHooks } from './validate.ts';

/** enum nft_reject_inet_code (no-route, port, host, admin-prohibited) in each family's codes. */
const ICMP_CODES = [0, 3, 1, 13];
const ICMPV6_CODES = [0, 4, 3, 1];

const INET_HOOKS: readonly HookName[] = ['prerouting', 'input', 'forward', 'output', 'ingress'];
const BRIDGE_HOOKS: readonly HookName[] = ['prerouting', 'input'];

const isIpv6 = (pkt: PktInfo): boolean =>
  pkt.pf === Nfproto.ip6 || (pkt.pf !== Nfproto.ip && pkt.packet.protocol === ETH_P_IPV6);
const isIp = (pkt: PktInfo): boolean =>
  pkt.pf === Nfproto.ip || pkt.packet.protocol === ETH_P_IP || isIpv6(pkt);

class Reject extends BaseOp<RejectExpr> {
  readonly #env: Env;

  constructor(expr: RejectExpr, env: Env) {
    super(expr);
    this.#env = env;
  }

  eval(_regs: Registers, pkt: PktInfo): number {
    const { network } = this.#env.netns;
    if (network === null || !isIp(pkt)) return NF_DROP;
    const { type } = this.expr;
    if (pkt.pf === Nfproto.netdev || pkt.pf === Nfproto.bridge) this.#sendBack(pkt);
    else if (type === 'tcp-reset') network.sendReset(pkt.packet, pkt.point.hook);
    else network.sendUnreachable(pkt.packet, this.#code(pkt), pkt.point.hook);
    return NF_DROP;
  }

  #code(pkt: PktInfo): number {
    const { type, code } = this.expr;
    if (type !== 'icmpx') return code;
    return (isIpv6(pkt) ? ICMPV6_CODES : ICMP_CODES)[code]!;
  }

  /** nft_reject_netdev_eval() and nft_reject_bridge_eval(). Groups and broadcasts get no answer. */
  #sendBack(pkt: PktInfo): void {
    const { mac } = pkt.packet;
    if (mac < 0 || pkt.in === null || (pkt.bytes[mac]! & 1) !== 0) return;
    const reset = this.expr.type === 'tcp-reset';
    const answer = reset ? resetFrame(pkt) : unreachableFrame(pkt, this.#code(pkt));
    if (answer !== null) this.#env.netns.network?.transmit(answer, pkt.in);
  }

  /** nft_reject_validate() and its forms in bridge and netdev. */
  validate(base: Chain): void {
    const { family } = base.table;
    if (family === 'arp') refuse('EOPNOTSUPP', 'reject is not for family arp');
    if (family === 'bridge') requireHooks(base, BRIDGE_HOOKS, 'reject');
    else if (family === 'netdev') requireHooks(base, ['ingress'], 'reject');
    else requireHooks(base, INET_HOOKS, 'reject');
  }
}

export function prepareReject(expr: RejectExpr, cx: Prepare): Op {
  if (cx.family === 'arp') refuse('EOPNOTSUPP', 'reject is not for family arp');
  if (expr.type === 'icmpx' && expr.code > 3) refuse('EINVAL', `no icmpx code ${expr.code}`);
  if (expr.type === 'icmpx' && (cx.family === 'ip' || cx.family === 'ip6'))
    refuse('EINVAL', 'icmpx is for families with both IP versions');
  return new Reject(expr, cx.env);
}
