import { boolean, object } from '../../schema.ts';
import { range, u8 } from '../checks.ts';
import type { XtRange, XtShape } from '../info.ts';

/** struct ipt_icmp; type 255 is any. */
export interface IcmpInfo {
  readonly type: number;
  readonly code: XtRange;
  readonly invert: boolean;
}

export const icmpShape: XtShape = {
  name: 'icmp',
  check: object<IcmpInfo>({
    type: u8,
    code: range(u8),
    invert: boolean,
  }),
};
