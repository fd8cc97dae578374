// xt_set.c: the match.

import type { SetInfo } from '../../../program/index.ts';
import { ipSetsOf, SetFlag } from '../../ipset/index.ts';
import { matchModule } from '../extension.ts';
import { holding, setNamed } from '../named-set.ts';

export const set = matchModule<SetInfo>({
  name: 'set',
  placement: { families: ['ip', 'ip6'] },
  prepare(info, cx) {
    const sets = ipSetsOf(cx.env.netns);
    const held = setNamed(info.matchSet, cx);
    const { index, options } = held;
    const { packets, bytes } = info;
    if (info.returnNomatch) options.cmdflags |= SetFlag.returnNomatch;
    if (!info.updateCounters) options.cmdflags |= SetFlag.skipCounterUpdate;
    if (!info.updateSubcounters) options.cmdflags |= SetFlag.skipSubcounterUpdate;
    if (packets ?? bytes) options.cmdflags |= SetFlag.matchCounters;
    [options.packetsOp, options.packets] = [packets?.op ?? 'none', Number(packets?.value ?? 0)];
    [options.bytesOp, options.bytes] = [bytes?.op ?? 'none', Number(bytes?.value ?? 0)];
    return {
      matches: (pkt) => sets.test(index, pkt, options) !== info.invert,
      why: () =>
        info.invert ? `in set ${info.matchSet.name}` : `not in set ${info.matchSet.name}`,
      ...holding(sets, [held]),
    };
  },
});
