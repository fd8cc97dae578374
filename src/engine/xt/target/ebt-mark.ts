// ebt_mark.c

import type { EbtMarkInfo } from '../../../program/index.ts';
import { BRIDGE, EBT_CODES } from '../ebt.ts';
import { targetModule } from '../extension.ts';

const ACTIONS = {
  set: (_old: number, mark: number) => mark,
  or: (old: number, mark: number) => old | mark,
  and: (old: number, mark: number) => old & mark,
  xor: (old: number, mark: number) => old ^ mark,
} as const;

export const ebtMark = targetModule<EbtMarkInfo>({
  name: 'mark',
  placement: { families: BRIDGE },
  prepare({ action, mark, target }) {
    const change = ACTIONS[action];
    const code = EBT_CODES[target];
    return {
      run({ packet }) {
        packet.mark = change(packet.mark, mark) >>> 0;
        return code;
      },
    };
  },
});
