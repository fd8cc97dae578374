import { boolean, integer, object, oneOf } from '../../schema.ts';
import { u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_statistic_info. `probability` is of 2^31; `every` is one less than written, `packet` the counter it starts from. */
export interface StatisticInfo {
  readonly mode: 'random' | 'nth';
  readonly invert: boolean;
  readonly probability: number;
  readonly every: number;
  readonly packet: number;
  /** Where the counter stands. */
  readonly count: number;
}

export const statisticShape: XtShape = {
  name: 'statistic',
  check: object<StatisticInfo>({
    mode: oneOf('random', 'nth'),
    invert: boolean,
    probability: integer(0, 0x80000000),
    every: u32,
    packet: u32,
    count: u32,
  }),
};
