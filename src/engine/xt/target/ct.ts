// xt_CT.c: CT, and NOTRACK, which it replaced.

import {
  AF_INET,
  AF_INET6,
  type Conntrack,
  knownTimeoutPolicies,
  type TimeoutPolicies,
  type TimeoutPolicy,
} from '../../../conntrack/index.ts';
import { IP_CT_NEW, IP_CT_UNTRACKED, Nfproto } from '../../../core/index.ts';
import type { BareInfo, CtInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import { NFT_CONTINUE } from '../../verdict.ts';
import { targetModule, type XtTarget } from '../extension.ts';

/** XT_CT_* */
const NOTRACK = 1;
const ZONE_DIR_ORIG = 4;
const ZONE_DIR_REPL = 8;
const ZONE_MARK = 16;
const FLAGS = 0x1f;

/** NF_CT_ZONE_DIR_ORIG, NF_CT_ZONE_DIR_REPL, or both. */
function directions(flags: number): number {
  const given = ((flags & ZONE_DIR_ORIG) !== 0 ? 1 : 0) | ((flags & ZONE_DIR_REPL) !== 0 ? 2 : 0);
  return given === 0 ? 3 : given;
}

const untracked: XtTarget = {
  run({ packet }) {
    if (packet.ct === 0) packet.ctinfo = IP_CT_UNTRACKED;
    return NFT_CONTINUE;
  },
  told: ({ packet }) =>
    packet.ct === 0 ? 'not tracked' : 'tracked all the same: the packet has a connection',
};

/** xt_ct_set_helper() */
function checkHelper(
  ct: Conntrack | null,
  family: 'ip' | 'ip6',
  name: string,
  protocol: number,
): void {
  if (protocol === 0)
    refuse('ENOENT', `a helper needs a rule about one protocol, and not about all but one`);
  if (ct !== null && ct.store.helpers.find(name, Nfproto[family], protocol) === null)
    refuse('ENOENT', `no helper '${name}' reads protocol ${protocol}`);
}

/** xt_ct_set_timeout() */
function policyOf(
  policies: TimeoutPolicies,
  family: 'ip' | 'ip6',
  name: string,
  protocol: number,
): TimeoutPolicy {
  const found = policies.forRule(name, family === 'ip' ? AF_INET : AF_INET6, protocol);
  return 'errno' in found ? refuse(found.errno, found.why) : found;
}

/** While the rule is there the policy cannot go. */
const used = (policy: TimeoutPolicy): Pick<XtTarget, 'activate' | 'deactivate'> => ({
  activate: () => {
    policy.uses++;
  },
  deactivate: () => {
    policy.uses--;
  },
});

export const ct = targetModule<CtInfo>({
  name: 'CT',
  placement: { families: ['ip', 'ip6'], table: 'raw' },
  prepare({ flags, zone, helper, timeout }, cx, protocol): XtTarget | string | undefined {
    const { conntrack } = cx.env;
    if ((flags & ~FLAGS) !== 0) refuse('EINVAL', `unknown CT flags ${flags}`);
    if ((flags & NOTRACK) !== 0) return untracked;
    const family = cx.family as 'ip' | 'ip6';
    if (helper !== '') checkHelper(conntrack, family, helper, protocol);
    const policies = knownTimeoutPolicies(cx.env.netns);
    // A file of rules does not say which policies there are.
    if (timeout !== '' && policies === null)
      return 'no state file of nfct says which timeout policies there are (--timeouts)';
    const policy = timeout === '' ? null : policyOf(policies!, family, timeout, protocol);
    if (conntrack === null) return undefined;
    const dir = directions(flags);
    const ofMark = (flags & ZONE_MARK) !== 0;
    const gives = { helper, ...(policy !== null && { policy }) };
    return {
      ...(policy !== null && used(policy)),
      run({ packet }) {
        // One that came round through lo has its connection; one that is not tracked stays so.
        if (packet.ct !== 0 || packet.ctinfo === IP_CT_UNTRACKED) return NFT_CONTINUE;
        packet.ct = conntrack.template(ofMark ? packet.mark & 0xffff : zone, dir, gives);
        packet.ctinfo = IP_CT_NEW;
        return NFT_CONTINUE;
      },
    };
  },
});

export const notrack = targetModule<BareInfo>({
  name: 'NOTRACK',
  placement: { families: ['ip', 'ip6'], table: 'raw' },
  prepare: () => untracked,
});
