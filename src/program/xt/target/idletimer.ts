import { boolean, object, string } from '../../schema.ts';
import { u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct idletimer_tg_info_v1; `alarm` is timer_type XT_IDLETIMER_ALARM. */
export interface IdletimerInfo {
  readonly timeout: number;
  readonly label: string;
  readonly alarm: boolean;
}

export const idletimerShape: XtShape = {
  name: 'IDLETIMER',
  check: object<IdletimerInfo>({ timeout: u32, label: string, alarm: boolean }),
};
