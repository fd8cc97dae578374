import { boolean, object, oneOf } from '../../schema.ts';
import { u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct ebt_mark_m_info: bits compared with `mark`, or whether any of the mask is set. */
export interface EbtMarkMatchInfo {
  readonly test: 'and' | 'or';
  readonly mark: number;
  readonly mask: number;
  readonly invert: boolean;
}

export const ebtMarkMatchShape: XtShape = {
  name: 'mark_m',
  check: object<EbtMarkMatchInfo>({
    test: oneOf('and', 'or'),
    mark: u32,
    mask: u32,
    invert: boolean,
  }),
};
