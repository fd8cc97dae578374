import { boolean, object } from '../../schema.ts';
import { u8, u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_time_info: seconds since 1970 and since midnight, days as bits. */
export interface TimeInfo {
  readonly dateStart: number;
  readonly dateStop: number;
  readonly daytimeStart: number;
  readonly daytimeStop: number;
  readonly monthdays: number;
  readonly weekdays: number;
  readonly kerneltz: boolean;
  readonly contiguous: boolean;
}

export const timeShape: XtShape = {
  name: 'time',
  check: object<TimeInfo>({
    dateStart: u32,
    dateStop: u32,
    daytimeStart: u32,
    daytimeStop: u32,
    monthdays: u32,
    weekdays: u8,
    kerneltz: boolean,
    contiguous: boolean,
  }),
};
