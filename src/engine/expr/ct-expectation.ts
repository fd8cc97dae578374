// `ct expectation` objects: nft_ct_expect_obj_eval in net/netfilter/nft_ct.c. A new connection
// announces one that the other side will open.

import type { Conntrack } from '../../conntrack/index.ts';
import { createTuple, expectedTuple, T_DST, T_SRC } from '../../conntrack/index.ts';
import { IP_CT_IS_REPLY, Nfproto } from '../../core/index.ts';
import type { ObjectData } from '../../program/index.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { ObjectBody } from '../state/objects.ts';
import { NF_DROP, NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';

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
  const { tuple, mask } = expectedTuple({
    l3,
    l4: data.l4proto,
    source: opposite.subarray(T_SRC, T_SRC + 4),
    destination: opposite.subarray(T_DST, T_DST + 4),
    port: data.dport,
  });
  // nft hands on milliseconds, the kernel takes them for seconds (jiffies + timeout * HZ).
  const { timeout } = data;
  return ct.expectations.add({ tuple, mask, master: slot, timeout, direction }) === 'ok';
}

export function expectationObject(data: ExpectationData, ct: Conntrack): ObjectBody {
  return {
    eval: (_regs, pkt) => {
      const slot = pkt.packet.ct;
      if (slot === 0 || ct.isTemplate(slot) || ct.isConfirmed(slot)) return NFT_BREAK;
      if (ct.expectations.of(slot).length >= data.size) return NFT_BREAK;
      return announce(data, ct, pkt) ? NFT_CONTINUE : NF_DROP;
    },
    dump: () => data,
  };
}
