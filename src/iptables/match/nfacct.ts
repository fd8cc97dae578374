// nfacct: counts into an accounting object, which it matches unless that is a quota (libxt_nfacct.c).

import type { NfacctInfo } from '../../program/index.ts';
import { cutLine, extension, IP_FAMILIES, savedText, wordText } from '../extension/index.ts';

/** NFACCT_NAME_MAX without its terminator. */
const MAX_NAME = 31;

export const nfacct = extension<NfacctInfo>({
  kind: 'match',
  name: 'nfacct',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'nfacct-name',
      parse: cutLine(MAX_NAME),
      mandatory: true,
      about: 'name  of an accounting object',
    },
  ],
  build: (given) => ({ name: given.value<string>('nfacct-name') ?? '' }),
  save: ({ name }) => `--nfacct-name ${wordText(name)}`,
  list: ({ name }) => `nfacct-name ${savedText(name)}`,
});
