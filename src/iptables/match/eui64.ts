// eui64: the source address ends in the EUI-64 of the source's hardware address (libip6t_eui64.c).

import type { Eui64Info } from '../../program/index.ts';
import { extension } from '../extension/index.ts';

export const eui64 = extension<Eui64Info>({
  kind: 'match',
  name: 'eui64',
  families: ['ip6'],
  rev: 0,
  options: [],
  build: () => ({}),
  save: () => '',
  translate: (_, { leave }) => leave('nft does not compare one field of a packet with another'),
});
