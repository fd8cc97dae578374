// dscp: the differentiated services field (libxt_dscp.c).

import type { DscpInfo } from '../../program/index.ts';
import {
  bang,
  dscpClass,
  extension,
  flagText,
  hexText,
  IP_FAMILIES,
  uint,
  unequal,
  wrong,
} from '../extension/index.ts';

export const dscp = extension<DscpInfo>({
  kind: 'match',
  name: 'dscp',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'dscp',
      parse: uint(63),
      negatable: true,
      excludes: ['dscp-class'],
      about: 'value  of the field',
    },
    {
      name: 'dscp-class',
      parse: dscpClass,
      negatable: true,
      excludes: ['dscp'],
      about: 'class  BE, EF, CSx or AFxx',
    },
  ],
  build(given) {
    const value = given.value<number>('dscp') ?? given.value<number>('dscp-class');
    if (value === undefined) return wrong('dscp needs --dscp or --dscp-class');
    return { dscp: value, invert: given.negated('dscp') || given.negated('dscp-class') };
  },
  save: ({ dscp: value, invert }) => `${flagText('dscp', invert)} ${hexText(value, 2)}`,
  list: ({ dscp: value, invert }) => `DSCP match ${bang(invert)}${hexText(value, 2)}`,
  translate: ({ dscp: value, invert }, { family }) =>
    `${family} dscp ${unequal(invert)}${hexText(value, 2)}`,
});
