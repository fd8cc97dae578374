// Policies of chains that ebtables' users made. nf_tables gives base chains alone a policy, so it stands
// as the last rule of the chain, marked in its userdata (ebt_add_policy_rule() of iptables' nft.c).

import type { Rule } from '../../program/index.ts';

/** UDATA_TYPE_EBTABLES_POLICY with a 32-bit 1 of a little-endian host. */
const MARK = '010401000000';

export type EbtPolicy = 'accept' | 'drop';

/** By their names on a command line; a chain that returns has no such rule. */
export const EBT_POLICIES: Readonly<Record<string, EbtPolicy | undefined>> = {
  ACCEPT: 'accept',
  DROP: 'drop',
  RETURN: undefined,
};

export const ebtPolicyRule = (code: EbtPolicy): Rule => ({
  exprs: [
    { kind: 'counter', packets: 0, bytes: 0 },
    { kind: 'immediate', dreg: 0, data: { kind: 'verdict', verdict: { code } } },
  ],
  userdata: MARK,
});

/** The policy that a rule stands for; undefined for every other rule. */
export function ebtPolicyOf(rule: Rule | undefined): EbtPolicy | undefined {
  const last = rule?.userdata === MARK ? rule.exprs.at(-1) : undefined;
  if (last?.kind !== 'immediate' || last.data.kind !== 'verdict') return undefined;
  return last.data.verdict.code === 'drop' ? 'drop' : 'accept';
}
