import { boolean, hex, object } from '../../schema.ts';
import type { XtShape } from '../info.ts';

/** struct xt_mac_info. */
export interface MacInfo {
  readonly address: string;
  readonly invert: boolean;
}

export const macShape: XtShape = {
  name: 'mac',
  check: object<MacInfo>({
    address: hex,
    invert: boolean,
  }),
};
