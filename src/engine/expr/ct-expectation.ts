// `ct expectation` objects: nft_ct_expect_obj_eval in net/netfilter/nft_ct.c. A new connection
// announces one that the other side will open.

import type { Conntrack } from '../../conntrack/index.ts';
import { createTuple, T_DST, T_PORTS, T_PROTO, T_SRC } from '../../conntrack/index.ts';
import { IP_CT_IS_REPLY, Nfproto } from '../../core/index.ts';
import type { ObjectData } from '../../program/index.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { ObjectBody } from '../state/objects.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';

type ExpectationData = Extract<ObjectData, { kind: 'ct expectation' }>;

/** From wherever the other side sends, to this side, at the port. */
function announce(data: ExpectationData, ct: Conntrack, pkt: PktInfo): boolean {
  const slot = pkt.packet.ct;
  const direction = pkt.packet.ctinfo >= IP_CT_IS_REPLY ? 1 : 0;
  const opposite = createTuple();
  ct.readTuple(slot, direction === 0 ? 1 : 0, opposite);
  const l3 =
    data.l3proto === undefined || data.l3proto === 'inet'
      ? ct.l3proto(slot)
      : Nfproto[data.l3proto];
  const words = l3 === Nfproto.ip ? 1 : 4;
  const tuple = createTuple();
  const mask = createTuple();
  for (let i = 0; i < words; i++) {
    tuple[T_SRC + i] = opposite[T_SRC + i]!;
    tuple[T_DST + i] = opposite[T_DST + i]!;
    mask[T_SRC + i] = -1;
    mask[T_DST + i] = -1;
  }
  tuple[T_PORTS] = data.dport;
  mask[T_PORTS] = 0xffff;
  tuple[T_PROTO] = l3 | (data.l4proto << 8);
  mask[T_PROTO] = -1;
  const timeout = data.timeout / 1000;
  return ct.expectations.add({ tuple, mask, master: slot, timeout, direction }) === 'ok';
}

export function expectationObject(data: ExpectationData, ct: Conntrack): ObjectBody {
  return {
    eval: (_regs, pkt) => {
      const slot = pkt.packet.ct;
      if (slot === 0 || ct.isTemplate(slot) || ct.isConfirmed(slot)) return NFT_BREAK;
      if (ct.store.expectations.ofMaster(slot).length >= data.size) return NFT_BREAK;
      return announce(data, ct, pkt) ? NFT_CONTINUE : NFT_BREAK;
    },
    dump: () => data,
  };
}
