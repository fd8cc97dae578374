// dup and fwd: copies and diversions, net/netfilter/nft_dup_netdev.c, nft_fwd_netdev.c and
// net/ipv4/netfilter/nft_dup_ipv4.c.

import type { NetDevice } from '../../core/index.ts';
import { Nfproto } from '../../core/index.ts';
import type { DupExpr, FwdExpr } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Env, Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import { ETH_P_IP, ETH_P_IPV6 } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { spanOf, wordsToBytes } from '../registers.ts';
import type { Chain } from '../state/chain.ts';
import { NF_DROP, NF_STOLEN, NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { requireSet } from './require.ts';
import { requireHooks } from './validate.ts';

class DupIp extends BaseOp<DupExpr> {
  readonly reads: Span;
  readonly #device: number;
  readonly #env: Env;

  constructor(expr: DupExpr, at: number, bytes: number, device: number, env: Env) {
    super(expr);
    this.reads = { word: at, bytes };
    this.#device = device;
    this.#env = env;
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const { devices, network } = this.#env.netns;
    const gateway = new Uint8Array(pkt.pf === Nfproto.ip6 ? 16 : 4);
    wordsToBytes(regs, this.reads.word, gateway, 0, gateway.length);
    const device = this.#device > 0 ? devices.byIndex(regs[this.#device]!) : undefined;
    network?.duplicate(pkt.packet, gateway, device ?? null);
    return NFT_CONTINUE;
  }
}

/** Hands the frame, or a copy of it, to another device. */
class ToDevice extends BaseOp<DupExpr | FwdExpr> {
  readonly reads: Span;
  readonly #env: Env;

  constructor(expr: DupExpr | FwdExpr, at: number, env: Env) {
    super(expr);
    this.reads = { word: at, bytes: 4 };
    this.#env = env;
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const { devices, network } = this.#env.netns;
    const device: NetDevice | undefined = devices.byIndex(regs[this.reads.word]!);
    const dup = this.expr.kind === 'dup';
    if (device === undefined) return dup ? NFT_CONTINUE : NF_DROP;
    network?.transmit(dup ? pkt.packet.clone() : pkt.packet, device);
    return dup ? NFT_CONTINUE : NF_STOLEN;
  }

  validate(base: Chain): void {
    if (base.table.family !== 'netdev') refuse('EOPNOTSUPP', `${this.expr.kind} to a device`);
    requireHooks(base, ['ingress', 'egress'], this.expr.kind);
  }
}

/** fwd with an address: through the neighbour table, so the packet is routed there. */
class FwdNeighbour extends BaseOp<FwdExpr> {
  readonly reads: Span;
  readonly #device: number;
  readonly #env: Env;

  constructor(expr: FwdExpr, at: number, device: number, env: Env) {
    super(expr);
    this.reads = { word: at, bytes: expr.nfproto === Nfproto.ip6 ? 16 : 4 };
    this.#device = device;
    this.#env = env;
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const { devices, network } = this.#env.netns;
    const { bytes, network: at } = pkt;
    const v6 = this.reads.bytes === 16;
    // nft_fwd_neigh_eval(): only IP of that version, with a hop left, may go on.
    if (pkt.packet.protocol !== (v6 ? ETH_P_IPV6 : ETH_P_IP)) return NFT_BREAK;
    if (bytes[at + (v6 ? 7 : 8)]! <= 1) return NF_DROP;
    const gateway = new Uint8Array(this.reads.bytes);
    wordsToBytes(regs, this.reads.word, gateway, 0, gateway.length);
    const device = devices.byIndex(regs[this.#device]!);
    if (device === undefined) return NF_DROP;
    network?.neighbourTransmit(pkt.packet, gateway, device);
    return NF_STOLEN;
  }

  why(): string {
    return `not a packet of ${this.reads.bytes === 16 ? 'IPv6' : 'IPv4'}`;
  }
}

export function prepareDup(expr: DupExpr, cx: Prepare): Op {
  const device = expr.sregDev === undefined ? 0 : spanOf(expr.sregDev, 4);
  if (device > 0) requireSet(cx, device, 4);
  if (cx.family === 'netdev') {
    if (device === 0) refuse('EINVAL', 'dup needs a device in family netdev');
    return new ToDevice(expr, device, cx.env);
  }
  if (cx.family !== 'ip' && cx.family !== 'ip6')
    refuse('EOPNOTSUPP', `dup is not for family ${cx.family}`);
  if (expr.sregAddr === undefined) return refuse('EINVAL', 'dup needs an address');
  const bytes = cx.family === 'ip' ? 4 : 16;
  const at = spanOf(expr.sregAddr, bytes);
  requireSet(cx, at, bytes);
  return new DupIp(expr, at, bytes, device, cx.env);
}

export function prepareFwd(expr: FwdExpr, cx: Prepare): Op {
  if (cx.family !== 'netdev') refuse('EOPNOTSUPP', `fwd is not for family ${cx.family}`);
  const device = spanOf(expr.sregDev, 4);
  requireSet(cx, device, 4);
  if (expr.sregAddr === undefined) return new ToDevice(expr, device, cx.env);
  const bytes = expr.nfproto === Nfproto.ip6 ? 16 : 4;
  const at = spanOf(expr.sregAddr, bytes);
  requireSet(cx, at, bytes);
  return new FwdNeighbour(expr, at, device, cx.env);
}
