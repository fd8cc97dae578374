import { object, string } from '../../schema.ts';
import { u8, u16 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_ct_target_info_v1; `flags` are XT_CT_*, events bits 1 << IPCT_* and 1 << IPEXP_*. */
export interface CtInfo {
  readonly flags: number;
  readonly zone: number;
  readonly ctEvents: number;
  readonly expEvents: number;
  /** Names, empty for none. */
  readonly helper: string;
  readonly timeout: string;
}

export const ctShape: XtShape = {
  name: 'CT',
  check: object<CtInfo>({
    flags: u8,
    zone: u16,
    ctEvents: u16,
    expEvents: u16,
    helper: string,
    timeout: string,
  }),
};
