// ipt_SYNPROXY.c and ip6t_SYNPROXY.c

import type { SynproxyInfo } from '../../../program/index.ts';
import { IPPROTO_TCP } from '../../../uapi/index.ts';
import { allFlags, evaluate } from '../../expr/synproxy.ts';
import { targetModule } from '../extension.ts';

export const synproxy = targetModule<SynproxyInfo>({
  name: 'SYNPROXY',
  placement: {
    families: ['ip', 'ip6'],
    hooks: ['input', 'forward'],
    protocols: [IPPROTO_TCP],
  },
  prepare: ({ options, wscale, mss }, { env }) => {
    const info = { options, wscale, mss };
    return { run: (pkt) => evaluate(pkt, env, info, allFlags) };
  },
});
