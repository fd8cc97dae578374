import { boolean, object } from '../../schema.ts';
import { u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_cpu_info. */
export interface CpuInfo {
  readonly cpu: number;
  readonly invert: boolean;
}

export const cpuShape: XtShape = {
  name: 'cpu',
  check: object<CpuInfo>({
    cpu: u32,
    invert: boolean,
  }),
};
