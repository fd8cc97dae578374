// xt_length.c. The kernel counts an IPv6 packet by its payload length, not by its bytes.

import { Nfproto } from '../../../core/index.ts';
import type { LengthInfo } from '../../../program/index.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';

const IPV6_HEADER = 40;

function lengthOf({ bytes, network, pf, length }: PktInfo): number {
  const at = pf === Nfproto.ip6 ? network + 4 : network + 2;
  const field = (bytes[at]! << 8) | bytes[at + 1]!;
  if (pf === Nfproto.ip6) return field + IPV6_HEADER;
  return field === 0 ? length : field;
}

export const length = matchModule<LengthInfo>({
  name: 'length',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare: ({ min, max, invert }): XtMatch => ({
    matches(pkt) {
      const bytes = lengthOf(pkt);
      return (bytes >= min && bytes <= max) !== invert;
    },
    why: (pkt) => `length ${lengthOf(pkt)}`,
  }),
});
