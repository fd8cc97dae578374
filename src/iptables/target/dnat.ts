// DNAT: a new destination (libxt_NAT.c).

import type { NatRangeInfo } from '../../program/index.ts';
import { extension, IP_FAMILIES } from '../extension/index.ts';
import { flagOptions, listRange, natRange, nftRange, saveRange, withFlags } from './nat-range.ts';

export const dnat = extension<NatRangeInfo>({
  kind: 'target',
  name: 'DNAT',
  families: IP_FAMILIES,
  rev: 2,
  options: [
    {
      name: 'to-destination',
      mandatory: true,
      parse: ([word = ''], cx) => natRange(word, cx),
      about: 'address[-address][:port[-port[/port]]]  where to',
    },
    ...flagOptions(['random', 'persistent']),
  ],
  build: (given) => withFlags(given.value<NatRangeInfo>('to-destination') ?? { flags: 0 }, given),
  save: (info) => saveRange('to-destination', info),
  list: listRange,
  translate: (info, { leave }) =>
    nftRange('dnat', info) ?? leave('nft has no range of ports that begins elsewhere'),
});
