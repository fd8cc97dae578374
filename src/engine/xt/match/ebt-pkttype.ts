// ebt_pkttype.c

import type { PkttypeInfo } from '../../../program/index.ts';
import { BRIDGE } from '../ebt.ts';
import { matchModule } from '../extension.ts';

export const ebtPkttype = matchModule<PkttypeInfo>({
  name: 'pkttype',
  placement: { families: BRIDGE },
  prepare: ({ pkttype, invert }) => ({
    matches: ({ packet }) => (packet.pktType === pkttype) !== invert,
    why: ({ packet }) => `packet type ${packet.pktType}`,
  }),
});
