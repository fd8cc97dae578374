// From iptables to nft with a proof: both rulesets run on packets made for every rule of either.

import { restoringBatch } from '../engine/index.ts';
import type { Leftover, TranslatedProgram } from '../iptables/index.ts';
import type { AcctObject, IpSetChange, Program, Table } from '../program/index.ts';
import {
  type CompareInput,
  type CompareOptions,
  type Comparison,
  compareRulesets,
} from './compare/index.ts';
import { loadRuleset, type Problem } from './ruleset.ts';

/** Rules that were left over are left out, and what is not of iptables: nothing is proved of those. */
function carried(program: Program, leftovers: readonly Leftover[]): Program {
  const left = new Set(leftovers.map(({ rule }) => rule));
  const families: readonly Table['family'][] = ['ip', 'ip6', 'arp', 'bridge'];
  const tables = program.tables
    .filter(({ family }) => families.includes(family))
    .map((table) => ({
      ...table,
      chains: table.chains.map((chain) => ({
        ...chain,
        rules: chain.rules.filter((rule) => !left.has(rule)),
      })),
    }));
  return { tables };
}

export interface Proof {
  /** What nft would say to the translation: nothing, or there is no comparison. */
  readonly problems: readonly Problem[];
  readonly comparison: Comparison | undefined;
}

/**
 * Compares a ruleset with its translation: effects of every packet, and which rules count it.
 * @param interfaces indexes of those that are known, as for `loadRuleset`
 * @param beside objects that rules of the original count into, and sets that they name
 */
export function proveTranslation(
  program: Program,
  { text, leftovers, moved }: TranslatedProgram,
  options: Omit<CompareOptions, 'sameRules'>,
  interfaces: Readonly<Record<string, number>> = {},
  beside: {
    readonly accounting?: readonly AcctObject[];
    readonly ipsets?: readonly IpSetChange[];
  } = {},
): Proof {
  const before = carried(program, leftovers);
  const loaded = loadRuleset([{ name: '<translation>', text }], { interfaces });
  if (loaded.failed) return { problems: loaded.problems, comparison: undefined };
  const first: CompareInput = {
    batches: [restoringBatch(before)],
    program: before,
    ...(beside.accounting && { accounting: beside.accounting }),
    ...(beside.ipsets && { ipsets: beside.ipsets }),
  };
  const second: CompareInput = { batches: [loaded.batch], program: loaded.program, moved };
  const comparison = compareRulesets(first, second, { ...options, sameRules: true });
  return { problems: loaded.problems, comparison };
}
