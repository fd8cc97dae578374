// What command lines and files make, without an engine: appending and inserting rules is all that
// tests of the language need.

import type { Batch, Chain, Program, Rule, Table } from '../program/index.ts';
import { EMPTY_PROGRAM } from '../program/index.ts';
import { compileLine, compileRestore, type XtFamily } from './index.ts';

type Draft<T> = { -readonly [K in keyof T]: T[K] };

function placed(
  rules: readonly Rule[],
  change: Extract<Batch[number], { op: 'newrule' }>,
): readonly Rule[] {
  const { rule, where, index = 0 } = change;
  if (where === 'add') return [...rules, rule];
  return where === 'insert' ? rules.toSpliced(index, 0, rule) : rules.with(index, rule);
}

/** The program behind a batch of an xtables command. */
export function applied(program: Program, batch: Batch): Program {
  const tables = new Map(program.tables.map((t) => [`${t.family} ${t.name}`, t]));
  const change = (
    key: string,
    name: string,
    edit: (chain: Draft<Chain>) => Chain | undefined,
  ): void => {
    const table = tables.get(key)!;
    const chains = table.chains.flatMap((one) =>
      one.name === name ? (edit({ ...one }) ?? []) : [one],
    );
    tables.set(key, { ...table, chains });
  };
  for (const one of batch) {
    if (one.op === 'newtable')
      tables.set(`${one.family} ${one.table.name}`, {
        family: one.family,
        ...one.table,
        chains: [],
        sets: [],
        objects: [],
        flowtables: [],
      } satisfies Table);
    else if (one.op === 'deltable') tables.delete(`${one.family} ${one.table?.name}`);
    else if (one.op === 'newchain') {
      const key = `${one.family} ${one.table}`;
      const table = tables.get(key)!;
      const old = table.chains.find(({ name }) => name === one.chain.name);
      if (old) change(key, old.name, (chain) => ({ ...chain, ...one.chain }));
      else tables.set(key, { ...table, chains: [...table.chains, { ...one.chain, rules: [] }] });
    } else if (one.op === 'newrule')
      change(`${one.family} ${one.table}`, one.chain, (chain) => ({
        ...chain,
        rules: placed(chain.rules, one),
      }));
    else if (one.op === 'delrule')
      change(`${one.family} ${one.table}`, one.chain!, (chain) => ({
        ...chain,
        rules: one.rule === undefined ? [] : chain.rules.toSpliced(one.rule.index!, 1),
      }));
    else if (one.op === 'delchain')
      change(`${one.family} ${one.table}`, one.chain.name!, () => undefined);
    else if (one.op === 'renamechain')
      change(`${one.family} ${one.table}`, one.chain, (chain) => ({ ...chain, name: one.to }));
  }
  return { tables: [...tables.values()] };
}

/** What a file and then command lines make; the first complaint of a command line is thrown. */
export function programOf(
  family: XtFamily,
  lines: readonly string[],
  file = '',
): { readonly program: Program } {
  let program = applied(
    EMPTY_PROGRAM,
    compileRestore({ name: 'file', text: file }, { family, counters: true }).batch,
  );
  for (const line of lines) {
    const { batch, diagnostics } = compileLine(line.split(' '), { family, current: program });
    const problem = diagnostics.find(({ severity }) => severity === 'error');
    if (problem !== undefined) throw new Error(problem.message);
    program = applied(program, batch);
  }
  return { program };
}
