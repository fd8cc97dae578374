import { object } from '../../schema.ts';
import { u8, u16 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_synproxy_info; `options` are XT_SYNPROXY_OPT_*. */
export interface SynproxyInfo {
  readonly options: number;
  readonly wscale: number;
  readonly mss: number;
}

export const synproxyShape: XtShape = {
  name: 'SYNPROXY',
  check: object<SynproxyInfo>({ options: u8, wscale: u8, mss: u16 }),
};
