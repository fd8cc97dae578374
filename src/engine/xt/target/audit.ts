// xt_AUDIT.c. The audit subsystem is not modelled; the packet goes on in any case.

import type { AuditInfo } from '../../../program/index.ts';
import { NFT_CONTINUE } from '../../verdict.ts';
import { targetModule } from '../extension.ts';

export const audit = targetModule<AuditInfo>({
  name: 'AUDIT',
  placement: { families: ['ip', 'ip6', 'bridge'] },
  prepare: ({ type }) => ({
    run: () => NFT_CONTINUE,
    told: () => `AUDIT: a record that the packet was ${type === 'drop' ? 'dropped' : `${type}ed`}`,
  }),
});
