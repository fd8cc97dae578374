import { boolean, object } from '../../schema.ts';
import { range, u8 } from '../checks.ts';
import type { XtRange, XtShape } from '../info.ts';

/** struct ip6t_icmp. */
export interface Icmp6Info {
  readonly type: number;
  readonly code: XtRange;
  readonly invert: boolean;
}

export const icmp6Shape: XtShape = {
  name: 'icmp6',
  check: object<Icmp6Info>({
    type: u8,
    code: range(u8),
    invert: boolean,
  }),
};
