import { object, string } from '../../schema.ts';
import { u8 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_log_info; `logflags` are XT_LOG_*. */
export interface LogInfo {
  readonly level: number;
  readonly logflags: number;
  readonly prefix: string;
}

export const logShape: XtShape = {
  name: 'LOG',
  check: object<LogInfo>({ level: u8, logflags: u8, prefix: string }),
};
