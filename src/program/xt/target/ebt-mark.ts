import { object, oneOf } from '../../schema.ts';
import { u32 } from '../checks.ts';
import { type EbtVerdict, ebtVerdict } from '../ebt.ts';
import type { XtShape } from '../info.ts';

/** struct ebt_mark_t_info */
export interface EbtMarkInfo {
  readonly action: 'set' | 'or' | 'and' | 'xor';
  readonly mark: number;
  readonly target: EbtVerdict;
}

export const ebtMarkShape: XtShape = {
  name: 'mark',
  check: object<EbtMarkInfo>({
    action: oneOf('set', 'or', 'and', 'xor'),
    mark: u32,
    target: ebtVerdict,
  }),
};
