// ipt_REJECT.c and ip6t_REJECT.c

import type { RejectInfo, RejectWith } from '../../../program/index.ts';
import { IPPROTO_TCP } from '../../../uapi/index.ts';
import { refuse } from '../../errno.ts';
import { NF_DROP } from '../../verdict.ts';
import { targetModule } from '../extension.ts';

/** Codes of "destination unreachable". */
const CODES: Readonly<Record<'ip' | 'ip6', Partial<Record<RejectWith, number>>>> = {
  ip: {
    'icmp-net-unreachable': 0,
    'icmp-host-unreachable': 1,
    'icmp-proto-unreachable': 2,
    'icmp-port-unreachable': 3,
    'icmp-net-prohibited': 9,
    'icmp-host-prohibited': 10,
    'icmp-admin-prohibited': 13,
  },
  ip6: {
    'icmp6-no-route': 0,
    'icmp6-adm-prohibited': 1,
    'icmp6-addr-unreachable': 3,
    'icmp6-port-unreachable': 4,
    'icmp6-policy-fail': 5,
    'icmp6-reject-route': 6,
  },
};

export const reject = targetModule<RejectInfo>({
  name: 'REJECT',
  placement: {
    families: ['ip', 'ip6'],
    table: 'filter',
    hooks: ['input', 'forward', 'output'],
  },
  prepare(info, { env: { netns }, family }, protocol) {
    const isReset = info.with === 'tcp-reset';
    if (isReset && protocol !== IPPROTO_TCP) refuse('EINVAL', 'tcp-reset needs a rule about TCP');
    const code = CODES[family === 'ip6' ? 'ip6' : 'ip'][info.with] ?? 0;
    return {
      run({ packet, point }) {
        if (isReset) netns.network?.sendReset(packet, point.hook);
        else netns.network?.sendUnreachable(packet, code, point.hook);
        return NF_DROP;
      },
    };
  },
});
