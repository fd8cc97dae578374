// cluster: the node of a cluster that a connection falls to (libxt_cluster.c).

import type { ClusterInfo } from '../../program/index.ts';
import {
  bang,
  extension,
  flagText,
  hexText,
  IP_FAMILIES,
  U32_MAX,
  uint,
  unequal,
  wrong,
} from '../extension/index.ts';

/** XT_CLUSTER_NODES_MAX */
const MAX_NODES = 32;

const nodesOf = (mask: number): readonly number[] =>
  Array.from({ length: MAX_NODES }, (_, i) => i + 1).filter((n) => ((mask >>> (n - 1)) & 1) === 1);

export const cluster = extension<ClusterInfo>({
  kind: 'match',
  name: 'cluster',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'cluster-total-nodes',
      parse: uint(MAX_NODES, 1),
      mandatory: true,
      about: 'number  of nodes',
    },
    {
      name: 'cluster-local-node',
      parse: uint(MAX_NODES, 1),
      negatable: true,
      excludes: ['cluster-local-nodemask'],
      about: 'number  of this node',
    },
    {
      name: 'cluster-local-nodemask',
      parse: uint(U32_MAX, 1),
      negatable: true,
      excludes: ['cluster-local-node'],
      about: 'mask  of nodes that are here',
    },
    {
      name: 'cluster-hash-seed',
      parse: uint(U32_MAX),
      mandatory: true,
      about: 'number  all nodes have in common',
    },
  ],
  build(given) {
    const totalNodes = given.value<number>('cluster-total-nodes') ?? 0;
    const node = given.value<number>('cluster-local-node');
    const mask = given.value<number>('cluster-local-nodemask');
    if (node === undefined && mask === undefined)
      return wrong('cluster needs --cluster-local-node or --cluster-local-nodemask');
    const nodeMask = mask ?? 2 ** (node! - 1);
    if (nodeMask >= 2 ** totalNodes) wrong(`there are only ${totalNodes} nodes`);
    return {
      totalNodes,
      nodeMask,
      hashSeed: given.value<number>('cluster-hash-seed') ?? 0,
      invert: given.negated('cluster-local-node') || given.negated('cluster-local-nodemask'),
    };
  },
  save: (info) =>
    `${flagText('cluster-local-nodemask', info.invert)} ${hexText(info.nodeMask, 8)} ` +
    `--cluster-total-nodes ${info.totalNodes} --cluster-hash-seed ${hexText(info.hashSeed, 8)}`,
  list: (info) =>
    `cluster ${bang(info.invert)}node_mask=${hexText(info.nodeMask, 8)} total_nodes=${info.totalNodes} hash_seed=${hexText(info.hashSeed, 8)}`,
  translate(info, { near }) {
    const nodes = nodesOf(info.nodeMask);
    const one = `${info.invert ? '!=' : 'eq'} ${nodes[0]}`;
    const which = nodes.length === 1 ? one : `${unequal(info.invert)}{ ${nodes.join(', ')} }`;
    const hash = `jhash ct original saddr mod ${info.totalNodes} seed ${hexText(info.hashSeed, 8)}`;
    return near(
      `${hash} ${which} meta pkttype set host`,
      "an announced connection goes by its own address, not by its master's, and the type of the packet becomes host whatever it was",
    );
  },
});
