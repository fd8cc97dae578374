import { boolean, object, oneOf, optional } from '../../schema.ts';
import { net, range, test, u8, u16, u32 } from '../checks.ts';
import type { XtNet, XtRange, XtShape, XtTest } from '../info.ts';

/** struct xt_conntrack_mtinfo3. What is absent is not asked. */
export interface ConntrackInfo {
  readonly state?: XtTest<number>;
  readonly proto?: XtTest<number>;
  readonly origsrc?: XtTest<XtNet>;
  readonly origdst?: XtTest<XtNet>;
  readonly replsrc?: XtTest<XtNet>;
  readonly repldst?: XtTest<XtNet>;
  readonly origsrcPort?: XtTest<XtRange>;
  readonly origdstPort?: XtTest<XtRange>;
  readonly replsrcPort?: XtTest<XtRange>;
  readonly repldstPort?: XtTest<XtRange>;
  readonly status?: XtTest<number>;
  readonly expires?: XtTest<XtRange>;
  readonly direction?: 'original' | 'reply';
  /** It was written as `-m state` (XT_CONNTRACK_STATE_ALIAS). */
  readonly alias: boolean;
}

export const conntrackShape: XtShape = {
  name: 'conntrack',
  check: object<ConntrackInfo>({
    state: optional(test(u16)),
    proto: optional(test(u8)),
    origsrc: optional(test(net)),
    origdst: optional(test(net)),
    replsrc: optional(test(net)),
    repldst: optional(test(net)),
    origsrcPort: optional(test(range(u16))),
    origdstPort: optional(test(range(u16))),
    replsrcPort: optional(test(range(u16))),
    repldstPort: optional(test(range(u16))),
    status: optional(test(u16)),
    expires: optional(test(range(u32))),
    direction: optional(oneOf('original', 'reply')),
    alias: boolean,
  }),
};
