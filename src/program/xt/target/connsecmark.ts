import { object, oneOf } from '../../schema.ts';
import type { XtShape } from '../info.ts';

/** struct xt_connsecmark_target_info. */
export interface ConnsecmarkInfo {
  readonly mode: 'save' | 'restore';
}

export const connsecmarkShape: XtShape = {
  name: 'CONNSECMARK',
  check: object<ConnsecmarkInfo>({ mode: oneOf('save', 'restore') }),
};
