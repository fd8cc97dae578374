// DSCP: the differentiated services code point (libxt_DSCP.c).

import type { DscpTargetInfo } from '../../program/index.ts';
import { dscpClass, extension, hexText, IP_FAMILIES, uint, wrong } from '../extension/index.ts';

export const dscp = extension<DscpTargetInfo>({
  kind: 'target',
  name: 'DSCP',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'set-dscp',
      parse: uint(63),
      excludes: ['set-dscp-class'],
      about: 'value  code point from 0 to 63',
    },
    {
      name: 'set-dscp-class',
      parse: dscpClass,
      excludes: ['set-dscp'],
      about: 'class  BE, EF, CS0 to CS7 or AF11 to AF43',
    },
  ],
  build: (given) => {
    const value = given.value<number>('set-dscp') ?? given.value<number>('set-dscp-class');
    return value === undefined
      ? wrong('DSCP needs --set-dscp or --set-dscp-class')
      : { dscp: value };
  },
  save: (info) => `--set-dscp ${hexText(info.dscp, 2)}`,
  list: (info) => `DSCP set ${hexText(info.dscp, 2)}`,
  translate: (info, { family }) => `${family} dscp set ${hexText(info.dscp, 2)}`,
});
