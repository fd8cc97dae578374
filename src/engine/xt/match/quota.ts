// xt_quota.c: the first packet that does not fit uses up the rest.

import type { QuotaInfo } from '../../../program/index.ts';
import { matchModule } from '../extension.ts';

export const quota = matchModule<QuotaInfo>({
  name: 'quota',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare(info) {
    // Rounded above 2^53, which no traffic here comes near to.
    let left = Number(info.quota);
    return {
      matches({ length }) {
        const fits = left >= length;
        left = fits ? left - length : 0;
        return fits !== info.invert;
      },
      why: () => `${left} bytes are left`,
    };
  },
});
