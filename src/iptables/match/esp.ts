// esp: the encapsulating security payload (libxt_esp.c).

import type { EspInfo, XtRange } from '../../program/index.ts';
import {
  extension,
  IP_FAMILIES,
  isFull,
  numbersListed,
  rangeFlag,
  rangeNft,
  U32_MAX,
  uintRange,
  words,
} from '../extension/index.ts';

export const esp = extension<EspInfo>({
  kind: 'match',
  name: 'esp',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'espspi',
      parse: uintRange(U32_MAX),
      negatable: true,
      about: 'spi[:spi]  security parameters index, or a range',
    },
  ],
  build: (given) => ({
    spis: given.value<XtRange>('espspi') ?? { min: 0, max: U32_MAX },
    invert: given.negated('espspi'),
  }),
  save: ({ spis, invert }) => rangeFlag('espspi', spis, invert, U32_MAX),
  list: ({ spis, invert }) => words('esp', numbersListed('spi', spis, invert)),
  translate: ({ spis, invert }) =>
    isFull(spis, U32_MAX) && !invert ? 'meta l4proto esp' : rangeNft('esp spi', spis, invert),
});
