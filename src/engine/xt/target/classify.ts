// xt_CLASSIFY.c

import type { ClassifyInfo } from '../../../program/index.ts';
import { NFT_CONTINUE } from '../../verdict.ts';
import { targetModule } from '../extension.ts';

export const classify = targetModule<ClassifyInfo>({
  name: 'CLASSIFY',
  placement: { families: ['ip', 'ip6', 'arp'], hooks: ['output', 'forward', 'postrouting'] },
  prepare: ({ priority }) => ({
    run: ({ packet }) => {
      packet.priority = priority;
      return NFT_CONTINUE;
    },
  }),
});
