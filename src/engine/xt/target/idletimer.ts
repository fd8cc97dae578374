// xt_IDLETIMER.c: what it tells goes to files of sysfs, which nobody reads here.

import type { IdletimerInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import { NFT_CONTINUE } from '../../verdict.ts';
import { targetModule } from '../extension.ts';

/** INT_MAX / 1000 */
const LONGEST = 2147483;

export const idletimer = targetModule<IdletimerInfo>({
  name: 'IDLETIMER',
  placement: { families: ['ip', 'ip6'] },
  prepare({ timeout, label }) {
    if (timeout === 0) refuse('EINVAL', 'IDLETIMER with a timeout of 0');
    if (timeout >= LONGEST) refuse('EINVAL', `IDLETIMER of ${timeout} seconds is too long`);
    if (label === '') refuse('EINVAL', 'IDLETIMER without a label');
    return {
      run: () => NFT_CONTINUE,
      told: () => `IDLETIMER: ${label} starts over with ${timeout} seconds`,
    };
  },
});
