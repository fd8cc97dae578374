import { object, optional } from '../../schema.ts';
import { net, test, u8, u16 } from '../checks.ts';
import type { XtNet, XtShape, XtTest } from '../info.ts';

/** struct ip6t_srh1. What is absent is not asked. */
export interface SrhInfo {
  readonly nextHdr?: XtTest<number>;
  readonly hdrLenEq?: XtTest<number>;
  readonly hdrLenGt?: XtTest<number>;
  readonly hdrLenLt?: XtTest<number>;
  readonly segsLeftEq?: XtTest<number>;
  readonly segsLeftGt?: XtTest<number>;
  readonly segsLeftLt?: XtTest<number>;
  readonly lastEntryEq?: XtTest<number>;
  readonly lastEntryGt?: XtTest<number>;
  readonly lastEntryLt?: XtTest<number>;
  readonly tag?: XtTest<number>;
  readonly psid?: XtTest<XtNet>;
  readonly nsid?: XtTest<XtNet>;
  readonly lsid?: XtTest<XtNet>;
}

export const srhShape: XtShape = {
  name: 'srh',
  check: object<SrhInfo>({
    nextHdr: optional(test(u8)),
    hdrLenEq: optional(test(u8)),
    hdrLenGt: optional(test(u8)),
    hdrLenLt: optional(test(u8)),
    segsLeftEq: optional(test(u8)),
    segsLeftGt: optional(test(u8)),
    segsLeftLt: optional(test(u8)),
    lastEntryEq: optional(test(u8)),
    lastEntryGt: optional(test(u8)),
    lastEntryLt: optional(test(u8)),
    tag: optional(test(u16)),
    psid: optional(test(net)),
    nsid: optional(test(net)),
    lsid: optional(test(net)),
  }),
};
