// xt_CHECKSUM.c: finishes checksums that were left to a card. Packets here always have theirs.

import type { ChecksumInfo } from '../../../program/index.ts';
import { NFT_CONTINUE } from '../../verdict.ts';
import { targetModule } from '../extension.ts';

export const checksum = targetModule<ChecksumInfo>({
  name: 'CHECKSUM',
  placement: { families: ['ip', 'ip6'], table: 'mangle' },
  prepare: () => ({ run: () => NFT_CONTINUE }),
});
