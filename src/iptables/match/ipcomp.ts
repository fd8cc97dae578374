// ipcomp: the compression header (libxt_ipcomp.c).

import type { IpcompInfo, XtRange } from '../../program/index.ts';
import {
  extension,
  IP_FAMILIES,
  isFull,
  numbersListed,
  rangeFlag,
  rangeNft,
  U16_MAX,
  U32_MAX,
  uintRange,
  words,
} from '../extension/index.ts';

export const ipcomp = extension<IpcompInfo>({
  kind: 'match',
  name: 'ipcomp',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'ipcompspi',
      parse: uintRange(U32_MAX),
      negatable: true,
      about: 'cpi[:cpi]  compression parameter index, or a range',
    },
    { name: 'compres', about: 'the reserved field is filled' },
  ],
  build: (given) => ({
    spis: given.value<XtRange>('ipcompspi') ?? { min: 0, max: 0 },
    invert: given.negated('ipcompspi'),
    hdrres: given.has('compres'),
  }),
  save: ({ spis, invert, hdrres }) =>
    words(rangeFlag('ipcompspi', spis, invert, U32_MAX), hdrres && '--compres'),
  list: ({ spis, invert, hdrres }) =>
    words('comp', numbersListed('spi', spis, invert), hdrres && 'reserved'),
  translate({ spis, invert }, { exact }) {
    if (isFull(spis, U32_MAX) && !invert) return 'meta l4proto comp';
    if (exact && spis.min > U16_MAX) return undefined;
    // The field has 16 bits.
    const max = exact ? Math.min(spis.max, U16_MAX) : spis.max;
    return rangeNft('comp cpi', { ...spis, max }, invert);
  },
});
