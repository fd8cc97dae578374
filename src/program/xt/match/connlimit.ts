import { boolean, integer, object } from '../../schema.ts';
import { u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_connlimit_info, revision 1; the mask as a prefix length. */
export interface ConnlimitInfo {
  readonly limit: number;
  readonly prefix: number;
  readonly daddr: boolean;
  readonly invert: boolean;
}

export const connlimitShape: XtShape = {
  name: 'connlimit',
  check: object<ConnlimitInfo>({
    limit: u32,
    prefix: integer(0, 128),
    daddr: boolean,
    invert: boolean,
  }),
};
