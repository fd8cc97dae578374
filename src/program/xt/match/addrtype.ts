import { boolean, object, oneOf } from '../../schema.ts';
import { u16 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_addrtype_info_v1. Types are bits: 1 << RTN_*. */
export interface AddrtypeInfo {
  readonly source: number;
  readonly dest: number;
  readonly invertSource: boolean;
  readonly invertDest: boolean;
  readonly limitIface: 'none' | 'in' | 'out';
}

export const addrtypeShape: XtShape = {
  name: 'addrtype',
  check: object<AddrtypeInfo>({
    source: u16,
    dest: u16,
    invertSource: boolean,
    invertDest: boolean,
    limitIface: oneOf('none', 'in', 'out'),
  }),
};
