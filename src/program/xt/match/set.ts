import { boolean, object, oneOf, optional } from '../../schema.ts';
import { u64 } from '../checks.ts';
import type { XtShape } from '../info.ts';
import { type XtSet, xtSet } from '../set.ts';

/** struct ip_set_counter_match: the counter of the entry has to be so. */
export interface SetCounter {
  readonly op: 'eq' | 'ne' | 'lt' | 'gt';
  /** In decimal, of 64 bits. */
  readonly value: string;
}

/** struct xt_set_info_match_v4 */
export interface SetInfo {
  readonly matchSet: XtSet;
  readonly invert: boolean;
  readonly returnNomatch: boolean;
  readonly updateCounters: boolean;
  readonly updateSubcounters: boolean;
  readonly packets?: SetCounter;
  readonly bytes?: SetCounter;
}

const counter = object<SetCounter>({ op: oneOf('eq', 'ne', 'lt', 'gt'), value: u64 });

export const setShape: XtShape = {
  name: 'set',
  check: object<SetInfo>({
    matchSet: xtSet,
    invert: boolean,
    returnNomatch: boolean,
    updateCounters: boolean,
    updateSubcounters: boolean,
    packets: optional(counter),
    bytes: optional(counter),
  }),
};
