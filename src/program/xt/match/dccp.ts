import { object, optional } from '../../schema.ts';
import { range, test, u8, u16 } from '../checks.ts';
import type { XtRange, XtShape, XtTest } from '../info.ts';

/** struct xt_dccp_info; packet types are bits. */
export interface DccpInfo {
  readonly sports?: XtTest<XtRange>;
  readonly dports?: XtTest<XtRange>;
  readonly types?: XtTest<number>;
  readonly option?: XtTest<number>;
}

export const dccpShape: XtShape = {
  name: 'dccp',
  check: object<DccpInfo>({
    sports: optional(test(range(u16))),
    dports: optional(test(range(u16))),
    types: optional(test(u16)),
    option: optional(test(u8)),
  }),
};
