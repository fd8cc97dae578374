// xt_TPROXY.c

import { unhex } from '../../../bytes/index.ts';
import type { TproxyInfo } from '../../../program/index.ts';
import { IPPROTO_TCP, IPPROTO_UDP } from '../../../uapi/index.ts';
import { socketFor } from '../../expr/tproxy.ts';
import { NF_ACCEPT, NF_DROP } from '../../verdict.ts';
import { targetModule } from '../extension.ts';

const UDP_HEADER = 8;

export const tproxy = targetModule<TproxyInfo>({
  name: 'TPROXY',
  placement: {
    families: ['ip', 'ip6'],
    table: 'mangle',
    hooks: ['prerouting'],
    protocols: [IPPROTO_TCP, IPPROTO_UDP],
  },
  prepare({ laddr, lport, markMask, markValue }, { env }) {
    const address = unhex(laddr);
    return {
      run(pkt) {
        const { packet } = pkt;
        if (!pkt.transportOk || pkt.transport + UDP_HEADER > pkt.end) return NF_DROP;
        const socket = socketFor(env, pkt, address, lport);
        if (socket === null || !socket.transparent) return NF_DROP;
        packet.mark = ((packet.mark & ~markMask) ^ markValue) >>> 0;
        packet.sk = socket;
        return NF_ACCEPT;
      },
      told: ({ packet }) =>
        packet.sk === null || packet.sk === undefined
          ? 'TPROXY: no transparent socket listens there'
          : 'TPROXY: given to a socket',
    };
  },
});
