// xt_esp.c

import type { EspInfo } from '../../../program/index.ts';
import { matchModule } from '../extension.ts';
import { holds, hotdrop, inRange, u32At } from '../read.ts';

const IPPROTO_ESP = 50;
const HEADER = 8;

export const esp = matchModule<EspInfo>({
  name: 'esp',
  placement: { families: ['ip', 'ip6', 'inet'], protocols: [IPPROTO_ESP] },
  prepare: ({ spis, invert }) => ({
    matches(pkt) {
      if (pkt.fragoff !== 0) return false;
      if (!holds(pkt, pkt.transport, HEADER)) return hotdrop(pkt);
      return inRange(u32At(pkt.bytes, pkt.transport), spis) !== invert;
    },
    why: (pkt) =>
      pkt.fragoff !== 0 || !holds(pkt, pkt.transport, HEADER)
        ? 'no whole ESP header'
        : `spi ${u32At(pkt.bytes, pkt.transport)}`,
  }),
});
