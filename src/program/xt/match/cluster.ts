import { boolean, object } from '../../schema.ts';
import { u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_cluster_match_info; bit n of the mask is node n + 1. */
export interface ClusterInfo {
  readonly totalNodes: number;
  readonly nodeMask: number;
  readonly hashSeed: number;
  readonly invert: boolean;
}

export const clusterShape: XtShape = {
  name: 'cluster',
  check: object<ClusterInfo>({
    totalNodes: u32,
    nodeMask: u32,
    hashSeed: u32,
    invert: boolean,
  }),
};
