import { boolean, integer, object, optional } from '../../schema.ts';
import { test } from '../checks.ts';
import type { XtShape, XtTest } from '../info.ts';

/** struct xt_ecn_info; `value` of a TCP bit is always true. */
export interface EcnInfo {
  readonly ect?: XtTest<number>;
  readonly ece?: XtTest<boolean>;
  readonly cwr?: XtTest<boolean>;
}

export const ecnShape: XtShape = {
  name: 'ecn',
  check: object<EcnInfo>({
    ect: optional(test(integer(0, 3))),
    ece: optional(test(boolean)),
    cwr: optional(test(boolean)),
  }),
};
