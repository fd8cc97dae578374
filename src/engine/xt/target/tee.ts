// xt_TEE.c. A copy does not make copies of itself; the stack sees to that.

import { unhex } from '../../../bytes/index.ts';
import type { TeeInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import { NFT_CONTINUE } from '../../verdict.ts';
import { targetModule } from '../extension.ts';

export const tee = targetModule<TeeInfo>({
  name: 'TEE',
  placement: { families: ['ip', 'ip6'] },
  prepare({ gw, oif }, { env: { netns } }) {
    const gateway = unhex(gw);
    if (gateway.every((byte) => byte === 0)) refuse('EINVAL', 'TEE needs an address to copy to');
    return {
      run({ packet }) {
        const device = oif === '' ? null : (netns.devices.byName(oif) ?? null);
        netns.network?.duplicate(packet, gateway, device);
        return NFT_CONTINUE;
      },
    };
  },
});
