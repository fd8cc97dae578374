// xt_connmark.c

import type { ConnmarkInfo } from '../../../program/index.ts';
import { matchModule } from '../extension.ts';

export const connmark = matchModule<ConnmarkInfo>({
  name: 'connmark',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare: ({ mark, mask, invert }, { env: { conntrack: ct } }) => ({
    matches({ packet }) {
      if (packet.ct === 0 || ct === null) return false;
      return ((ct.mark(packet.ct) & mask) >>> 0 === mark) !== invert;
    },
    why: ({ packet }) =>
      packet.ct === 0 || ct === null
        ? 'no conntrack entry'
        : `mark 0x${ct.mark(packet.ct).toString(16)}`,
  }),
});
