import { boolean, integer, object, string } from '../../schema.ts';
import type { XtShape } from '../info.ts';

/** struct xt_led_info; `delay` in milliseconds, -1 for ever. */
export interface LedInfo {
  readonly id: string;
  readonly delay: number;
  readonly alwaysBlink: boolean;
}

export const ledShape: XtShape = {
  name: 'LED',
  check: object<LedInfo>({ id: string, delay: integer(-1, 0xffffffff), alwaysBlink: boolean }),
};
