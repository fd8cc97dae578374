// tcpmss: the maximum segment size a SYN asks for (libxt_tcpmss.c).

import type { TcpmssInfo, XtRange } from '../../program/index.ts';
import {
  bang,
  extension,
  flagText,
  IP_FAMILIES,
  rangeNft,
  rangeText,
  U16_MAX,
  uintRange,
} from '../extension/index.ts';

export const tcpmss = extension<TcpmssInfo>({
  kind: 'match',
  name: 'tcpmss',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'mss',
      parse: uintRange(U16_MAX),
      negatable: true,
      mandatory: true,
      about: 'size[:size]  of segments',
    },
  ],
  build: (given) => ({ mss: given.value<XtRange>('mss')!, invert: given.negated('mss') }),
  save: ({ mss, invert }) => `${flagText('mss', invert)} ${rangeText(mss)}`,
  list: ({ mss, invert }) => `tcpmss match ${bang(invert)}${rangeText(mss)}`,
  // nft's `!=` does not match segments without the option.
  translate: ({ mss, invert }, { exact }) =>
    invert && exact
      ? { unless: [rangeNft('tcp option maxseg size', mss, false)] }
      : rangeNft('tcp option maxseg size', mss, invert),
});
