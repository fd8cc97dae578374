import { object } from '../../schema.ts';
import { u8 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_tos_target_info: the field becomes (old & ~mask) ^ value. */
export interface TosTargetInfo {
  readonly tosValue: number;
  readonly tosMask: number;
}

export const tosTargetShape: XtShape = {
  name: 'TOS',
  check: object<TosTargetInfo>({ tosValue: u8, tosMask: u8 }),
};
