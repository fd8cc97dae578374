import { boolean, object } from '../../schema.ts';
import { range, u32 } from '../checks.ts';
import type { XtRange, XtShape } from '../info.ts';

/** struct ip6t_frag; flags as IP6T_FRAG_*. */
export interface FragInfo {
  readonly ids: XtRange;
  readonly invertId: boolean;
  readonly hdrlen: number;
  readonly lenGiven: boolean;
  readonly invertLen: boolean;
  readonly res: boolean;
  readonly first: boolean;
  readonly more: boolean;
  readonly last: boolean;
}

export const fragShape: XtShape = {
  name: 'frag',
  check: object<FragInfo>({
    ids: range(u32),
    invertId: boolean,
    hdrlen: u32,
    lenGiven: boolean,
    invertLen: boolean,
    res: boolean,
    first: boolean,
    more: boolean,
    last: boolean,
  }),
};
