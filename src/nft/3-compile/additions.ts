// Declarations as changes: tables, chains, sets, objects, and the rules and elements in them.

import type { Change, TableFlag } from '../../program/index.ts';
import {
  checkElements,
  checkRedeclared,
  declareSet,
  objectKey,
  Refused,
  refuse,
  type SetInfo,
  type TableInfo,
} from '../2-check/index.ts';
import type {
  ChainDeclaration,
  Declaration,
  ElementsDeclaration,
  FlowtableDeclaration,
  MapDeclaration,
  ObjectDeclaration,
  RuleDeclaration,
  SetDeclaration,
  TableDeclaration,
  TableItem,
} from '../ast/index.ts';
import { noSuchSet, unknownSymbol } from '../diagnostics/index.ts';
import type { Builder, CompiledRule } from './builder.ts';
import { baseHook, flowtableHook } from './chains.ts';
import { objectData } from './objects.ts';
import { declaredSet, elementsOf } from './sets.ts';

type SetLike = SetDeclaration | MapDeclaration;

export const at = (table: TableInfo) => ({ family: table.family, table: table.name });

const TABLE_FLAGS: readonly TableFlag[] = ['dormant', 'owner', 'persist'];

function tableFlags(x: TableDeclaration): TableFlag[] {
  return x.flags.map(({ name, span }) => {
    const flag = TABLE_FLAGS.find((known) => known === name);
    return flag ?? refuseFlag(span, name);
  });
}

const refuseFlag = (span: TableDeclaration['span'], name: string): never => {
  throw new Refused(unknownSymbol(span, name, 'table flag', TABLE_FLAGS));
};

function addTable(b: Builder, x: TableDeclaration, create: boolean): void {
  const { family, name } = x;
  b.attempt(() => {
    b.push({
      op: 'newtable',
      create,
      family,
      table: {
        name: name.name,
        flags: tableFlags(x),
        ...(x.comment !== undefined && { comment: x.comment }),
      },
      ...b.named(x.name),
    });
  });
  b.scope.addTable(family, name.name);
  addItems(b, x.items);
}

/** nft sends a table's contents in this order, so that each finds what it refers to. */
function addItems(b: Builder, items: readonly TableItem[]): void {
  const chains = items.filter((item) => item.kind === 'chain');
  const sets = items.filter((item) => item.kind === 'set' || item.kind === 'map');
  for (const chain of chains) b.attempt(() => addChain(b, chain, false));
  for (const item of items) {
    if (item.kind === 'chain' || item.kind === 'set' || item.kind === 'map') continue;
    b.attempt(() => addDeclared(b, item, false));
  }
  for (const set of sets) b.attempt(() => addSet(b, set, false));
  for (const set of sets) b.attempt(() => fillSet(b, set));
  for (const chain of chains) addRules(b, chain);
}

/** Policies and devices belong to a hook. */
function refuseBaseOnly(x: ChainDeclaration): void {
  const [device] = x.devices;
  if (device !== undefined) refuse('no_hook', device.span, 'only a base chain has devices');
  if (x.policy === undefined) return;
  refuse('no_hook', x.name.span, 'only a base chain has a policy', {
    hint: "say where it is hooked first: 'type filter hook input priority filter;'",
  });
}

function addChain(b: Builder, x: ChainDeclaration, create: boolean): void {
  const table = b.table(x.family, x.table);
  const known = table.chains.get(x.name.name);
  const base = baseHook(x) ?? known?.base;
  if (base === undefined) refuseBaseOnly(x);
  if (known === undefined || base !== known.base) {
    const existed = known?.existed ?? false;
    table.chains.set(x.name.name, { ...(base && { base }), ...(existed && { existed }) });
  }
  b.push({
    ...at(table),
    op: 'newchain',
    create,
    chain: {
      name: x.name.name,
      ...(x.hook !== undefined && base !== undefined && { base }),
      ...(x.policy !== undefined && { policy: x.policy }),
      flags: x.offload ? ['offload'] : [],
      ...(x.comment !== undefined && { comment: x.comment }),
      ...b.place(x.name.span),
    },
    ...b.named(x.name),
  });
}

/** One literal without spreads, since there may be ten thousand of them. */
function newRule({ family, name }: TableInfo, chain: string, rule: CompiledRule): Change {
  const { source } = rule;
  return source === undefined
    ? { op: 'newrule', family, table: name, chain, rule, where: 'add' }
    : { op: 'newrule', family, table: name, chain, rule, where: 'add', source };
}

