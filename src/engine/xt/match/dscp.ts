// xt_dscp.c

import type { DscpInfo } from '../../../program/index.ts';
import { matchModule } from '../extension.ts';
import { dsfield } from '../header.ts';

export const dscp = matchModule<DscpInfo>({
  name: 'dscp',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare: (info) => ({
    matches: (pkt) => (dsfield(pkt) >>> 2 === info.dscp) !== info.invert,
    why: (pkt) => `dscp 0x${(dsfield(pkt) >>> 2).toString(16)}`,
  }),
});
