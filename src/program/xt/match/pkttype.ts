import { boolean, object } from '../../schema.ts';
import { u8 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_pkttype_info: PACKET_*. */
export interface PkttypeInfo {
  readonly pkttype: number;
  readonly invert: boolean;
}

export const pkttypeShape: XtShape = {
  name: 'pkttype',
  check: object<PkttypeInfo>({
    pkttype: u8,
    invert: boolean,
  }),
};
