import { object, optional } from '../../schema.ts';
import { test, u8, u16 } from '../checks.ts';
import type { XtShape, XtTest } from '../info.ts';

/** struct ebt_vlan_info */
export interface EbtVlanInfo {
  readonly id?: XtTest<number>;
  readonly prio?: XtTest<number>;
  readonly encap?: XtTest<number>;
}

export const ebtVlanShape: XtShape = {
  name: 'vlan',
  check: object<EbtVlanInfo>({
    id: optional(test(u16)),
    prio: optional(test(u8)),
    encap: optional(test(u16)),
  }),
};
