import type { U64 } from '../../ipset.ts';
import { boolean, object } from '../../schema.ts';
import { u64 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_quota_info: bytes that are left. */
export interface QuotaInfo {
  readonly quota: U64;
  readonly invert: boolean;
}

export const quotaShape: XtShape = {
  name: 'quota',
  check: object<QuotaInfo>({
    quota: u64,
    invert: boolean,
  }),
};
