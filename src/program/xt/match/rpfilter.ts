import { boolean, object } from '../../schema.ts';
import type { XtShape } from '../info.ts';

/** struct xt_rpfilter_info. */
export interface RpfilterInfo {
  readonly loose: boolean;
  readonly validMark: boolean;
  readonly acceptLocal: boolean;
  readonly invert: boolean;
}

export const rpfilterShape: XtShape = {
  name: 'rpfilter',
  check: object<RpfilterInfo>({
    loose: boolean,
    validMark: boolean,
    acceptLocal: boolean,
    invert: boolean,
  }),
};
