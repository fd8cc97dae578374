import { boolean, hex, list, object, optional } from '../../schema.ts';
import { range, test, u32 } from '../checks.ts';
import type { XtRange, XtShape, XtTest } from '../info.ts';

/** struct ip6t_rt. */
export interface RtInfo {
  readonly type?: XtTest<number>;
  readonly segsleft?: XtTest<XtRange>;
  readonly len?: XtTest<number>;
  readonly res: boolean;
  readonly addresses: readonly string[];
  readonly addressesGiven: boolean;
  readonly notStrict: boolean;
}

export const rtShape: XtShape = {
  name: 'rt',
  check: object<RtInfo>({
    type: optional(test(u32)),
    segsleft: optional(test(range(u32))),
    len: optional(test(u32)),
    res: boolean,
    addresses: list(hex),
    addressesGiven: boolean,
    notStrict: boolean,
  }),
};
