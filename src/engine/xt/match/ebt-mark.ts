// ebt_mark_m.c

import type { EbtMarkMatchInfo } from '../../../program/index.ts';
import { BRIDGE } from '../ebt.ts';
import { matchModule } from '../extension.ts';

export const ebtMarkMatch = matchModule<EbtMarkMatchInfo>({
  name: 'mark_m',
  placement: { families: BRIDGE },
  prepare: ({ test, mark, mask, invert }) => ({
    matches({ packet }) {
      const bits = (packet.mark & mask) >>> 0;
      return (test === 'or' ? bits !== 0 : bits === mark) !== invert;
    },
    why: ({ packet }) => `mark 0x${packet.mark.toString(16)}`,
  }),
});
