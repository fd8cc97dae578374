// The rules that packets have to meet, and the ways that lead to them.

import type { IpSet, Program, Rule, Table } from '../../program/index.ts';
import { type Known, knownTo, wishesOf } from './read.ts';
import type { Goal, Wish } from './wish.ts';

function jumpsOf(rule: Rule, table: Table): string[] {
  const names: string[] = [];
  for (const expr of rule.exprs) {
    if (expr.kind === 'immediate' && expr.data.kind === 'verdict' && 'chain' in expr.data.verdict)
      names.push(expr.data.verdict.chain);
    if (expr.kind !== 'lookup' || expr.dreg !== 0) continue;
    for (const { data } of table.sets.find((s) => s.name === expr.set)?.elements ?? [])
      if (data?.kind === 'verdict' && 'chain' in data.verdict) names.push(data.verdict.chain);
  }
  return names;
}

const MOST_PATHS = 4;

interface Path {
  readonly hook: string;
  readonly wishes: readonly Wish[];
}

/** The ways into each chain of a table, a few of them. */
function pathsOf(table: Table, known: Known): ReadonlyMap<string, readonly Path[]> {
  const paths = new Map<string, Path[]>();
  const queue: [string, Path][] = [];
  const reach = (name: string, path: Path): void => {
    const known = paths.get(name) ?? [];
    if (known.length >= MOST_PATHS) return;
    paths.set(name, [...known, path]);
    queue.push([name, path]);
  };
  for (const chain of table.chains)
    if (chain.base !== undefined) reach(chain.name, { hook: chain.base.hook, wishes: [] });
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [name, path] = next;
    for (const rule of table.chains.find((c) => c.name === name)?.rules ?? [])
      for (const to of jumpsOf(rule, table))
        reach(to, { hook: path.hook, wishes: [...path.wishes, ...wishesOf(rule, table, known)] });
  }
  return paths;
}

/** Every rule that some base chain leads to, with what it wants. */
export function goalsOf(program: Program, ipsets: readonly IpSet[] = []): Goal[] {
  return program.tables.flatMap((table) => {
    const known = knownTo(table, ipsets);
    const paths = pathsOf(table, known);
    return table.chains.flatMap((chain) =>
      chain.rules.flatMap((rule, index) =>
        (paths.get(chain.name) ?? []).map(({ hook, wishes }): Goal => {
          const own = wishesOf(rule, table, known);
          return { table, chain, index, rule, wishes: own, through: wishes, hook };
        }),
      ),
    );
  });
}
