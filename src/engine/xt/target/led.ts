// xt_LED.c: there are no lamps here.

import type { LedInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import { NFT_CONTINUE } from '../../verdict.ts';
import { targetModule } from '../extension.ts';

export const led = targetModule<LedInfo>({
  name: 'LED',
  placement: { families: ['ip', 'ip6'] },
  prepare({ id }) {
    if (id === '') refuse('EINVAL', 'LED without a name');
    return { run: () => NFT_CONTINUE, told: () => `LED: netfilter-${id} is lit` };
  },
});
