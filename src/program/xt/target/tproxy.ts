import { object } from '../../schema.ts';
import { bytes, u16, u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_tproxy_target_info_v1; an address or port of zero leaves the packet's own. */
export interface TproxyInfo {
  readonly markMask: number;
  readonly markValue: number;
  readonly laddr: string;
  readonly lport: number;
}

export const tproxyShape: XtShape = {
  name: 'TPROXY',
  check: object<TproxyInfo>({ markMask: u32, markValue: u32, laddr: bytes(4, 16), lport: u16 }),
};
