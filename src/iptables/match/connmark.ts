// connmark: the mark of the connection (libxt_connmark.c).

import type { ConnmarkInfo } from '../../program/index.ts';
import {
  extension,
  flagText,
  IP_FAMILIES,
  type MarkMask,
  markMask,
  maskedNft,
  maskedText,
} from '../extension/index.ts';

export const connmark = extension<ConnmarkInfo>({
  kind: 'match',
  name: 'connmark',
  families: IP_FAMILIES,
  rev: 1,
  options: [
    {
      name: 'mark',
      parse: markMask,
      negatable: true,
      mandatory: true,
      about: 'value[/mask]  mark of the connection',
    },
  ],
  build: (given) => ({ ...given.value<MarkMask>('mark')!, invert: given.negated('mark') }),
  save: ({ mark, mask, invert }) => `${flagText('mark', invert)} ${maskedText(mark, mask)}`,
  // Two blanks where nothing is negated.
  list: ({ mark, mask, invert }) => `connmark match ${invert ? '!' : ''} ${maskedText(mark, mask)}`,
  translate: ({ mark, mask, invert }) => `ct mark ${maskedNft(mark, mask, invert)}`,
});
