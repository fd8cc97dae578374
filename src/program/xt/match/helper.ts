import { boolean, object, string } from '../../schema.ts';
import type { XtShape } from '../info.ts';

/** struct xt_helper_info; an empty name is any helper. */
export interface HelperInfo {
  readonly name: string;
  readonly invert: boolean;
}

export const helperShape: XtShape = {
  name: 'helper',
  check: object<HelperInfo>({
    name: string,
    invert: boolean,
  }),
};
