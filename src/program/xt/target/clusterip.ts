import { boolean, list, object, oneOf } from '../../schema.ts';
import { bytes, u16, u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct ipt_clusterip_tgt_info; all but `isNew` is only set for the rule that makes the cluster. */
export interface ClusteripInfo {
  readonly isNew: boolean;
  readonly hashMode: 'sourceip' | 'sourceip-sourceport' | 'sourceip-sourceport-destport';
  readonly clustermac: string;
  readonly numTotalNodes: number;
  readonly localNodes: readonly number[];
  readonly hashInitval: number;
}

export const clusteripShape: XtShape = {
  name: 'CLUSTERIP',
  check: object<ClusteripInfo>({
    isNew: boolean,
    hashMode: oneOf('sourceip', 'sourceip-sourceport', 'sourceip-sourceport-destport'),
    clustermac: bytes(6),
    numTotalNodes: u16,
    localNodes: list(u16),
    hashInitval: u32,
  }),
};
