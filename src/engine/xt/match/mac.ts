// xt_mac.c

import { formatMac, unhex } from '../../../bytes/index.ts';
import type { MacInfo } from '../../../program/index.ts';
import { matchModule } from '../extension.ts';

const ARPHRD_ETHER = 1;
const ETH_HLEN = 14;

export const mac = matchModule<MacInfo>({
  name: 'mac',
  placement: { families: ['ip', 'ip6', 'inet'], hooks: ['prerouting', 'input', 'forward'] },
  prepare({ address, invert }) {
    const wanted = unhex(address);
    return {
      matches({ packet, bytes, in: device }) {
        if (device === null || device.type !== ARPHRD_ETHER) return false;
        if (packet.mac < 0 || packet.network - packet.mac < ETH_HLEN) return false;
        let same = true;
        for (let i = 0; i < 6; i++) same &&= bytes[packet.mac + 6 + i] === wanted[i];
        return same !== invert;
      },
      why: ({ packet, bytes }) =>
        packet.mac < 0 ? 'no hardware address' : `from ${formatMac(bytes, packet.mac + 6)}`,
    };
  },
});
