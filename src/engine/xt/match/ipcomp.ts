// xt_ipcomp.c. The reserved field is not looked at, whatever the rule says.

import type { IpcompInfo } from '../../../program/index.ts';
import { matchModule } from '../extension.ts';
import { holds, hotdrop, inRange, u16At } from '../read.ts';

const IPPROTO_COMP = 108;
const HEADER = 4;

export const ipcomp = matchModule<IpcompInfo>({
  name: 'ipcomp',
  placement: { families: ['ip', 'ip6', 'inet'], protocols: [IPPROTO_COMP] },
  prepare: ({ spis, invert }) => ({
    matches(pkt) {
      if (pkt.fragoff !== 0) return false;
      if (!holds(pkt, pkt.transport, HEADER)) return hotdrop(pkt);
      return inRange(u16At(pkt.bytes, pkt.transport + 2), spis) !== invert;
    },
    why: (pkt) =>
      pkt.fragoff !== 0 || !holds(pkt, pkt.transport, HEADER)
        ? 'no whole compression header'
        : `cpi ${u16At(pkt.bytes, pkt.transport + 2)}`,
  }),
});
