import { object, optional } from '../../schema.ts';
import { masked, test } from '../checks.ts';
import type { XtMasked, XtShape, XtTest } from '../info.ts';

/** struct xt_devgroup_info. */
export interface DevgroupInfo {
  readonly src?: XtTest<XtMasked>;
  readonly dst?: XtTest<XtMasked>;
}

export const devgroupShape: XtShape = {
  name: 'devgroup',
  check: object<DevgroupInfo>({
    src: optional(test(masked)),
    dst: optional(test(masked)),
  }),
};
