// xt_connmark.c: the target CONNMARK. Without a connection it does nothing.

import type { ConnmarkTargetInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import { NFT_CONTINUE } from '../../verdict.ts';
import { targetModule } from '../extension.ts';

const LAST_SHIFT = 31;

export const connmark = targetModule<ConnmarkTargetInfo>({
  name: 'CONNMARK',
  placement: { families: ['ip', 'ip6'] },
  prepare(info, { env: { conntrack: ct } }) {
    const { mode, ctmark, ctmask, nfmask, shiftDir, shiftBits } = info;
    if (shiftBits > LAST_SHIFT) refuse('EINVAL', `a mark cannot be shifted by ${shiftBits} bits`);
    if (ct === null) return undefined;
    const shifted = (mark: number): number =>
      shiftDir === 'left' ? mark << shiftBits : mark >>> shiftBits;
    return {
      run({ packet }) {
        const slot = packet.ct;
        if (slot === 0) return NFT_CONTINUE;
        const own = ct.mark(slot);
        if (mode === 'set') ct.setMark(slot, shifted((own & ~ctmask) ^ ctmark));
        else if (mode === 'save') ct.setMark(slot, (own & ~ctmask) ^ shifted(packet.mark & nfmask));
        else packet.mark = ((packet.mark & ~nfmask) ^ shifted(own & ctmask)) >>> 0;
        return NFT_CONTINUE;
      },
      told: ({ packet }) =>
        packet.ct === 0
          ? 'CONNMARK: the packet has no connection'
          : `CONNMARK: the connection's mark is 0x${ct.mark(packet.ct).toString(16)}`,
    };
  },
});
