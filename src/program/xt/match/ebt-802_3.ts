import { object, optional } from '../../schema.ts';
import { test, u8, u16 } from '../checks.ts';
import type { XtShape, XtTest } from '../info.ts';

/** struct ebt_802_3_info: service access point and the type behind it (SNAP). */
export interface Ebt8023Info {
  readonly sap?: XtTest<number>;
  readonly type?: XtTest<number>;
}

export const ebt8023Shape: XtShape = {
  name: '802_3',
  check: object<Ebt8023Info>({ sap: optional(test(u8)), type: optional(test(u16)) }),
};
