// Changes of a ruleset told one by one, as `nft monitor` and `nft --echo` tell them.

import {
  decompile,
  type JsonObject,
  type ListOptions,
  listJson,
  listRule,
  printItem,
  stringifyJson,
  type TableItem,
} from '../../nft/index.ts';
import type { Batch, Change, Program, SetElement, Table } from '../../program/index.ts';
import { INFO } from './nft-query.ts';

type ChangeOf<K extends Change['op']> = Extract<Change, { op: K }>;

export interface Told {
  /** `add`, `insert`, `replace` or `delete`. */
  readonly verb: string;
  /** What `nft monitor` filters by. */
  readonly object: 'tables' | 'chains' | 'sets' | 'rules' | 'elements' | 'ruleset';
  readonly text: string;
  readonly json: string;
}

/** A committed change between two rulesets. */
export interface Commit {
  readonly changes: Batch;
  readonly before: Program;
  readonly after: Program;
}

interface Cx {
  readonly commit: Commit;
  readonly options: ListOptions;
}

const tableIn = (program: Program, at: { family: string; table: string }): Table | undefined =>
  program.tables.find(({ family, name }) => family === at.family && name === at.table);

/** The lines of a block behind one another: `{ type ipv4_addr; flags interval; }`. */
function oneLine(item: TableItem, options: ListOptions): string {
  const [, ...lines] = printItem(item, { ...options, terse: true, handles: false }).split('\n');
  const inside = lines.map((line) => line.trim()).filter((line) => line !== '' && line !== '}');
  const ends = item.kind === 'chain' || item.kind === 'set' || item.kind === 'map' ? ';' : '';
  const words = inside.map((line) => (line.endsWith(';') ? line : `${line}${ends}`));
  return words.length === 0 ? '' : ` { ${words.join(' ')} }`;
}

/** Something of a table as its declaration and as JSON; undefined where it is gone again. */
function declared(
  cx: Cx,
  table: Table,
  kinds: readonly string[],
  name: string,
): { readonly item: TableItem; readonly json: string } | undefined {
  const slim: Table = {
    ...table,
    chains: table.chains.map((chain) => ({ ...chain, rules: [] })),
    sets: table.sets.filter((set) => set.name === name).map((set) => ({ ...set, elements: [] })),
  };
  const [command] = decompile({ tables: [slim] }, cx.options);
  const items = command?.object.kind === 'table' ? command.object.items : [];
  const item = items.find((one) => kinds.includes(one.kind) && one.name.name === name);
  if (item === undefined) return undefined;
  const json = listed(cx, [slim], (kind, fields) => kinds.includes(kind) && fields.name === name);
  return { item, json };
}

/** The entries of a listing, without what stands around them. */
function listed(
  cx: Cx,
  tables: readonly Table[],
  keep: (kind: string, fields: Readonly<Record<string, unknown>>) => boolean,
): string {
  const text = listJson({ tables }, INFO, cx.options, keep);
  const first = text.indexOf('}}, {');
  return first < 0 ? '{}' : text.slice(first + 4, -2);
}

const handleNote = (cx: Cx, handle: number | undefined): string =>
  cx.options.handles && handle !== undefined ? ` # handle ${handle}` : '';

type At = { readonly family: string; readonly table: string };
const place = ({ family, table }: At): string => `${family} ${table}`;

function told(verb: string, object: Told['object'], text: string, json: string): Told {
  return { verb, object, text: `${verb} ${text}`, json: `{"${verb}": ${json}}` };
}

const gone = (object: Told['object'], kind: string, words: string, fields: JsonObject): Told =>
  told('delete', object, `${kind} ${words}`, stringifyJson({ [kind]: fields }));

function newTable(cx: Cx, { family, table }: ChangeOf<'newtable'>): Told[] {
  const { name, handle, flags } = table;
  const fields = { family, name, handle, ...(flags.length > 0 && { flags }) };
  const text = `table ${family} ${name}${handleNote(cx, handle)}`;
  return [told('add', 'tables', text, stringifyJson({ table: fields }))];
}

