// ct … set, nft_ct_set_eval and nft_ct_set_zone_eval in net/netfilter/nft_ct.c. Without an entry
// setting does nothing, and the rule goes on.

import type { Conntrack } from '../../conntrack/index.ts';
import { IP_CT_NEW } from '../../core/index.ts';
import type { CtSetExpr } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { spanOf, wordsToBytes } from '../registers.ts';
import { NFT_CONTINUE } from '../verdict.ts';
import { Opaque } from './opaque.ts';
import { requireSet, requireTracked } from './require.ts';

type Store = (ct: Conntrack, slot: number, regs: Registers, at: number) => void;

const labels = new Uint8Array(16);
const turned = new Uint8Array(16);

/** nf_connlabels_replace() with the value as its own mask: labels are only ever added. */
function setLabels(ct: Conntrack, slot: number, regs: Registers, at: number): void {
  wordsToBytes(regs, at, turned, 0, 16);
  for (let i = 0; i < 16; i++) labels[i] = turned[15 - i]!;
  ct.replaceLabels(slot, labels, labels);
}

const STORES: Readonly<Record<string, { readonly bytes: number; readonly store: Store }>> = {
  mark: { bytes: 4, store: (ct, slot, regs, at) => ct.setMark(slot, regs[at]!) },
  secmark: { bytes: 4, store: (ct, slot, regs, at) => ct.setSecmark(slot, regs[at]!) },
  label: { bytes: 16, store: setLabels },
  // The event mask only narrows what listeners of the kernel hear; the engine's hear everything.
  event: { bytes: 4, store: () => {} },
};

class CtSet extends BaseOp<CtSetExpr> {
  readonly reads: Span;
  readonly #store: Store;
  readonly #ct: Conntrack | null;

  constructor(expr: CtSetExpr, at: number, bytes: number, store: Store, ct: Conntrack | null) {
    super(expr);
    this.reads = { word: at, bytes };
    this.#store = store;
    this.#ct = ct;
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const slot = pkt.packet.ct;
    if (slot !== 0 && this.#ct !== null && !this.#ct.isTemplate(slot))
      this.#store(this.#ct, slot, regs, this.reads.word);
    return NFT_CONTINUE;
  }
}

/** `ct zone set`: only before conntrack has seen the packet, through a template. */
class CtZoneSet extends BaseOp<CtSetExpr> {
  readonly reads: Span;
  readonly #ct: Conntrack | null;
  readonly #dir: number;

  constructor(expr: CtSetExpr, at: number, ct: Conntrack | null) {
    super(expr);
    this.reads = { word: at, bytes: 2 };
    this.#ct = ct;
    // NF_CT_ZONE_DIR_ORIG, NF_CT_ZONE_DIR_REPL, or both.
    this.#dir = expr.dir === undefined ? 3 : expr.dir === 'original' ? 1 : 2;
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const { packet } = pkt;
    if (packet.ct !== 0 || this.#ct === null) return NFT_CONTINUE;
    packet.ct = this.#ct.template(regs[this.reads.word]! >>> 16, this.#dir);
    packet.ctinfo = IP_CT_NEW;
    return NFT_CONTINUE;
  }
}

export function prepareCtSet(expr: CtSetExpr, cx: Prepare): Op {
  requireTracked(cx.family);
  if (expr.key === 'zone') {
    const at = spanOf(expr.sreg, 2);
    requireSet(cx, at, 2);
    return new CtZoneSet(expr, at, cx.env.conntrack);
  }
  const key = STORES[expr.key];
  const at = spanOf(expr.sreg, key?.bytes ?? 4);
  requireSet(cx, at, key?.bytes ?? 4);
  if (key === undefined) return new Opaque(expr, `setting ct ${expr.key} is not modelled`);
  if (expr.dir !== undefined) refuse('EINVAL', `ct ${expr.key} has no direction`);
  return new CtSet(expr, at, key.bytes, key.store, cx.env.conntrack);
}
