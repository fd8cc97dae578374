import { boolean, object } from '../../schema.ts';
import { range, u32 } from '../checks.ts';
import type { XtRange, XtShape } from '../info.ts';

/** struct xt_esp. */
export interface EspInfo {
  readonly spis: XtRange;
  readonly invert: boolean;
}

export const espShape: XtShape = {
  name: 'esp',
  check: object<EspInfo>({
    spis: range(u32),
    invert: boolean,
  }),
};
