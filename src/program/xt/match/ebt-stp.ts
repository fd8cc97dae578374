import { object, optional } from '../../schema.ts';
import { net, range, test, u8, u16, u32 } from '../checks.ts';
import type { XtNet, XtRange, XtShape, XtTest } from '../info.ts';

/** struct ebt_stp_info: fields of a bridge protocol data unit (IEEE 802.1D §9.3). */
export interface EbtStpInfo {
  readonly type?: XtTest<number>;
  readonly flags?: XtTest<number>;
  readonly rootPrio?: XtTest<XtRange>;
  readonly rootAddr?: XtTest<XtNet>;
  readonly rootCost?: XtTest<XtRange>;
  readonly senderPrio?: XtTest<XtRange>;
  readonly senderAddr?: XtTest<XtNet>;
  readonly port?: XtTest<XtRange>;
  readonly msgAge?: XtTest<XtRange>;
  readonly maxAge?: XtTest<XtRange>;
  readonly helloTime?: XtTest<XtRange>;
  readonly forwardDelay?: XtTest<XtRange>;
}

const byte = optional(test(u8));
const words = optional(test(range(u16)));
const address = optional(test(net));

export const ebtStpShape: XtShape = {
  name: 'stp',
  check: object<EbtStpInfo>({
    type: byte,
    flags: byte,
    rootPrio: words,
    rootAddr: address,
    rootCost: optional(test(range(u32))),
    senderPrio: words,
    senderAddr: address,
    port: words,
    msgAge: words,
    maxAge: words,
    helloTime: words,
    forwardDelay: words,
  }),
};
