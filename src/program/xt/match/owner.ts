import { boolean, object, optional } from '../../schema.ts';
import { range, test, u32 } from '../checks.ts';
import type { XtRange, XtShape, XtTest } from '../info.ts';

/** struct xt_owner_match_info. */
export interface OwnerInfo {
  readonly uid?: XtTest<XtRange>;
  readonly gid?: XtTest<XtRange>;
  readonly socket?: XtTest<boolean>;
  readonly supplGroups: boolean;
}

export const ownerShape: XtShape = {
  name: 'owner',
  check: object<OwnerInfo>({
    uid: optional(test(range(u32))),
    gid: optional(test(range(u32))),
    socket: optional(test(boolean)),
    supplGroups: boolean,
  }),
};
