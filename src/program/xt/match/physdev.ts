import { boolean, object, optional, string } from '../../schema.ts';
import { test } from '../checks.ts';
import type { XtShape, XtTest } from '../info.ts';

/** struct xt_physdev_info; a name may end in `+`. */
export interface PhysdevInfo {
  readonly in?: XtTest<string>;
  readonly out?: XtTest<string>;
  readonly isIn?: XtTest<boolean>;
  readonly isOut?: XtTest<boolean>;
  readonly isBridged?: XtTest<boolean>;
}

export const physdevShape: XtShape = {
  name: 'physdev',
  check: object<PhysdevInfo>({
    in: optional(test(string)),
    out: optional(test(string)),
    isIn: optional(test(boolean)),
    isOut: optional(test(boolean)),
    isBridged: optional(test(boolean)),
  }),
};
