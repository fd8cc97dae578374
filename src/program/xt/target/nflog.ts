import { boolean, object, string } from '../../schema.ts';
import { u16, u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_nflog_info; `size` is XT_NFLOG_F_COPY_LEN, without which `len` means nothing. */
export interface NflogInfo {
  readonly group: number;
  readonly len: number;
  readonly size: boolean;
  readonly threshold: number;
  readonly prefix: string;
}

export const nflogShape: XtShape = {
  name: 'NFLOG',
  check: object<NflogInfo>({ group: u16, len: u32, size: boolean, threshold: u16, prefix: string }),
};
