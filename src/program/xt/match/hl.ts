import { object, oneOf } from '../../schema.ts';
import { u8 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct ip6t_hl_info. */
export interface HlInfo {
  readonly mode: 'eq' | 'ne' | 'lt' | 'gt';
  readonly hopLimit: number;
}

export const hlShape: XtShape = {
  name: 'hl',
  check: object<HlInfo>({
    mode: oneOf('eq', 'ne', 'lt', 'gt'),
    hopLimit: u8,
  }),
};
