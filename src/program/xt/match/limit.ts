import { object } from '../../schema.ts';
import { u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_rateinfo: `avg` is the time per packet in 1/10000 s. */
export interface LimitInfo {
  readonly avg: number;
  readonly burst: number;
}

export const limitShape: XtShape = {
  name: 'limit',
  check: object<LimitInfo>({
    avg: u32,
    burst: u32,
  }),
};
