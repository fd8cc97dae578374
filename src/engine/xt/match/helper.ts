// xt_helper.c: the helper of the connection that announced this one.

import type { HelperInfo } from '../../../program/index.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule } from '../extension.ts';

export const helper = matchModule<HelperInfo>({
  name: 'helper',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare({ name, invert }, { env: { conntrack: ct } }) {
    /** Undefined where nobody announced it or its announcer has no helper. */
    const helperOf = ({ packet }: PktInfo): string | undefined => {
      const master = packet.ct === 0 || ct === null ? 0 : ct.master(packet.ct);
      return master === 0 ? undefined : ct?.helper(master) || undefined;
    };
    return {
      matches(pkt) {
        const found = helperOf(pkt);
        if (found === undefined) return invert;
        return (name === '' || found.startsWith(name)) !== invert;
      },
      why: (pkt) => `helper ${helperOf(pkt) ?? 'none'}`,
    };
  },
});
