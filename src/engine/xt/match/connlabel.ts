// xt_connlabel.c

import type { ConnlabelInfo } from '../../../program/index.ts';
import { matchModule } from '../extension.ts';

export const connlabel = matchModule<ConnlabelInfo>({
  name: 'connlabel',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare({ bit, invert, set }, { env: { conntrack: ct } }) {
    const has = (slot: number): boolean =>
      (((ct?.labels(slot)?.[bit >>> 3] ?? 0) >>> (bit & 7)) & 1) === 1;
    return {
      matches({ packet: { ct: slot } }) {
        if (slot === 0 || ct === null) return invert;
        if (has(slot)) return !invert;
        if (!set) return invert;
        ct.setLabel(slot, bit);
        return !invert;
      },
      why: ({ packet: { ct: slot } }) =>
        slot === 0 ? 'no conntrack entry' : `label ${bit} is ${has(slot) ? '' : 'not '}set`,
    };
  },
});
