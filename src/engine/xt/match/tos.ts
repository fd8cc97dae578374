// tos of xt_dscp.c

import type { TosInfo } from '../../../program/index.ts';
import { matchModule } from '../extension.ts';
import { dsfield } from '../header.ts';

export const tos = matchModule<TosInfo>({
  name: 'tos',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare: ({ value, mask, invert }) => ({
    matches: (pkt) => ((dsfield(pkt) & mask) === value) !== invert,
    why: (pkt) => `tos 0x${dsfield(pkt).toString(16)}`,
  }),
});
