// xfrm: the IPsec transformations that a packet has been through, or will go through,
// net/netfilter/nft_xfrm.c. No route here transforms, so of the way out there is none.

import type { Transformation } from '../../core/index.ts';
import type { XfrmExpr } from '../../program/index.ts';
import { HOST32, NETWORK } from '../endianness.ts';
import { refuse } from '../errno.ts';
import type { Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { bytesToWords, spanOf, wordsIn } from '../registers.ts';
import type { Chain } from '../state/chain.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { requireHooks } from './validate.ts';

/** XFRM_MAX_DEPTH, include/net/xfrm.h. */
const MAX_DEPTH = 6;
const BYTES = { daddr4: 4, saddr4: 4, daddr6: 16, saddr6: 16, reqid: 4, spi: 4 } as const;

class Xfrm extends BaseOp<XfrmExpr> {
  readonly writes: Span;

  constructor(expr: XfrmExpr, at: number) {
    super(expr);
    this.writes = { word: at, bytes: BYTES[expr.key] };
  }

  #state({ packet }: PktInfo): Transformation | undefined {
    return this.expr.dir === 'in' ? packet.secpath?.[this.expr.spnum] : undefined;
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const state = this.#state(pkt);
    if (state === undefined) return NFT_BREAK;
    const { word, bytes } = this.writes;
    if (this.expr.key === 'reqid' || this.expr.key === 'spi') {
      regs[word] = state[this.expr.key];
      return NFT_CONTINUE;
    }
    // xfrm_state_addr_ok(): only a tunnel has addresses of its own.
    const side = this.expr.key.startsWith('s') ? 'source' : 'destination';
    const address = state.tunnel?.[side];
    if (address?.length !== bytes) return NFT_BREAK;
    bytesToWords(address, 0, bytes, regs, word);
    return NFT_CONTINUE;
  }

  why(_regs: Registers, pkt: PktInfo): string {
    const state = this.#state(pkt);
    if (state === undefined) return 'not transformed by IPsec';
    return state.tunnel === undefined
      ? 'no tunnel, so no addresses'
      : 'a tunnel of the other family';
  }

  validate(base: Chain): void {
    const hooks =
      this.expr.dir === 'in'
        ? (['forward', 'input', 'prerouting'] as const)
        : (['forward', 'output', 'postrouting'] as const);
    requireHooks(base, hooks, `ipsec ${this.expr.dir}`);
  }
}

export function prepareXfrm(expr: XfrmExpr, cx: Prepare): Op {
  if (cx.family !== 'ip' && cx.family !== 'ip6' && cx.family !== 'inet')
    refuse('EOPNOTSUPP', `ipsec is not for family ${cx.family}`);
  if (expr.spnum >= MAX_DEPTH) refuse('ERANGE', `there is no transformation ${expr.spnum}`);
  const bytes = BYTES[expr.key];
  const at = spanOf(expr.dreg, bytes);
  // The request number is the host's, the SPI is as it stands in the packet.
  cx.endian.mark(at, wordsIn(bytes), expr.key === 'reqid' ? HOST32 : NETWORK);
  return new Xfrm(expr, at);
}
