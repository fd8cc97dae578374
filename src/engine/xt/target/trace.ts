// xt_TRACE.c

import type { BareInfo } from '../../../program/index.ts';
import { NFT_CONTINUE } from '../../verdict.ts';
import { targetModule } from '../extension.ts';

export const trace = targetModule<BareInfo>({
  name: 'TRACE',
  placement: { families: ['ip', 'ip6'], table: 'raw' },
  prepare: () => ({
    run({ packet }) {
      packet.nftrace = true;
      return NFT_CONTINUE;
    },
  }),
});
