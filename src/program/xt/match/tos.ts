import { boolean, object } from '../../schema.ts';
import { u8 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_tos_match_info. */
export interface TosInfo {
  readonly value: number;
  readonly mask: number;
  readonly invert: boolean;
}

export const tosShape: XtShape = {
  name: 'tos',
  check: object<TosInfo>({
    value: u8,
    mask: u8,
    invert: boolean,
  }),
};