function addRules(b: Builder, x: ChainDeclaration): void {
  const table = b.scope.table(x.family, x.table.name);
  if (table === undefined || !table.chains.has(x.name.name)) return;
  for (const rule of x.rules) {
    b.attempt(() => {
      const compiled = b.rule(table, x.name, rule);
      b.push(newRule(table, x.name.name, compiled));
    });
  }
}

export function addRule(b: Builder, x: RuleDeclaration, where: 'add' | 'insert' | 'replace'): void {
  const table = b.table(x.family, x.table);
  const compiled = b.rule(table, x.chain, x.rule);
  const { position } = x;
  b.push({
    ...at(table),
    op: 'newrule',
    chain: x.chain.name,
    rule: compiled,
    where,
    ...(position?.by === 'handle' && { handle: Number(position.handle) }),
    ...(position?.by === 'index' && { index: Number(position.index) }),
    ...b.place(x.span),
  });
}

function addSet(b: Builder, x: SetLike, create: boolean): void {
  const table = b.table(x.family, x.table);
  const declared = declareSet(x);
  const known = table.sets.get(x.name.name);
  if (known !== undefined) checkRedeclared(x, known, declared);
  const info = known ?? declared;
  table.sets.set(info.name, info);
  table.taken.add(info.name);
  const { source } = b.place(x.name.span);
  // A rule that adds elements makes the set dynamic, and may come later.
  b.pushLate(() => {
    const set = declaredSet(x, { ...declared, dynamic: info.dynamic }, info.declared, source);
    return { ...at(table), op: 'newset', create, set, ...b.named(x.name) };
  });
}

function fillSet(b: Builder, x: SetLike): void {
  const table = b.table(x.family, x.table);
  const info = table.sets.get(x.name.name);
  if (x.elements === undefined || info === undefined) return;
  const literal = checkElements(b.context(table, x.span), info, x.elements, 'add');
  const elements = elementsOf(literal, info);
  info.declared = elements.length;
  if (elements.length === 0) return;
  b.push({ ...at(table), op: 'newelem', create: false, set: info.name, elements });
}

export function findSet(b: Builder, x: ElementsDeclaration): { table: TableInfo; info: SetInfo } {
  const table = b.table(x.family, x.table);
  const info = table.sets.get(x.name.name);
  if (info !== undefined) return { table, info };
  throw new Refused(noSuchSet(x.name.span, x.name.name, table.sets.keys()));
}

function addElements(b: Builder, x: ElementsDeclaration, create: boolean): void {
  const { table, info } = findSet(b, x);
  const literal = checkElements(b.context(table, x.span), info, x.elements, 'add');
  const elements = elementsOf(literal, info);
  b.push({
    ...at(table),
    op: 'newelem',
    create,
    set: info.name,
    elements,
    ...b.named(x.elements),
  });
}

function addFlowtable(b: Builder, x: FlowtableDeclaration, create: boolean): void {
  const table = b.table(x.family, x.table);
  const known = table.flowtables.has(x.name.name);
  if (x.hook === undefined && x.devices.length === 0 && !known) {
    refuse('no_hook', x.span, 'missing hook and priority in flowtable declaration');
  }
  table.flowtables.add(x.name.name);
  b.push({
    ...at(table),
    op: 'newflowtable',
    create,
    flowtable: {
      name: x.name.name,
      ...flowtableHook(x),
      devices: x.devices.map(({ name }) => name),
      flags: [
        ...(x.offload ? (['offload'] as const) : []),
        ...(x.counter ? (['counter'] as const) : []),
      ],
      ...b.place(x.name.span),
    },
    ...b.named(x.name),
  });
}

function addObject(b: Builder, x: ObjectDeclaration, create: boolean): void {
  const table = b.table(x.family, x.table);
  const data = objectData(x);
  table.objects.add(objectKey(x.kind, x.name.name));
  b.push({
    ...at(table),
    op: 'newobj',
    create,
    object: {
      name: x.name.name,
      data,
      ...(x.comment !== undefined && { comment: x.comment }),
      ...b.place(x.name.span),
    },
    ...b.named(x.name),
  });
}

export function addDeclared(b: Builder, x: Declaration, create: boolean): void {
  switch (x.kind) {
    case 'table':
      addTable(b, x, create);
      return;
    case 'chain':
      addChain(b, x, create);
      addRules(b, x);
      return;
    case 'rule':
      addRule(b, x, 'add');
      return;
    case 'set':
    case 'map':
      addSet(b, x, create);
      fillSet(b, x);
      return;
    case 'element':
      addElements(b, x, create);
      return;
    case 'flowtable':
      addFlowtable(b, x, create);
      return;
    default:
      addObject(b, x, create);
      return;
  }
}
