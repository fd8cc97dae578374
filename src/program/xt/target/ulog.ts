import { object, string } from '../../schema.ts';
import { u8, u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct ipt_ulog_info, with the group as its number. */
export interface UlogInfo {
  readonly nlGroup: number;
  readonly copyRange: number;
  readonly qthreshold: number;
  readonly prefix: string;
}

export const ulogShape: XtShape = {
  name: 'ULOG',
  check: object<UlogInfo>({ nlGroup: u8, copyRange: u32, qthreshold: u32, prefix: string }),
};
