// xt_mark.c: the target MARK.

import type { MarkTargetInfo } from '../../../program/index.ts';
import { NFT_CONTINUE } from '../../verdict.ts';
import { targetModule } from '../extension.ts';

export const mark = targetModule<MarkTargetInfo>({
  name: 'MARK',
  placement: { families: ['ip', 'ip6', 'arp'] },
  prepare: ({ mark: value, mask }) => ({
    run({ packet }) {
      packet.mark = ((packet.mark & ~mask) ^ value) >>> 0;
      return NFT_CONTINUE;
    },
  }),
});
