// `nft -o`: rules one behind the other that differ only in values become one rule with a set, a
// concatenation or a verdict map. Merged is only what stays the same firewall: no flags, whose
// single values are bit tests; no limits and quotas, which every rule has of its own; no values
// that one packet may have both of, unless the first rule ends its way.

import type { ChainDeclaration, Command, Rule, TableDeclaration } from '../ast/index.ts';
import { mergedRule } from './merge.ts';
import { type Shape, shapeOf, written } from './shape.ts';

/** Rules that became one. */
export interface Merge {
  readonly rules: readonly Rule[];
  readonly into: Rule;
}

export interface Optimized {
  readonly commands: readonly Command[];
  readonly merges: readonly Merge[];
}

/** The same but for values and verdict. */
const alike = (shape: Shape): string =>
  written([
    shape.joined.map(({ left }) => left),
    shape.kept,
    shape.actions,
    shape.verdict === undefined,
    shape.rule.comment ?? null,
  ]);

/** The longest run from the first on that can be one rule. */
function mergeRun(shapes: readonly Shape[]): Merge | undefined {
  for (let end = shapes.length; end > 1; end--) {
    const run = shapes.slice(0, end);
    const into = mergedRule(run);
    if (into !== undefined) return { rules: run.map(({ rule }) => rule), into };
  }
  return undefined;
}

function runAt(rules: readonly Rule[], at: number): Shape[] {
  const run: Shape[] = [];
  let like = '';
  for (let i = at; i < rules.length; i++) {
    const shape = shapeOf(rules[i]!);
    if (shape === undefined) break;
    const own = alike(shape);
    if (run.length > 0 && own !== like) break;
    like = own;
    run.push(shape);
  }
  return run;
}

function optimizeRules(rules: readonly Rule[], merges: Merge[]): readonly Rule[] {
  const out: Rule[] = [];
  for (let at = 0; at < rules.length; ) {
    const merge = mergeRun(runAt(rules, at));
    if (merge === undefined) out.push(rules[at++]!);
    else {
      out.push(merge.into);
      merges.push(merge);
      at += merge.rules.length;
    }
  }
  return out;
}

const optimizeChain = (chain: ChainDeclaration, merges: Merge[]): ChainDeclaration => ({
  ...chain,
  rules: optimizeRules(chain.rules, merges),
});

const optimizeTable = (table: TableDeclaration, merges: Merge[]): TableDeclaration => ({
  ...table,
  items: table.items.map((item) => (item.kind === 'chain' ? optimizeChain(item, merges) : item)),
});

/** Looks into the chains of blocks, as nft does: rules of commands of their own stay. */
export function optimize(commands: readonly Command[]): Optimized {
  const merges: Merge[] = [];
  const optimized = commands.map((command): Command => {
    if (command.kind !== 'add') return command;
    const { object } = command;
    if (object.kind === 'table') return { ...command, object: optimizeTable(object, merges) };
    if (object.kind === 'chain') return { ...command, object: optimizeChain(object, merges) };
    return command;
  });
  return { commands: optimized, merges };
}