function newNamed(
  cx: Cx,
  change: At,
  object: Told['object'],
  kinds: readonly string[],
  named: { readonly name: string; readonly handle?: number },
): Told[] {
  const table = tableIn(cx.commit.after, change);
  const found = table && declared(cx, table, kinds, named.name);
  if (found === undefined) return [];
  const { item, json } = found;
  const words = `${item.kind} ${place(change)} ${named.name}${oneLine(item, cx.options)}`;
  return [told('add', object, `${words}${handleNote(cx, named.handle)}`, json)];
}

function newRule(cx: Cx, change: ChangeOf<'newrule'>): Told[] {
  const table = tableIn(cx.commit.after, change);
  const chain = table?.chains.find(({ name }) => name === change.chain);
  if (table === undefined || chain === undefined || chain.flags.includes('binding')) return [];
  const { handle } = change.rule;
  const at = chain.rules.findIndex((rule) => rule.handle === handle);
  const rule = chain.rules[at];
  if (rule === undefined) return [];
  // NFTA_RULE_POSITION of an inserted rule is the handle of the one before it.
  const behind = change.where === 'replace' ? handle : chain.rules[at - 1]?.handle;
  const where = change.where !== 'add' && behind !== undefined ? ` handle ${behind}` : '';
  const words = unwrapped(listRule(rule, table, cx.options));
  const text = `rule ${place(change)} ${change.chain}${where} ${words}`;
  const slim = { ...table, chains: [{ ...chain, rules: [rule] }, ...bindings(table)] };
  const keep = (kind: string, fields: Readonly<Record<string, unknown>>): boolean =>
    kind === 'rule' && fields.handle === handle && fields.chain === change.chain;
  return [told(change.where, 'rules', text, listed(cx, [slim], keep))];
}

/** A chain inside a rule on the rule's own line. */
const unwrapped = (rule: string): string =>
  rule
    .replace(/\{\n\t*/g, '{ ')
    .replace(/\n\t*\}/g, '; }')
    .replace(/\n\t*/g, '; ');

const bindings = (table: Table) => table.chains.filter(({ flags }) => flags.includes('binding'));

/** The kernel tells each element in a message of its own. */
function elementEvents(
  cx: Cx,
  verb: 'add' | 'delete',
  change: At & { readonly set: string },
  element: SetElement,
  program: Program,
): Told[] {
  const table = tableIn(program, change);
  const set = table?.sets.find(({ name }) => name === change.set);
  if (table === undefined || set === undefined || set.flags.includes('anonymous')) return [];
  const only: Table = {
    ...table,
    chains: [],
    objects: [],
    sets: [{ ...set, elements: [element] }],
  };
  const [command] = decompile({ tables: [only] }, cx.options);
  const item = command?.object.kind === 'table' ? command.object.items[0] : undefined;
  if (item === undefined) return [];
  const block = printItem(item, { ...cx.options, terse: false });
  const braces = /elements = (\{[\s\S]*\})\n\t\}/.exec(block)?.[1]?.replace(/\s+/g, ' ') ?? '';
  const json = listed(cx, [only], (kind) => kind === 'set' || kind === 'map');
  const elem = /"elem": (\[[\s\S]*\])\}\}$/.exec(json)?.[1] ?? '[]';
  const head = `"family": "${change.family}", "table": "${change.table}", "name": "${change.set}"`;
  const entry = `{"element": {${head}, "elem": ${elem}}}`;
  return [told(verb, 'elements', `element ${place(change)} ${change.set} ${braces}`, entry)];
}

/** A flush is told as the deletion of each rule. */
function deletedRules(cx: Cx, change: ChangeOf<'delrule'>): Told[] {
  const chains = tableIn(cx.commit.before, change)?.chains ?? [];
  return chains
    .filter(({ name, flags }) => !flags.includes('binding') && (change.chain ?? name) === name)
    .flatMap((chain) => chain.rules.map((rule) => ({ chain: chain.name, handle: rule.handle })))
    .filter(({ handle }) => change.rule === undefined || handle === change.rule.handle)
    .map(({ chain, handle }) =>
      gone('rules', 'rule', `${place(change)} ${chain} handle ${handle}`, {
        ...at(change),
        chain,
        handle,
      }),
    );
}

