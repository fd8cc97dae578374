// helper: the helper that announced the connection (libxt_helper.c).

import type { HelperInfo } from '../../program/index.ts';
import {
  bangWord,
  cut,
  extension,
  flagText,
  IP_FAMILIES,
  savedText,
  unequal,
} from '../extension/index.ts';

/** sizeof(struct xt_helper_info.name) without its terminator. */
const MAX_NAME = 29;

export const helper = extension<HelperInfo>({
  kind: 'match',
  name: 'helper',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'helper',
      parse: cut(MAX_NAME),
      negatable: true,
      mandatory: true,
      about: 'name  of a helper',
    },
  ],
  build: (given) => ({
    name: given.value<string>('helper') ?? '',
    invert: given.negated('helper'),
  }),
  save: ({ name, invert }) => `${flagText('helper', invert)} ${savedText(name)}`,
  list: ({ name, invert }) => `helper match ${bangWord(invert)}"${name}"`,
  // nft's `!=` does not match connections without any helper.
  translate: ({ name, invert }, { exact }) =>
    invert && exact ? undefined : `ct helper ${unequal(invert)}"${name}"`,
});
