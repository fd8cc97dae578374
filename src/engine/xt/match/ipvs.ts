// xt_ipvs.c. There is no virtual server here, so no packet belongs to a connection of one; what a
// rule asks beyond that depends on one.

import type { IpvsInfo } from '../../../program/index.ts';
import { matchModule } from '../extension.ts';

export const ipvs = matchModule<IpvsInfo>({
  name: 'ipvs',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare: () => 'connections of IPVS are not here',
});
