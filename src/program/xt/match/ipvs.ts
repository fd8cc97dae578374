import { boolean, object, oneOf, optional } from '../../schema.ts';
import { net, test, u8, u16 } from '../checks.ts';
import type { XtNet, XtShape, XtTest } from '../info.ts';

/** struct xt_ipvs_mtinfo. */
export interface IpvsInfo {
  readonly ipvs?: boolean;
  readonly vproto?: XtTest<number>;
  readonly vaddr?: XtTest<XtNet>;
  readonly vport?: XtTest<number>;
  readonly vdir?: 'original' | 'reply';
  readonly vmethod?: XtTest<'GATE' | 'IPIP' | 'MASQ'>;
  readonly vportctl?: XtTest<number>;
}

export const ipvsShape: XtShape = {
  name: 'ipvs',
  check: object<IpvsInfo>({
    ipvs: optional(boolean),
    vproto: optional(test(u8)),
    vaddr: optional(test(net)),
    vport: optional(test(u16)),
    vdir: optional(oneOf('original', 'reply')),
    vmethod: optional(test(oneOf('GATE', 'IPIP', 'MASQ'))),
    vportctl: optional(test(u16)),
  }),
};
