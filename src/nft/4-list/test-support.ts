// Texts listed again: what every test of this phase looks at. Batches are put together here
// without the engine, which the language does not know; only additions are understood.

import type { Chain, Change, Program, Rule, SetSpec, Table } from '../../program/index.ts';
import { compile } from '../index.ts';
import { type ListOptions, listRule, listRuleset } from './index.ts';

interface Draft extends Omit<Table, 'chains' | 'sets' | 'objects' | 'flowtables'> {
  readonly chains: (Chain & { readonly rules: Rule[] })[];
  readonly sets: SetSpec[];
  readonly objects: Table['objects'][number][];
  readonly flowtables: Table['flowtables'][number][];
}

const named = <T extends { readonly name: string }>(things: readonly T[], name: string): T => {
  const found = things.find((thing) => thing.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

/** Rules are numbered from 1 in their chain: a handle is something to print. */
function add(table: Draft, change: Change): void {
  if (change.op === 'newchain') table.chains.push({ ...change.chain, rules: [] });
  else if (change.op === 'newset') table.sets.push({ ...change.set, elements: [] });
  else if (change.op === 'newobj') table.objects.push(change.object);
  else if (change.op === 'newflowtable') table.flowtables.push(change.flowtable);
  else if (change.op === 'newrule') {
    const { rules } = named(table.chains, change.chain);
    rules.push({ ...change.rule, handle: rules.length + 1 });
  } else if (change.op === 'newelem') {
    const set = named(table.sets, change.set);
    const elements = [...set.elements, ...change.elements];
    table.sets[table.sets.indexOf(set)] = { ...set, elements };
  } else throw new Error(`a test adds, it does not ${change.op}`);
}

function draft(tables: Draft[], change: Change & { op: 'newtable' }): void {
  const { family, table } = change;
  if (tables.some((t) => t.family === family && t.name === table.name)) return;
  tables.push({ ...table, family, chains: [], sets: [], objects: [], flowtables: [] });
}

/** The program a text makes. Throws at the first complaint. */
export function programOf(text: string): Program {
  const { batch, diagnostics } = compile({ name: 'test.nft', text });
  if (diagnostics[0] !== undefined) throw new Error(`${diagnostics[0].message}: ${text}`);
  const tables: Draft[] = [];
  for (const change of batch) {
    if (change.op === 'newtable') draft(tables, change);
    else if (change.op === 'deltable') throw new Error('a test adds, it does not deltable');
    else add(named(tables, change.table), change);
  }
  return { tables };
}

export const relist = (text: string, options?: ListOptions): string =>
  listRuleset(programOf(text), options);

/** A rule, compiled in a table of its own and listed. */
export function relistRule(family: Table['family'], rule: string, options?: ListOptions): string {
  const { tables } = programOf(`table ${family} t {
    chain k { }
    chain c { ${rule}
    }
  }`);
  const [table] = tables;
  if (table === undefined) throw new Error('no table');
  return named(table.chains, 'c')
    .rules.map((one) => listRule(one, table, options))
    .join('\n');
}
