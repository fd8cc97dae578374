import { boolean, object } from '../../schema.ts';
import { range, u32 } from '../checks.ts';
import type { XtRange, XtShape } from '../info.ts';

/** struct xt_ipcomp. */
export interface IpcompInfo {
  readonly spis: XtRange;
  readonly invert: boolean;
  readonly hdrres: boolean;
}

export const ipcompShape: XtShape = {
  name: 'ipcomp',
  check: object<IpcompInfo>({
    spis: range(u32),
    invert: boolean,
    hdrres: boolean,
  }),
};
