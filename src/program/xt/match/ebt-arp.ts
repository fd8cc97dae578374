import { boolean, object, optional } from '../../schema.ts';
import { net, test, u16 } from '../checks.ts';
import type { XtNet, XtShape, XtTest } from '../info.ts';

/** struct ebt_arp_info */
export interface EbtArpInfo {
  readonly opcode?: XtTest<number>;
  readonly htype?: XtTest<number>;
  readonly ptype?: XtTest<number>;
  readonly saddr?: XtTest<XtNet>;
  readonly daddr?: XtTest<XtNet>;
  readonly smac?: XtTest<XtNet>;
  readonly dmac?: XtTest<XtNet>;
  readonly gratuitous?: XtTest<boolean>;
}

const number = optional(test(u16));
const address = optional(test(net));

export const ebtArpShape: XtShape = {
  name: 'arp',
  check: object<EbtArpInfo>({
    opcode: number,
    htype: number,
    ptype: number,
    saddr: address,
    daddr: address,
    smac: address,
    dmac: address,
    gratuitous: optional(test(boolean)),
  }),
};
