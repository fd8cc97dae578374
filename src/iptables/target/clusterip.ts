// CLUSTERIP: several hosts that share an address (libipt_CLUSTERIP.c). Linux dropped it in 6.9.

import type { ClusteripInfo } from '../../program/index.ts';
import { extension, mac, macText, uint, words, wrong } from '../extension/index.ts';

const HASH_MODES: readonly string[] = [
  'sourceip',
  'sourceip-sourceport',
  'sourceip-sourceport-destport',
];
const NEEDS = ['new'];
/** CLUSTERIP_MAX_NODES */
const MAX_NODES = 16;

export const clusterip = extension<ClusteripInfo>({
  kind: 'target',
  name: 'CLUSTERIP',
  families: ['ip'],
  rev: 0,
  options: [
    { name: 'new', about: 'make the cluster' },
    {
      name: 'hashmode',
      needs: NEEDS,
      parse: ([word = '']) =>
        HASH_MODES.includes(word) ? word : wrong(`unknown hash mode "${word}"`),
      about: 'sourceip[-sourceport[-destport]]  what nodes share the load by',
    },
    {
      name: 'clustermac',
      needs: NEEDS,
      parse: (given, cx) => {
        const address = mac(given, cx) as string;
        const group = (Number.parseInt(address.slice(0, 2), 16) & 1) === 1;
        return group ? address : wrong(`the MAC address has to be a multicast address`);
      },
      about: 'mac  multicast address all nodes listen to',
    },
    { name: 'total-nodes', needs: NEEDS, parse: uint(MAX_NODES, 1), about: 'number of nodes' },
    { name: 'local-node', needs: NEEDS, parse: uint(MAX_NODES, 1), about: 'number of this node' },
    { name: 'hash-init', needs: NEEDS, parse: uint(0xffffffff), about: 'start of the hash' },
  ],
  build: (given) => {
    const isNew = given.has('new');
    const all = ['hashmode', 'clustermac', 'total-nodes', 'local-node'];
    if (isNew && !all.every((name) => given.has(name)))
      return wrong('not enough for a new cluster');
    const node = given.value<number>('local-node');
    return {
      isNew,
      hashMode: given.value<ClusteripInfo['hashMode']>('hashmode') ?? 'sourceip',
      clustermac: given.value<string>('clustermac') ?? '000000000000',
      numTotalNodes: given.value<number>('total-nodes') ?? 0,
      localNodes: node === undefined ? [] : [node],
      hashInitval: given.value<number>('hash-init') ?? 0,
    };
  },
  save: (info) =>
    words(
      info.isNew &&
        `--new --hashmode ${info.hashMode} --clustermac ${macText(info.clustermac).toUpperCase()} --total-nodes ${info.numTotalNodes} --local-node ${info.localNodes.join(',')} --hash-init ${info.hashInitval}`,
    ),
  list: (info) =>
    info.isNew
      ? `CLUSTERIP hashmode=${info.hashMode} clustermac=${macText(info.clustermac).toUpperCase()} ` +
        `total_nodes=${info.numTotalNodes} local_node=${info.localNodes[0]} hash_init=${info.hashInitval}`
      : 'CLUSTERIP',
  translate: (_, { leave }) => leave('Linux has CLUSTERIP no more'),
});
