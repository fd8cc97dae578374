import { object } from '../../schema.ts';
import { u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_classify_target_info: a traffic class, major in the upper 16 bits. */
export interface ClassifyInfo {
  readonly priority: number;
}

export const classifyShape: XtShape = {
  name: 'CLASSIFY',
  check: object<ClassifyInfo>({ priority: u32 }),
};
