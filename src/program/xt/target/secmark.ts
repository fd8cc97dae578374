import { object, string } from '../../schema.ts';
import type { XtShape } from '../info.ts';

/** struct xt_secmark_target_info_v1, mode SECMARK_MODE_SEL. */
export interface SecmarkInfo {
  readonly secctx: string;
}

export const secmarkShape: XtShape = {
  name: 'SECMARK',
  check: object<SecmarkInfo>({ secctx: string }),
};
