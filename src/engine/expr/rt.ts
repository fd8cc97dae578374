// rt: what routing decided for the packet, net/netfilter/nft_rt.c.

import type { NetworkLayer, RouteAnswer } from '../../core/index.ts';
import { Nfproto } from '../../core/index.ts';
import type { RtExpr } from '../../program/index.ts';
import { HOST16, HOST32, NETWORK } from '../endianness.ts';
import { refuse } from '../errno.ts';
import type { Env, Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { bytesToWords, spanOf, wordsIn } from '../registers.ts';
import type { Chain } from '../state/chain.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { requireHooks } from './validate.ts';

const BYTES = { classid: 4, nexthop4: 4, nexthop6: 16, tcpmss: 2, ipsec: 1 } as const;
const TCP_MSS_DEFAULT = 536;

/** The smaller MTU of the way there and the way back. */
export function pathMtu(
  { pf, bytes, network: at }: PktInfo,
  there: RouteAnswer,
  network: NetworkLayer | null,
): number {
  const v6 = pf === Nfproto.ip6;
  const source = at + (v6 ? 8 : 12);
  const daddr = bytes.subarray(source, source + (v6 ? 16 : 4));
  const back = network?.route({ family: v6 ? 'ip6' : 'ip', daddr }) ?? null;
  return Math.min(there.mtu, back?.mtu ?? there.mtu);
}

class Rt extends BaseOp<RtExpr> {
  readonly writes: Span;
  readonly #env: Env;

  constructor(expr: RtExpr, at: number, env: Env) {
    super(expr);
    this.writes = { word: at, bytes: BYTES[expr.key] };
    this.#env = env;
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const { word } = this.writes;
    const route = this.#env.netns.network?.routeOf(pkt.packet) ?? null;
    if (route === null) return NFT_BREAK;
    switch (this.expr.key) {
      case 'classid':
        regs[word] = route.realm;
        return NFT_CONTINUE;
      case 'nexthop4':
        return pkt.pf === Nfproto.ip ? this.#nexthop(regs, pkt, route, 16, 4) : NFT_BREAK;
      case 'nexthop6':
        return pkt.pf === Nfproto.ip6 ? this.#nexthop(regs, pkt, route, 24, 16) : NFT_BREAK;
      case 'tcpmss':
        regs[word] = this.#tcpmss(pkt, route) << 16;
        return NFT_CONTINUE;
      case 'ipsec':
        // IPsec is not modelled: no route transforms.
        regs[word] = 0;
        return NFT_CONTINUE;
    }
  }

  /** rt_nexthop(): the gateway, or the destination itself where it is on the link. */
  #nexthop(
    regs: Registers,
    pkt: PktInfo,
    { gateway }: RouteAnswer,
    destination: number,
    length: number,
  ): number {
    if (gateway !== null) bytesToWords(gateway, 0, length, regs, this.writes.word);
    else bytesToWords(pkt.bytes, pkt.network + destination, length, regs, this.writes.word);
    return NFT_CONTINUE;
  }

  /** get_tcpmss() */
  #tcpmss(pkt: PktInfo, there: RouteAnswer): number {
    const mtu = pathMtu(pkt, there, this.#env.netns.network);
    const headers = pkt.pf === Nfproto.ip6 ? 60 : 40;
    return mtu <= headers || mtu > 0xffff ? TCP_MSS_DEFAULT : mtu - headers;
  }

  why(): string {
    return 'not routed yet';
  }

  /** nft_rt_validate() */
  validate(base: Chain): void {
    if (this.expr.key === 'tcpmss')
      requireHooks(base, ['forward', 'output', 'postrouting'], 'rt mtu');
  }
}

export function prepareRt(expr: RtExpr, cx: Prepare): Op {
  if (cx.family !== 'ip' && cx.family !== 'ip6' && cx.family !== 'inet')
    refuse('EOPNOTSUPP', `rt is not for family ${cx.family}`);
  const bytes = BYTES[expr.key];
  const at = spanOf(expr.dreg, bytes);
  const order = expr.key === 'classid' ? HOST32 : expr.key === 'tcpmss' ? HOST16 : NETWORK;
  cx.endian.mark(at, wordsIn(bytes), order);
  return new Rt(expr, at, cx.env);
}
