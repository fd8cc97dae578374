import { object, oneOf } from '../../schema.ts';
import { u8 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct ipt_ttl_info. */
export interface TtlInfo {
  readonly mode: 'eq' | 'ne' | 'lt' | 'gt';
  readonly ttl: number;
}

export const ttlShape: XtShape = {
  name: 'ttl',
  check: object<TtlInfo>({
    mode: oneOf('eq', 'ne', 'lt', 'gt'),
    ttl: u8,
  }),
};
