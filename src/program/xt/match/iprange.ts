import { object, optional } from '../../schema.ts';
import { addresses, test } from '../checks.ts';
import type { XtAddresses, XtShape, XtTest } from '../info.ts';

/** struct xt_iprange_mtinfo; addresses in hex, both ends belong to it. */
export interface IprangeInfo {
  readonly src?: XtTest<XtAddresses>;
  readonly dst?: XtTest<XtAddresses>;
}

export const iprangeShape: XtShape = {
  name: 'iprange',
  check: object<IprangeInfo>({
    src: optional(test(addresses)),
    dst: optional(test(addresses)),
  }),
};
