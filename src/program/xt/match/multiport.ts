import { boolean, list, object, oneOf } from '../../schema.ts';
import { range, u16 } from '../checks.ts';
import type { XtRange, XtShape } from '../info.ts';

/** struct xt_multiport_v1; up to 15 numbers, a range counts as two. */
export interface MultiportInfo {
  readonly flags: 'source' | 'destination' | 'either';
  readonly ports: readonly XtRange[];
  readonly invert: boolean;
}

export const multiportShape: XtShape = {
  name: 'multiport',
  check: object<MultiportInfo>({
    flags: oneOf('source', 'destination', 'either'),
    ports: list(range(u16)),
    invert: boolean,
  }),
};
