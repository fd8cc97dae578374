import { object } from '../../schema.ts';
import { u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_mark_tginfo2: the mark becomes (old & ~mask) ^ mark. */
export interface MarkTargetInfo {
  readonly mark: number;
  readonly mask: number;
}

export const markTargetShape: XtShape = {
  name: 'MARK',
  check: object<MarkTargetInfo>({ mark: u32, mask: u32 }),
};
