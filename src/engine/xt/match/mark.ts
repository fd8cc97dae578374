// xt_mark.c

import type { MarkInfo } from '../../../program/index.ts';
import { matchModule } from '../extension.ts';

export const mark = matchModule<MarkInfo>({
  name: 'mark',
  placement: { families: ['ip', 'ip6', 'inet', 'arp', 'bridge'] },
  prepare: ({ mark: value, mask, invert }) => ({
    matches: ({ packet }) => ((packet.mark & mask) >>> 0 === value) !== invert,
    why: ({ packet }) => `mark 0x${packet.mark.toString(16)}`,
  }),
});
