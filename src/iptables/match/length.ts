// length: bytes of the packet from its network header on (libxt_length.c).

import type { LengthInfo, XtRange } from '../../program/index.ts';
import {
  bang,
  extension,
  flagText,
  IP_FAMILIES,
  rangeText,
  uintRange,
} from '../extension/index.ts';

export const length = extension<LengthInfo>({
  kind: 'match',
  name: 'length',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'length',
      parse: uintRange(0xffff),
      negatable: true,
      mandatory: true,
      about: 'length[:length]  length of the packet, or a range',
    },
  ],
  build: (given) => ({
    ...(given.value<XtRange>('length') ?? { min: 0, max: 0 }),
    invert: given.negated('length'),
  }),
  save: (info) => `${flagText('length', info.invert)} ${rangeText(info)}`,
  list: (info) => `length ${bang(info.invert)}${rangeText(info)}`,
  translate: (info) => `meta length ${info.invert ? '!= ' : ''}${rangeText(info, '-')}`,
});
