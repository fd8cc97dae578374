import { boolean, integer, object } from '../../schema.ts';
import type { XtShape } from '../info.ts';

/** struct xt_dscp_info. */
export interface DscpInfo {
  readonly dscp: number;
  readonly invert: boolean;
}

export const dscpShape: XtShape = {
  name: 'dscp',
  check: object<DscpInfo>({
    dscp: integer(0, 63),
    invert: boolean,
  }),
};
