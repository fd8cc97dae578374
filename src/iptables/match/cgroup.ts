// cgroup: the control group of the local socket (libxt_cgroup.c).

import type { CgroupInfo } from '../../program/index.ts';
import {
  bangWord,
  defined,
  extension,
  flagText,
  IP_FAMILIES,
  savedText,
  text,
  U32_MAX,
  uint,
  unequal,
  wrong,
} from '../extension/index.ts';

/** XT_CGROUP_PATH_MAX */
const MAX_PATH = 512;

export const cgroup = extension<CgroupInfo>({
  kind: 'match',
  name: 'cgroup',
  families: IP_FAMILIES,
  rev: 2,
  options: [
    {
      name: 'cgroup',
      parse: uint(U32_MAX),
      negatable: true,
      excludes: ['path'],
      about: 'classid  of net_cls',
    },
    {
      name: 'path',
      parse: text(MAX_PATH - 1, 'path'),
      negatable: true,
      excludes: ['cgroup'],
      about: 'path  relative to the root of cgroup2',
    },
  ],
  build(given) {
    if (!given.has('cgroup') && !given.has('path')) wrong('cgroup needs --cgroup or --path');
    return defined<CgroupInfo>({
      classid: given.value<number>('cgroup'),
      path: given.value<string>('path'),
      invert: given.negated('cgroup') || given.negated('path'),
    });
  },
  save: ({ classid, path, invert }) =>
    path === undefined
      ? `${flagText('cgroup', invert)} ${classid ?? 0}`
      : `${flagText('path', invert)} ${savedText(path)}`,
  list: ({ classid, path, invert }) => `cgroup ${bangWord(invert)}${path ?? classid ?? 0}`,
  translate: ({ classid, path, invert }, { leave }) =>
    path === undefined
      ? `meta cgroup ${unequal(invert)}${classid ?? 0}`
      : leave('nft takes the number that the path has where the file is loaded'),
});
