// realm: the realm of the route (libipt_realm.c).

import type { RealmInfo } from '../../program/index.ts';
import {
  bangWord,
  extension,
  flagText,
  type MarkMask,
  maskedNft,
  maskedText,
  namedMask,
} from '../extension/index.ts';

export const realm = extension<RealmInfo>({
  kind: 'match',
  name: 'realm',
  families: ['ip'],
  rev: 0,
  options: [
    {
      name: 'realm',
      parse: namedMask('realm'),
      negatable: true,
      mandatory: true,
      about: 'value[/mask]  of the route',
    },
  ],
  build(given) {
    const { mark, mask } = given.value<MarkMask>('realm')!;
    return { id: mark, mask, invert: given.negated('realm') };
  },
  save: ({ id, mask, invert }) => `${flagText('realm', invert)} ${maskedText(id, mask)}`,
  list: ({ id, mask, invert }) => `${bangWord(invert)}realm ${maskedText(id, mask)}`,
  translate: ({ id, mask, invert }) => `rtclassid ${maskedNft(id, mask, invert)}`,
});
