import { object } from '../../schema.ts';
import { u16 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_NFQ_info_v3; `flags` are NFQ_FLAG_BYPASS 1 and NFQ_FLAG_CPU_FANOUT 2. */
export interface NfqueueInfo {
  readonly queuenum: number;
  readonly queuesTotal: number;
  readonly flags: number;
}

export const nfqueueShape: XtShape = {
  name: 'NFQUEUE',
  check: object<NfqueueInfo>({ queuenum: u16, queuesTotal: u16, flags: u16 }),
};
