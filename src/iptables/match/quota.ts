// quota: so many bytes and no more (libxt_quota.c).

import type { QuotaInfo } from '../../program/index.ts';
import { extension, flagText, IP_FAMILIES, uint64 } from '../extension/index.ts';

export const quota = extension<QuotaInfo>({
  kind: 'match',
  name: 'quota',
  families: IP_FAMILIES,
  rev: 0,
  options: [{ name: 'quota', parse: uint64, negatable: true, mandatory: true, about: 'bytes' }],
  build: (given) => ({
    quota: given.value<string>('quota') ?? '0',
    invert: given.negated('quota'),
  }),
  save: ({ quota: bytes, invert }) => `${flagText('quota', invert)} ${bytes}`,
  list: ({ quota: bytes }) => `quota: ${bytes} bytes`,
  translate: ({ quota: bytes, invert }) => `quota ${invert ? 'over ' : ''}${bytes} bytes`,
});
