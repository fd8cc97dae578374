// osf: the operating system that a SYN looks like (libxt_osf.c).

import type { OsfInfo } from '../../program/index.ts';
import {
  bangWord,
  defined,
  extension,
  flagText,
  text,
  uint,
  unequal,
  words,
} from '../extension/index.ts';

/** MAXGENRELEN */
const MAX_GENRE = 32;
const NFT_TTL = ['', 'loose', 'skip'] as const;

export const osf = extension<OsfInfo>({
  kind: 'match',
  name: 'osf',
  families: ['ip'],
  rev: 0,
  options: [
    {
      name: 'genre',
      parse: text(MAX_GENRE - 1, 'genre'),
      negatable: true,
      mandatory: true,
      about: 'name  of the system',
    },
    { name: 'ttl', parse: uint(2), about: '0|1|2  true, less or not looked at' },
    { name: 'log', parse: uint(2), about: '0|1|2  all, first or known' },
  ],
  build: (given) =>
    defined<OsfInfo>({
      genre: given.value<string>('genre') ?? '',
      invert: given.negated('genre'),
      ttl: given.value<number>('ttl'),
      log: given.value<number>('log'),
    }),
  save: ({ genre, invert, ttl, log }) =>
    words(
      `${flagText('genre', invert)} ${genre}`,
      ttl !== undefined && `--ttl ${ttl}`,
      log !== undefined && `--log ${log}`,
    ),
  list: ({ genre, invert }) => `OS fingerprint match ${bangWord(invert)}${genre}`,
  translate: ({ genre, invert, ttl = 0 }) =>
    words('osf', ttl !== 0 && `ttl ${NFT_TTL[ttl]}`, `name ${unequal(invert)}"${genre}"`),
});
