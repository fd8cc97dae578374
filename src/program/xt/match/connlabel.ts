import { boolean, integer, object } from '../../schema.ts';
import type { XtShape } from '../info.ts';

/** struct xt_connlabel_mtinfo. */
export interface ConnlabelInfo {
  readonly bit: number;
  readonly invert: boolean;
  readonly set: boolean;
}

export const connlabelShape: XtShape = {
  name: 'connlabel',
  check: object<ConnlabelInfo>({
    bit: integer(0, 127),
    invert: boolean,
    set: boolean,
  }),
};
