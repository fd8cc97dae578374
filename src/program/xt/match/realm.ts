import { boolean, object } from '../../schema.ts';
import { u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_realm_info. */
export interface RealmInfo {
  readonly id: number;
  readonly mask: number;
  readonly invert: boolean;
}

export const realmShape: XtShape = {
  name: 'realm',
  check: object<RealmInfo>({
    id: u32,
    mask: u32,
    invert: boolean,
  }),
};
