import { boolean, object, oneOf, optional, string } from '../../schema.ts';
import { u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_rateest_match_info. Bytes and packets per second; `second` is another estimator, or absent where the rates are numbers. */
export interface RateestInfo {
  readonly first: string;
  readonly second?: string;
  readonly mode: 'lt' | 'gt' | 'eq';
  readonly invert: boolean;
  readonly delta: boolean;
  readonly bps: boolean;
  readonly pps: boolean;
  readonly bps1: number;
  readonly bps2: number;
  readonly pps1: number;
  readonly pps2: number;
}

export const rateestShape: XtShape = {
  name: 'rateest',
  check: object<RateestInfo>({
    first: string,
    second: optional(string),
    mode: oneOf('lt', 'gt', 'eq'),
    invert: boolean,
    delta: boolean,
    bps: boolean,
    pps: boolean,
    bps1: u32,
    bps2: u32,
    pps1: u32,
    pps2: u32,
  }),
};
