import { integer, object, string } from '../../schema.ts';
import { u8 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_rateest_target_info: measured every 250 ms * 2^(interval + 2), weight 2^-ewmaLog. */
export interface RateestTargetInfo {
  readonly name: string;
  readonly interval: number;
  readonly ewmaLog: number;
}

export const rateestTargetShape: XtShape = {
  name: 'RATEEST',
  check: object<RateestTargetInfo>({ name: string, interval: integer(-128, 127), ewmaLog: u8 }),
};
