import { boolean, object } from '../../schema.ts';
import { range, u16 } from '../checks.ts';
import type { XtRange, XtShape } from '../info.ts';

/** struct xt_tcpmss_match_info. */
export interface TcpmssInfo {
  readonly mss: XtRange;
  readonly invert: boolean;
}

export const tcpmssShape: XtShape = {
  name: 'tcpmss',
  check: object<TcpmssInfo>({
    mss: range(u16),
    invert: boolean,
  }),
};
