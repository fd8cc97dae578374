// xt_nat.c, xt_MASQUERADE.c, xt_REDIRECT.c and xt_NETMAP.c. They only say what is wanted; room nat
// makes the binding.

import { unhex } from '../../../bytes/index.ts';
import type { Verdict } from '../../../core/index.ts';
import { ACCEPT, Nfproto } from '../../../core/index.ts';
import type { Nat } from '../../../nat/index.ts';
import { NatRange, NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC } from '../../../nat/index.ts';
import type { HookName, NatRangeInfo } from '../../../program/index.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { NF_ACCEPT, NF_DROP } from '../../verdict.ts';
import { targetModule } from '../extension.ts';

function rangeOf(info: NatRangeInfo): NatRange {
  const range = new NatRange();
  const { flags, minAddr, maxAddr, minProto = 0, maxProto = 0, baseProto = 0 } = info;
  if (minAddr !== undefined && maxAddr !== undefined) {
    const l3 = minAddr.length === 8 ? Nfproto.ip : Nfproto.ip6;
    range.setAddresses(l3, unhex(minAddr), 0, unhex(maxAddr), 0);
  }
  range.setPorts(minProto, maxProto);
  range.basePort = baseProto;
  range.flags = flags;
  return range;
}

/** Hooks where sources are changed: HOOK2MANIP(). */
const changesSource = ({ point }: PktInfo): boolean =>
  point.hook === 'postrouting' || point.hook === 'input';

type Bind = (nat: Nat, pkt: PktInfo, range: NatRange) => Verdict;

const translation = (name: string, hooks: readonly HookName[], bind: Bind) =>
  targetModule<NatRangeInfo>({
    name,
    placement: { families: ['ip', 'ip6'], table: 'nat', hooks },
    prepare(info, { env: { nat } }) {
      if (nat === null) return undefined;
      const range = rangeOf(info);
      return {
        run: (pkt) => {
          if (pkt.packet.ct === 0) return NF_ACCEPT;
          return bind(nat, pkt, range) === ACCEPT ? NF_ACCEPT : NF_DROP;
        },
      };
    },
  });

export const dnat = translation('DNAT', ['prerouting', 'output'], (nat, { packet }, range) =>
  nat.setupInfo(packet, range, NF_NAT_MANIP_DST),
);
export const snat = translation('SNAT', ['postrouting', 'input'], (nat, { packet }, range) =>
  nat.setupInfo(packet, range, NF_NAT_MANIP_SRC),
);
export const masquerade = translation('MASQUERADE', ['postrouting'], (nat, pkt, range) =>
  nat.masquerade(pkt.packet, range, pkt.point),
);
export const redirect = translation('REDIRECT', ['prerouting', 'output'], (nat, pkt, range) =>
  nat.redirect(pkt.packet, range, pkt.point),
);
export const netmap = translation(
  'NETMAP',
  ['prerouting', 'input', 'output', 'postrouting'],
  (nat, pkt, range) =>
    nat.netmap(
      pkt.packet,
      range,
      pkt.point,
      changesSource(pkt) ? NF_NAT_MANIP_SRC : NF_NAT_MANIP_DST,
    ),
);
