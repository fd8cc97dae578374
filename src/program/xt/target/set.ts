import { boolean, list, object, oneOf, optional } from '../../schema.ts';
import { u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';
import { type XtSet, xtSet } from '../set.ts';

/** struct xt_set_info_target_v3; `map` are what of the entry the packet gets. */
export interface SetTargetInfo {
  readonly addSet?: XtSet;
  readonly delSet?: XtSet;
  readonly mapSet?: XtSet;
  readonly exist: boolean;
  /** Seconds; absent takes the set's. */
  readonly timeout?: number;
  readonly map: readonly ('mark' | 'prio' | 'queue')[];
}

export const setTargetShape: XtShape = {
  name: 'SET',
  check: object<SetTargetInfo>({
    addSet: optional(xtSet),
    delSet: optional(xtSet),
    mapSet: optional(xtSet),
    exist: boolean,
    timeout: optional(u32),
    map: list(oneOf('mark', 'prio', 'queue')),
  }),
};
