// The commands that only ask: what `list`, `get` and the listing half of `reset` print.

import {
  type Collection,
  type Command,
  type Diagnostic,
  decompile,
  type ListingFilter,
  type ListOptions,
  listJson,
  listRuleset,
  printItem,
  type Reference,
  type TableDeclaration,
  type TableItem,
} from '../../nft/index.ts';
import type { Family, Program, SetElement, SetSpec, Table } from '../../program/index.ts';
import { VERSION } from '../version.ts';
import { notThere } from './nft-report.ts';

type Target = Extract<Command, { kind: 'list' }>['object'];

export interface View {
  readonly program: Program;
  readonly options: ListOptions;
  readonly json: boolean;
  /** `list hooks`, which needs the engine: there where it is asked for. */
  readonly hooks?: typeof import('./nft-hooks.ts').hooksText;
}

/** What to print, or what is wrong with the question. */
export type Answer = { readonly text: string } | { readonly problem: Diagnostic };

export const INFO = { version: VERSION, releaseName: 'sluice' };

const declarations = (tables: readonly Table[], options: ListOptions): TableDeclaration[] =>
  decompile({ tables }, options).flatMap(({ object }) => (object.kind === 'table' ? [object] : []));

type Keep = (item: TableItem) => boolean;

/** A table with some of what is in it, close together, as nft prints everything but rulesets. */
function part(table: TableDeclaration, keep: Keep, options: ListOptions): string {
  const items = table.items.filter(keep).map((item) => printItem(item, options));
  return `table ${table.family} ${table.name.name} {\n${items.join('')}}\n`;
}

/** Words for all of a kind, and the kind. */
const PLURALS: Readonly<Record<string, TableItem['kind']>> = {
  counters: 'counter',
  quotas: 'quota',
  limits: 'limit',
  'ct helpers': 'ct helper',
  'ct timeouts': 'ct timeout',
  'ct expectations': 'ct expectation',
  secmarks: 'secmark',
  synproxys: 'synproxy',
  tunnels: 'tunnel',
  flowtables: 'flowtable',
  sets: 'set',
  maps: 'map',
  chains: 'chain',
};

const findTable = (program: Program, family: Family, name: string | undefined): Table | undefined =>
  program.tables.find((table) => table.family === family && table.name === name);

const chosen = (program: Program, { family, table }: Collection): readonly Table[] =>
  program.tables.filter(
    (one) =>
      (family === undefined || one.family === family) &&
      (table === undefined || one.name === table.name),
  );

/** Chains without their rules. */
const bare = (tables: readonly Table[]): Table[] =>
  tables.map((table) => ({
    ...table,
    chains: table.chains.map((chain) => ({ ...chain, rules: [] })),
  }));

const jsonOf = (view: View, tables: readonly Table[], keep: ListingFilter): Answer => ({
  text: `${listJson({ tables }, INFO, view.options, keep)}\n`,
});

function listCollection(view: View, target: Collection): Answer {
  const tables = chosen(view.program, target);
  if (target.table !== undefined && tables.length === 0)
    return { problem: notThere(target.table.span) };
  const { kind, chain } = target;
  const [table] = tables;
  if (chain !== undefined && table !== undefined)
    return listOne(view, table, isChain(chain.name), chain.name, chain.span);
  if (kind === 'ruleset') return listTables(view, tables);
  if (kind === 'hooks')
    return { text: view.hooks?.(view.program, target.family, target.device) ?? '' };
  if (kind === 'tables') {
    if (view.json) return jsonOf(view, bare(tables), (what) => what === 'table');
    return { text: tables.map(({ family, name }) => `table ${family} ${name}\n`).join('') };
  }
  return listKind(view, tables, kind);
}

const OF_NO_TABLE = new Set(['chains', 'sets', 'maps', 'meters', 'flowtables']);

function listKind(view: View, tables: readonly Table[], kind: Collection['kind']): Answer {
  if (kind === 'rules') return listTables(view, tables);
  // A meter of its own is an anonymous set that packets fill; other sets have a name to be asked for.
  const wanted = kind === 'meters' ? undefined : PLURALS[kind];
  if (view.json) return jsonOf(view, bare(tables), (what) => what === wanted);
  // do_list_obj() passes over tables that have no objects at all.
  const shown = OF_NO_TABLE.has(kind) ? tables : tables.filter((t) => t.objects.length > 0);
  const found = declarations(bare(shown), view.options);
  return { text: found.map((t) => part(t, (item) => item.kind === wanted, view.options)).join('') };
}

function listTables({ json, options }: View, tables: readonly Table[]): Answer {
  const program = { tables };
  if (json) return { text: `${listJson(program, INFO, options)}\n` };
  return { text: listRuleset(program, options) };
}