const at = ({ family, table }: At): At => ({ family, table });

/** A table goes with everything in it: rules, sets, the rest, chains (nft_flush_table). */
function deletedTable(cx: Cx, change: ChangeOf<'deltable'>): Told[] {
  const { family, table: ref } = change;
  const name = ref?.name ?? '';
  const table = cx.commit.before.tables.find((one) => one.family === family && one.name === name);
  const own = gone('tables', 'table', `${family} ${name}`, { family, name, handle: ref?.handle });
  return [...(table === undefined ? [] : contents(cx, table)), own];
}

function contents(cx: Cx, table: Table): Told[] {
  const where = { family: table.family, table: table.name };
  const destroy = false;
  return [
    ...deletedRules(cx, { op: 'delrule', destroy, ...where }),
    ...table.sets
      .filter(({ flags }) => !flags.includes('anonymous'))
      .flatMap((set) => deletedSet(cx, { op: 'delset', destroy, ...where, set })),
    ...table.flowtables.map((one) => deletedNamed('flowtable', where, one)),
    ...table.objects.map((one) => deletedNamed(one.data.kind, where, one)),
    ...table.chains
      .filter(({ flags }) => !flags.includes('binding'))
      .map((chain) => deletedNamed('chain', where, chain)),
  ];
}

function deletedNamed(
  kind: string,
  where: At,
  { name, handle }: { readonly name?: string; readonly handle?: number },
): Told {
  const object = kind === 'chain' ? 'chains' : 'ruleset';
  return gone(object, kind, `${place(where)} ${name}`, { ...at(where), name, handle });
}

function deletedSet(cx: Cx, change: ChangeOf<'delset'>): Told[] {
  const { name, handle } = change.set;
  const set = tableIn(cx.commit.before, change)?.sets.find((one) => one.name === name);
  const kind = set?.dataType !== undefined || set?.objType !== undefined ? 'map' : 'set';
  return [gone('sets', kind, `${place(change)} ${name}`, { ...at(change), name, handle })];
}

function one(cx: Cx, change: Change): Told[] {
  switch (change.op) {
    case 'newtable':
      return newTable(cx, change);
    case 'newchain':
      return newNamed(cx, change, 'chains', ['chain'], change.chain);
    case 'newset':
      return newNamed(cx, change, 'sets', ['set', 'map'], change.set);
    case 'newobj':
      return newNamed(cx, change, 'ruleset', [change.object.data.kind], change.object);
    case 'newflowtable':
      return newNamed(cx, change, 'ruleset', ['flowtable'], change.flowtable);
    case 'newrule':
      return newRule(cx, change);
    case 'newelem':
      return change.elements.flatMap((x) => elementEvents(cx, 'add', change, x, cx.commit.after));
    case 'delelem': {
      const set = tableIn(cx.commit.before, change)?.sets.find(({ name }) => name === change.set);
      const elements = change.elements ?? set?.elements ?? [];
      return elements.flatMap((x) => elementEvents(cx, 'delete', change, x, cx.commit.before));
    }
    case 'deltable':
      return deletedTable(cx, change);
    case 'delrule':
      return deletedRules(cx, change);
    case 'delset':
      return deletedSet(cx, change);
    case 'delchain':
      return [deletedNamed('chain', change, change.chain)];
    case 'renamechain':
      return newNamed(cx, change, 'chains', ['chain'], { name: change.to });
    case 'delobj':
      return [deletedNamed(change.type, change, change.object)];
    case 'delflowtable':
      return [deletedNamed('flowtable', change, change.flowtable)];
    case 'reset':
      return [];
  }
}

export const tell = (commit: Commit, options: ListOptions): Told[] =>
  commit.changes.flatMap((change) => one({ commit, options }, change));
