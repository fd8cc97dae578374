// xt_nfacct.c. Accounting objects are not modelled: a rule with one is kept, and verdicts depend on it.

import type { NfacctInfo } from '../../../program/index.ts';
import { matchModule } from '../extension.ts';

export const nfacct = matchModule<NfacctInfo>({
  name: 'nfacct',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare: () => undefined,
});
