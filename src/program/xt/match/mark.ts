import { boolean, object } from '../../schema.ts';
import { u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_mark_mtinfo1. */
export interface MarkInfo {
  readonly mark: number;
  readonly mask: number;
  readonly invert: boolean;
}

export const markShape: XtShape = {
  name: 'mark',
  check: object<MarkInfo>({
    mark: u32,
    mask: u32,
    invert: boolean,
  }),
};
