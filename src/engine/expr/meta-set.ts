// meta … set, nft_meta_set_eval in net/netfilter/nft_meta.c.

import { PACKET_OTHERHOST } from '../../core/index.ts';
import type { MetaSetExpr } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { spanOf } from '../registers.ts';
import type { Chain } from '../state/chain.ts';
import { NFT_CONTINUE } from '../verdict.ts';
import { Opaque } from './opaque.ts';
import { requireSet } from './require.ts';
import { requireHooks } from './validate.ts';

type Store = (pkt: PktInfo, word: number) => void;

/** skb_pkt_type_ok(): only types a packet may be received as replace each other. */
function setPktType(pkt: PktInfo, word: number): void {
  const type = word >>> 24;
  if (type <= PACKET_OTHERHOST && pkt.packet.pktType <= PACKET_OTHERHOST) pkt.packet.pktType = type;
}

const STORES: Readonly<Record<string, { readonly bytes: number; readonly store: Store }>> = {
  mark: {
    bytes: 4,
    store: ({ packet }, word) => {
      packet.mark = word;
    },
  },
  priority: {
    bytes: 4,
    store: ({ packet }, word) => {
      packet.priority = word;
    },
  },
  secmark: {
    bytes: 4,
    store: ({ packet }, word) => {
      packet.secmark = word;
    },
  },
  nftrace: {
    bytes: 1,
    store: ({ packet }, word) => {
      packet.nftrace = word >>> 24 !== 0;
    },
  },
  pkttype: { bytes: 1, store: setPktType },
  // nft_meta_bridge_set_eval()
  broute: {
    bytes: 1,
    store: ({ packet }, word) => {
      packet.broute = word >>> 24 !== 0;
    },
  },
};

class MetaSet extends BaseOp<MetaSetExpr> {
  readonly reads: Span;
  readonly #store: Store;

  constructor(expr: MetaSetExpr, at: number, bytes: number, store: Store) {
    super(expr);
    this.reads = { word: at, bytes };
    this.#store = store;
  }

  eval(regs: Registers, pkt: PktInfo): number {
    this.#store(pkt, regs[this.reads.word]!);
    return NFT_CONTINUE;
  }

  /** nft_meta_set_validate(): the packet type is only ours before routing, and so is what is bridged. */
  validate(base: Chain): void {
    if (this.expr.key === 'broute') {
      if (base.table.family !== 'bridge') refuse('EOPNOTSUPP', 'only bridges know broute');
      requireHooks(base, ['prerouting'], 'meta broute set');
    }
    if (this.expr.key !== 'pkttype') return;
    if (base.table.family === 'arp') refuse('EOPNOTSUPP', 'no packet types in family arp');
    requireHooks(base, ['prerouting', 'ingress'], 'meta pkttype set');
  }
}

export function prepareMetaSet(expr: MetaSetExpr, cx: Prepare): Op {
  const key = STORES[expr.key];
  const at = spanOf(expr.sreg, key?.bytes ?? 1);
  requireSet(cx, at, key?.bytes ?? 1);
  if (key === undefined) return new Opaque(expr, `setting meta ${expr.key} is not modelled`);
  return new MetaSet(expr, at, key.bytes, key.store);
}
