import { list, object } from '../../schema.ts';
import { u8 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_tcpoptstrip_target_info: the numbers of its bitmap, ascending. */
export interface TcpoptstripInfo {
  readonly options: readonly number[];
}

export const tcpoptstripShape: XtShape = {
  name: 'TCPOPTSTRIP',
  check: object<TcpoptstripInfo>({ options: list(u8) }),
};