const isChain =
  (chain: string) =>
  (kind: string, name: string): boolean =>
    kind === 'chain' && name === chain;

/** What `reset rule` shows: the rule, in its chain. */
function listRuleOf(view: View, table: Table, { chain, handle, span }: Reference): Answer {
  const place = chain?.span ?? span;
  const chains = table.chains.map((one) =>
    one.name === chain?.name
      ? { ...one, rules: one.rules.filter((rule) => rule.handle === Number(handle)) }
      : one,
  );
  const found = chains.find((one) => one.name === chain?.name);
  if (chain === undefined || found === undefined) return { problem: notThere(place) };
  if (found.rules.length === 0) return { problem: notThere(span) };
  return listOne(view, { ...table, chains }, isChain(chain.name), chain.name, place);
}

const isDynamic = (table: Table, name: string): boolean =>
  table.sets.some((set) => set.name === name && set.flags.includes('dynamic'));

function listReference(view: View, target: Reference): Answer {
  const { table: at, family, name, kind } = target;
  const table = findTable(view.program, family, at?.name);
  if (table === undefined) return { problem: notThere(at?.span ?? target.span) };
  if (kind === 'table') return listTables(view, [table]);
  if (kind === 'rule') return listRuleOf(view, table, target);
  if (name === undefined) return { problem: notThere(target.span) };
  const isWanted = (what: string, its: string): boolean =>
    its === name.name &&
    (kind === 'meter'
      ? (what === 'set' || what === 'map') && isDynamic(table, its)
      : what === kind);
  return listOne(view, table, isWanted, kind === 'chain' ? name.name : undefined, name.span);
}

function listOne(
  view: View,
  table: Table,
  isWanted: (kind: string, name: string) => boolean,
  chain: string | undefined,
  span: Diagnostic['span'],
): Answer {
  // Only the rules of the chain that is asked for are worth reading back.
  const chains = table.chains.map((one) =>
    one.name === chain || one.flags.includes('binding') ? one : { ...one, rules: [] },
  );
  const slim = { ...table, chains };
  const [declared] = declarations([slim], view.options);
  const keep: Keep = (item) => isWanted(item.kind, item.name.name);
  if (declared === undefined || !declared.items.some(keep)) return { problem: notThere(span) };
  if (!view.json) return { text: part(declared, keep, view.options) };
  return jsonOf(view, [slim], (kind, fields) =>
    kind === 'rule' ? fields.chain === chain : isWanted(kind, String(fields.name)),
  );
}

const COLLECTIONS: ReadonlySet<string> = new Set([
  ...['ruleset', 'tables', 'hooks', 'rules', 'meters'],
  ...Object.keys(PLURALS),
]);

const isCollection = (target: Target): target is Collection => COLLECTIONS.has(target.kind);

export const answerList = (view: View, target: Target): Answer =>
  isCollection(target) ? listCollection(view, target) : listReference(view, target);

/** Whether one bound is not above another, in every field of a concatenation. */
function ordered(set: SetSpec, low: string, high: string): boolean {
  let at = 0;
  for (const bytes of set.fieldLens ?? [set.keyLen]) {
    const digits = ((bytes + 3) >> 2) * 8;
    if (low.slice(at, at + digits) > high.slice(at, at + digits)) return false;
    at += digits;
  }
  return true;
}

/** The element of a set that an asked-for key or range lies in. */
function elementFor(set: SetSpec, asked: SetElement): SetElement | undefined {
  const end = asked.keyEnd ?? asked.key;
  return set.elements.find((element) => {
    if (asked.catchall || element.catchall) return asked.catchall === element.catchall;
    return ordered(set, element.key, asked.key) && ordered(set, end, element.keyEnd ?? element.key);
  });
}

/** What `get element` prints: the set, with the elements that were found only. */
export function answerElements(
  view: View,
  place: { readonly family: Family; readonly table: string; readonly set: string },
  asked: readonly SetElement[],
  span: Diagnostic['span'],
): Answer {
  const table = findTable(view.program, place.family, place.table);
  const set = table?.sets.find(({ name }) => name === place.set);
  if (table === undefined || set === undefined) return { problem: notThere(span) };
  const found = asked.map((one) => elementFor(set, one));
  if (found.includes(undefined))
    return { problem: { ...notThere(span), message: `Could not process rule: ${NO_ELEMENT}` } };
  const elements = [...new Set(found)].flatMap((one) => one ?? []);
  const only: Table = { ...table, chains: [], objects: [], sets: [{ ...set, elements }] };
  if (view.json) return jsonOf(view, [only], (kind) => kind === 'set' || kind === 'map');
  const [declared] = declarations([only], view.options);
  return declared === undefined
    ? { problem: notThere(span) }
    : { text: part(declared, () => true, view.options) };
}

const NO_ELEMENT = 'No such file or directory';
