// SNAT: a new source (libxt_NAT.c).

import type { NatRangeInfo } from '../../program/index.ts';
import { extension, IP_FAMILIES } from '../extension/index.ts';
import { flagOptions, listRange, natRange, nftRange, saveRange, withFlags } from './nat-range.ts';

export const snat = extension<NatRangeInfo>({
  kind: 'target',
  name: 'SNAT',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'to-source',
      mandatory: true,
      parse: ([word = ''], cx) => natRange(word, cx),
      about: 'address[-address][:port[-port]]  where from',
    },
    ...flagOptions(['random', 'random-fully', 'persistent']),
  ],
  build: (given) => withFlags(given.value<NatRangeInfo>('to-source') ?? { flags: 0 }, given),
  save: (info) => saveRange('to-source', info),
  list: listRange,
  translate: (info, { leave }) =>
    nftRange('snat', info) ?? leave('nft has no range of ports that begins elsewhere'),
});
