// Makes a differing case small: leaves out packets, tables, chains, sets and rules while it still
// differs.

import type { Batch } from '../../../src/program/index.ts';
import type { Step } from '../case.ts';
import type { RandomRuleset, RandomTable } from './grammar.ts';
import type { LinkTable } from './link-grammar.ts';
import type { XtTable } from './xt-grammar.ts';

export interface RandomCase {
  readonly ruleset: RandomRuleset;
  readonly steps: readonly Step[];
  /** On a bridge, not a router, that shows packets to the IP families or does not. */
  readonly bridged?: 'alone' | 'shown';
  /** What nft 1.0.6 has no words for. */
  readonly rules?: Batch;
}

export interface RandomXtCase {
  readonly tables: readonly XtTable[];
  /** Lines of `ipset restore`; those that no rule is about are left out. */
  readonly sets: readonly string[];
  readonly steps: readonly Step[];
  /** Over a bridge of two of the router's links. */
  readonly bridged?: boolean;
}

const without = <T>(list: readonly T[], at: number): T[] => list.filter((_, i) => i !== at);
const replaced = <T>(list: readonly T[], at: number, by: T): T[] =>
  list.map((one, i) => (i === at ? by : one));

/** Every list of chains that is one chain or one rule smaller. */
function* smallerChains<T extends { readonly rules: readonly string[] }>(
  chains: readonly T[],
): Generator<T[]> {
  for (let i = 0; i < chains.length; i++) yield without(chains, i);
  for (const [i, chain] of chains.entries())
    for (let j = 0; j < chain.rules.length; j++)
      yield replaced(chains, i, { ...chain, rules: without(chain.rules, j) });
}

/** Every table that is one part smaller. What rules still name must stay: nft refuses it otherwise. */
function* smallerTables(table: RandomTable): Generator<RandomTable> {
  const { chains, declarations } = table;
  const said = chains.flatMap((c) => c.rules).join();
  for (const fewer of smallerChains(chains)) yield { ...table, chains: fewer };
  for (const [i, { name }] of declarations.entries())
    if (!said.includes(name)) yield { ...table, declarations: without(declarations, i) };
}

/** Every case that is one part smaller, larger cuts first. */
function* smaller(one: RandomCase): Generator<RandomCase> {
  const { ruleset, steps, rules } = one;
  const { tables } = ruleset;
  for (let i = 0; i < steps.length; i++) yield { ...one, steps: without(steps, i) };
  for (let i = 0; i < (rules?.length ?? 0); i++) yield { ...one, rules: without(rules ?? [], i) };
  for (let i = 0; i < tables.length; i++) {
    const { name } = tables[i]!;
    if (rules?.some((rule) => 'table' in rule && rule.table === name)) continue;
    yield { ...one, ruleset: { tables: without(tables, i) } };
  }
  for (const [i, table] of tables.entries()) {
    if (rules?.some((rule) => 'table' in rule && rule.table === table.name)) continue;
    for (const less of smallerTables(table))
      yield { ...one, ruleset: { tables: replaced(tables, i, less) } };
  }
}

function* smallerXt(one: RandomXtCase): Generator<RandomXtCase> {
  const { tables, sets, steps } = one;
  for (let i = 0; i < steps.length; i++) yield { ...one, steps: without(steps, i) };
  for (let i = 0; i < tables.length; i++) yield { ...one, tables: without(tables, i) };
  for (const [i, table] of tables.entries())
    for (const chains of smallerChains(table.chains))
      yield { ...one, tables: replaced(tables, i, { ...table, chains }) };
  for (const [i, line] of sets.entries())
    if (line.startsWith('add')) yield { ...one, sets: without(sets, i) };
}

/** The smallest case found by leaving out single parts; `differs` runs both targets. */
function shrunk<T>(found: T, smallerOf: (one: T) => Iterable<T>, differs: (one: T) => boolean): T {
  for (const one of smallerOf(found)) if (differs(one)) return shrunk(one, smallerOf, differs);
  return found;
}

export const shrink = (found: RandomCase, differs: (one: RandomCase) => boolean): RandomCase =>
  shrunk(found, smaller, differs);

export const shrinkXt = (
  found: RandomXtCase,
  differs: (one: RandomXtCase) => boolean,
): RandomXtCase => shrunk(found, smallerXt, differs);

export interface RandomLinkCase {
  readonly tables: readonly LinkTable[];
  readonly steps: readonly Step[];
}

function* smallerLink({ tables, steps }: RandomLinkCase): Generator<RandomLinkCase> {
  for (let i = 0; i < steps.length; i++) yield { tables, steps: without(steps, i) };
  for (let i = 0; i < tables.length; i++) yield { tables: without(tables, i), steps };
  for (const [i, table] of tables.entries())
    for (const chains of smallerChains(table.chains))
      yield { tables: replaced(tables, i, { ...table, chains }), steps };
}

export const shrinkLink = (
  found: RandomLinkCase,
  differs: (one: RandomLinkCase) => boolean,
): RandomLinkCase => {
  const steps = shrinkSteps(found.steps, (fewer) => differs({ ...found, steps: fewer }));
  return shrunk({ ...found, steps }, smallerLink, differs);
};

/** The same for a list of steps alone: halves first, then what is left one by one. */
export function shrinkSteps(
  steps: readonly Step[],
  differs: (steps: readonly Step[]) => boolean,
  size = Math.ceil(steps.length / 2),
): readonly Step[] {
  for (let end = steps.length; end > 0; end -= size) {
    const fewer = [...steps.slice(0, Math.max(0, end - size)), ...steps.slice(end)];
    if (fewer.length < steps.length && differs(fewer)) return shrinkSteps(fewer, differs, size);
  }
  return size > 1 ? shrinkSteps(steps, differs, Math.ceil(size / 2)) : steps;
}
