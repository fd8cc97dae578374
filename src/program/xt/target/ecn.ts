import { integer, object } from '../../schema.ts';
import { u8 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct ipt_ECN_info; `operation` are IPT_ECN_OP_*, `ipEct` two bits of the ECN field. */
export interface EcnTargetInfo {
  readonly operation: number;
  readonly ipEct: number;
  readonly ece: number;
  readonly cwr: number;
}

const bit = integer(0, 1);

export const ecnTargetShape: XtShape = {
  name: 'ECN',
  check: object<EcnTargetInfo>({ operation: u8, ipEct: u8, ece: bit, cwr: bit }),
};
