// ip6t_mh.c (RFC 6275 §6.1)

import type { MhInfo } from '../../../program/index.ts';
import { matchModule } from '../extension.ts';
import { holds, hotdrop, inRange } from '../read.ts';

const IPPROTO_MH = 135;
const IPPROTO_NONE = 59;
/** struct ip6_mh up to its checksum. */
const HEADER = 6;

export const mh = matchModule<MhInfo>({
  name: 'mh',
  placement: { families: ['ip6', 'inet'], protocols: [IPPROTO_MH] },
  prepare: ({ types, invert }) => ({
    matches(pkt) {
      if (pkt.fragoff !== 0) return false;
      if (!holds(pkt, pkt.transport, HEADER)) return hotdrop(pkt);
      // Nothing may follow it.
      if (pkt.bytes[pkt.transport] !== IPPROTO_NONE) return hotdrop(pkt);
      return inRange(pkt.bytes[pkt.transport + 2]!, types) !== invert;
    },
    why: (pkt) =>
      pkt.fragoff !== 0 || !holds(pkt, pkt.transport, HEADER)
        ? 'no whole mobility header'
        : `type ${pkt.bytes[pkt.transport + 2]}`,
  }),
});
