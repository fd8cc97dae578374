import { object } from '../../schema.ts';
import { u16 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** XT_TCPMSS_CLAMP_PMTU: as much as the ways there and back carry. */
export const XT_TCPMSS_CLAMP_PMTU = 0xffff;

/** struct xt_tcpmss_info. */
export interface TcpmssTargetInfo {
  readonly mss: number;
}

export const tcpmssTargetShape: XtShape = {
  name: 'TCPMSS',
  check: object<TcpmssTargetInfo>({ mss: u16 }),
};
