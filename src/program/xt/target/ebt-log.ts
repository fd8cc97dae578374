import { object, string } from '../../schema.ts';
import { u8, u16, u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct ebt_log_info; `bitmask` are EBT_LOG_*. */
export interface EbtLogInfo {
  readonly loglevel: number;
  readonly bitmask: number;
  readonly prefix: string;
}

/** struct ebt_nflog_info */
export interface EbtNflogInfo {
  readonly group: number;
  readonly len: number;
  readonly threshold: number;
  readonly prefix: string;
}

export const EBT_LOG_SHAPES: readonly XtShape[] = [
  { name: 'log', check: object<EbtLogInfo>({ loglevel: u8, bitmask: u32, prefix: string }) },
  {
    name: 'nflog',
    check: object<EbtNflogInfo>({ group: u16, len: u32, threshold: u16, prefix: string }),
  },
];
