// xt_physdev.c. Bridges here do not call IP hooks (br_netfilter), so no packet knows its ports.

import type { HookName, PhysdevInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import { matchModule } from '../extension.ts';

const NOT_OUTPUT: readonly HookName[] = ['prerouting', 'input', 'forward', 'postrouting'];

export const physdev = matchModule<PhysdevInfo>({
  name: 'physdev',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare({ in: inside, out, isIn, isOut, isBridged }) {
    const tests = [inside, out, isIn, isOut, isBridged].filter((one) => one !== undefined);
    if (tests.length === 0) refuse('EINVAL', 'physdev asks for nothing');
    // Without information only what is negated holds.
    const negated = tests.every((one) => one.invert);
    const routed = isBridged === undefined || isBridged.invert;
    const asksOut = out !== undefined || isOut !== undefined;
    return {
      ...(asksOut && routed ? { hooks: NOT_OUTPUT } : {}),
      matches: () => negated,
      why: () => 'it passed no port of a bridge',
    };
  },
});
