// Makes a differing case small: leaves out packets, tables, chains, sets and rules while it still
// differs.

import type { Step } from '../case.ts';
import type { RandomRuleset, RandomTable } from './grammar.ts';

export interface RandomCase {
  readonly ruleset: RandomRuleset;
  readonly steps: readonly Step[];
}

const without = <T>(list: readonly T[], at: number): T[] => list.filter((_, i) => i !== at);

/** Every table that is one part smaller. What rules still name must stay: nft refuses it otherwise. */
function* smallerTables(table: RandomTable): Generator<RandomTable> {
  const { chains, declarations } = table;
  for (let i = 0; i < chains.length; i++) yield { ...table, chains: without(chains, i) };
  const said = chains.flatMap((c) => c.rules).join();
  for (const [i, { name }] of declarations.entries())
    if (!said.includes(name)) yield { ...table, declarations: without(declarations, i) };
  for (const [i, chain] of chains.entries())
    for (let j = 0; j < chain.rules.length; j++) {
      const rules = without(chain.rules, j);
      yield { ...table, chains: chains.map((c, k) => (k === i ? { ...c, rules } : c)) };
    }
}

/** Every case that is one part smaller, larger cuts first. */
function* smaller({ ruleset, steps }: RandomCase): Generator<RandomCase> {
  const { tables } = ruleset;
  for (let i = 0; i < steps.length; i++) yield { ruleset, steps: without(steps, i) };
  for (let i = 0; i < tables.length; i++) yield { ruleset: { tables: without(tables, i) }, steps };
  for (const [i, table] of tables.entries())
    for (const less of smallerTables(table))
      yield { ruleset: { tables: tables.map((t, k) => (k === i ? less : t)) }, steps };
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
