// Makes a differing case small: leaves out packets, rules and chains while it still differs.

import type { Step } from '../case.ts';
import type { RandomRuleset } from './grammar.ts';

export interface RandomCase {
  readonly ruleset: RandomRuleset;
  readonly steps: readonly Step[];
}

const without = <T>(list: readonly T[], at: number): T[] => list.filter((_, i) => i !== at);

/** Every case that is one part smaller, larger cuts first. */
function* smaller({ ruleset, steps }: RandomCase): Generator<RandomCase> {
  const { chains } = ruleset;
  for (let i = 0; i < steps.length; i++) yield { ruleset, steps: without(steps, i) };
  for (let i = 0; i < chains.length; i++) yield { ruleset: { chains: without(chains, i) }, steps };
  for (const [i, chain] of chains.entries())
    for (let j = 0; j < chain.rules.length; j++) {
      const rules = without(chain.rules, j);
      yield { ruleset: { chains: chains.map((c, k) => (k === i ? { ...c, rules } : c)) }, steps };
    }
}

/** The smallest case found by leaving out single parts; `differs` runs both targets. */
export function shrink(found: RandomCase, differs: (one: RandomCase) => boolean): RandomCase {
  for (const one of smaller(found)) if (differs(one)) return shrink(one, differs);
  return found;
}

/** The same for a list of steps alone. */
export function shrinkSteps(
  steps: readonly Step[],
  differs: (steps: readonly Step[]) => boolean,
): readonly Step[] {
  for (let i = steps.length - 1; i >= 0; i--) {
    const fewer = without(steps, i);
    if (differs(fewer)) return shrinkSteps(fewer, differs);
  }
  return steps;
}
