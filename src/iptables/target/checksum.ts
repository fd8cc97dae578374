// CHECKSUM: computes the checksum of packets that left it to the card (libxt_CHECKSUM.c).

import type { ChecksumInfo } from '../../program/index.ts';
import { extension, IP_FAMILIES } from '../extension/index.ts';

export const checksum = extension<ChecksumInfo>({
  kind: 'target',
  name: 'CHECKSUM',
  families: IP_FAMILIES,
  rev: 0,
  options: [{ name: 'checksum-fill', mandatory: true, about: 'compute and fill in the checksum' }],
  build: () => ({ operation: 'fill' }),
  save: () => '--checksum-fill',
  list: () => 'CHECKSUM fill',
  translate: (_, { leave }) => leave('nft does not fill in checksums'),
});
