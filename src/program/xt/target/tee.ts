import { object, string } from '../../schema.ts';
import { bytes } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_tee_tginfo; `oif` is empty where routing chooses. */
export interface TeeInfo {
  readonly gw: string;
  readonly oif: string;
}

export const teeShape: XtShape = {
  name: 'TEE',
  check: object<TeeInfo>({ gw: bytes(4, 16), oif: string }),
};
