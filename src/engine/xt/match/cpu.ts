// xt_cpu.c. One packet at a time, on the only processor there is.

import type { CpuInfo } from '../../../program/index.ts';
import { matchModule } from '../extension.ts';

export const cpu = matchModule<CpuInfo>({
  name: 'cpu',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare: (info) => ({ matches: () => (info.cpu === 0) !== info.invert, why: () => 'cpu 0' }),
});
