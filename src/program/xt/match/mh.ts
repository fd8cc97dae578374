import { boolean, object } from '../../schema.ts';
import { range, u8 } from '../checks.ts';
import type { XtRange, XtShape } from '../info.ts';

/** struct ip6t_mh. */
export interface MhInfo {
  readonly types: XtRange;
  readonly invert: boolean;
}

export const mhShape: XtShape = {
  name: 'mh',
  check: object<MhInfo>({
    types: range(u8),
    invert: boolean,
  }),
};
