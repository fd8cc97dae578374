import { object } from '../../schema.ts';
import { u8 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_DSCP_info. */
export interface DscpTargetInfo {
  readonly dscp: number;
}

export const dscpTargetShape: XtShape = {
  name: 'DSCP',
  check: object<DscpTargetInfo>({ dscp: u8 }),
};
