import { boolean, object } from '../../schema.ts';
import { u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_connmark_mtinfo1. */
export interface ConnmarkInfo {
  readonly mark: number;
  readonly mask: number;
  readonly invert: boolean;
}

export const connmarkShape: XtShape = {
  name: 'connmark',
  check: object<ConnmarkInfo>({
    mark: u32,
    mask: u32,
    invert: boolean,
  }),
};
