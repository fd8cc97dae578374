// Commands as changes. What only reads (list, get, monitor …) is handed through to whoever can
// answer it.

import type { Change, ObjectKind, Ref, TableFlag } from '../../program/index.ts';
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
  Collection,
  Command,
  Declaration,
  Deletable,
  ElementsDeclaration,
  FlowtableDeclaration,
  MapDeclaration,
  ObjectDeclaration,
  Reference,
  RuleDeclaration,
  SetDeclaration,
  TableDeclaration,
  TableItem,
} from '../ast/index.ts';
import { noSuchChain, noSuchObject, noSuchSet, unknownSymbol } from '../diagnostics/index.ts';
import type { Builder } from './builder.ts';
import { baseHook, flowtableHook } from './chains.ts';
import { objectData } from './objects.ts';
import { declaredSet, elementsOf } from './sets.ts';

type SetLike = SetDeclaration | MapDeclaration;

const at = (table: TableInfo) => ({ family: table.family, table: table.name });

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
      ...b.place(x.span),
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
  const base = baseHook(x) ?? table.chains.get(x.name.name)?.base;
  if (base === undefined) refuseBaseOnly(x);
  table.chains.set(x.name.name, base === undefined ? {} : { base });
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
    ...b.place(x.span),
  });
}

function addRules(b: Builder, x: ChainDeclaration): void {
  const table = b.scope.table(x.family, x.table.name);
  if (table === undefined || !table.chains.has(x.name.name)) return;
  for (const rule of x.rules) {
    b.attempt(() => {
      const compiled = b.rule(table, x.name, rule);
      b.push({
        ...at(table),
        op: 'newrule',
        chain: x.name.name,
        rule: compiled,
        where: 'add',
        ...b.place(rule.span),
      });
    });
  }
}

function addRule(b: Builder, x: RuleDeclaration, where: 'add' | 'insert' | 'replace'): void {
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
    const set = declaredSet(x, { ...declared, dynamic: info.dynamic }, source);
    return { ...at(table), op: 'newset', create, set, ...b.place(x.span) };
  });
}

function fillSet(b: Builder, x: SetLike): void {
  const table = b.table(x.family, x.table);
  const info = table.sets.get(x.name.name);
  if (x.elements === undefined || info === undefined) return;
  const literal = checkElements(b.context(table, x.span), info, x.elements, 'add');
  const elements = elementsOf(literal, info);
  if (elements.length === 0) return;
  b.push({ ...at(table), op: 'newelem', create: false, set: info.name, elements });
}

function findSet(b: Builder, x: ElementsDeclaration): { table: TableInfo; info: SetInfo } {
  const table = b.table(x.family, x.table);
  const info = table.sets.get(x.name.name);
  if (info !== undefined) return { table, info };
  throw new Refused(noSuchSet(x.name.span, x.name.name, table.sets.keys()));
}

function addElements(b: Builder, x: ElementsDeclaration, create: boolean): void {
  const { table, info } = findSet(b, x);
  const literal = checkElements(b.context(table, x.span), info, x.elements, 'add');
  const elements = elementsOf(literal, info);
  b.push({ ...at(table), op: 'newelem', create, set: info.name, elements, ...b.place(x.span) });
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
    ...b.place(x.span),
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
    ...b.place(x.span),
  });
}

function addDeclared(b: Builder, x: Declaration, create: boolean): void {
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

const refOf = (x: Reference): Ref => ({
  ...(x.name !== undefined && { name: x.name.name }),
  ...(x.handle !== undefined && { handle: Number(x.handle) }),
});

function deleteTable(b: Builder, x: Reference, destroy: boolean): void {
  const { table, family } = x;
  if (table !== undefined) {
    if (!destroy) b.table(family, table);
    b.scope.deleteTable(family, table.name);
  }
  const ref = {
    ...(table !== undefined && { name: table.name }),
    ...(x.handle !== undefined && { handle: Number(x.handle) }),
  };
  b.push({ op: 'deltable', destroy, family, table: ref, ...b.place(x.span) });
}

/** The table a reference is in. With `destroy` it need not be there. */
function tableOf(b: Builder, x: Reference, destroy: boolean): TableInfo {
  if (x.table === undefined) return refuse('no_table', x.span, 'no table named');
  if (!destroy) return b.table(x.family, x.table);
  return b.scope.table(x.family, x.table.name) ?? b.scope.addTable(x.family, x.table.name);
}

function deleteChain(table: TableInfo, x: Reference, destroy: boolean): Change {
  const name = x.name;
  if (name !== undefined) {
    if (!destroy && !table.chains.has(name.name)) {
      throw new Refused(noSuchChain(name.span, name.name, table.chains.keys()));
    }
    table.chains.delete(name.name);
  }
  return { ...at(table), op: 'delchain', destroy, chain: refOf(x) };
}

function deleteSet(table: TableInfo, x: Reference, destroy: boolean): Change {
  const name = x.name;
  if (name !== undefined) {
    if (!destroy && !table.sets.has(name.name)) {
      throw new Refused(noSuchSet(name.span, name.name, table.sets.keys()));
    }
    table.sets.delete(name.name);
  }
  return { ...at(table), op: 'delset', destroy, set: refOf(x) };
}

function deleteObject(table: TableInfo, x: Reference, kind: ObjectKind, destroy: boolean): Change {
  const name = x.name;
  if (name !== undefined) {
    const there = table.objects.delete(objectKey(kind, name.name));
    if (!there && !destroy) throw new Refused(noSuchObject(name.span, kind, name.name));
  }
  return { ...at(table), op: 'delobj', destroy, type: kind, object: refOf(x) };
}

function deletionOf(b: Builder, x: Reference, destroy: boolean): Change {
  const table = tableOf(b, x, destroy);
  switch (x.kind) {
    case 'chain':
      return deleteChain(table, x, destroy);
    case 'rule': {
      const chain = x.chain;
      if (chain !== undefined && !destroy && !table.chains.has(chain.name)) {
        throw new Refused(noSuchChain(chain.span, chain.name, table.chains.keys()));
      }
      const rule = x.handle === undefined ? {} : { rule: { handle: Number(x.handle) } };
      const where = chain === undefined ? {} : { chain: chain.name };
      return { ...at(table), op: 'delrule', destroy, ...where, ...rule };
    }
    case 'set':
    case 'map':
    case 'meter':
      return deleteSet(table, x, destroy);
    case 'flowtable':
      if (x.name !== undefined) table.flowtables.delete(x.name.name);
      return { ...at(table), op: 'delflowtable', destroy, flowtable: refOf(x) };
    case 'table':
      return refuse('bad_delete', x.span, 'a table is not in a table');
    default:
      return deleteObject(table, x, x.kind, destroy);
  }
}

function deleteElements(b: Builder, x: ElementsDeclaration, destroy: boolean): void {
  const { table, info } = findSet(b, x);
  const literal = checkElements(b.context(table, x.span), info, x.elements, 'delete');
  const elements = elementsOf(literal, info);
  b.push({ ...at(table), op: 'delelem', destroy, set: info.name, elements, ...b.place(x.span) });
}

function remove(b: Builder, x: Deletable, destroy: boolean): void {
  if (x.kind === 'element') {
    deleteElements(b, x, destroy);
    return;
  }
  if (x.kind === 'chain' && 'rules' in x) {
    const table = b.table(x.family, x.table);
    const devices = x.devices.map(({ name }) => name);
    const chain = { name: x.name.name };
    b.push({ ...at(table), op: 'delchain', destroy, chain, devices, ...b.place(x.span) });
    return;
  }
  if (x.kind === 'flowtable' && 'devices' in x) {
    const table = b.table(x.family, x.table);
    const devices = x.devices.map(({ name }) => name);
    const flowtable = { name: x.name.name };
    b.push({ ...at(table), op: 'delflowtable', destroy, flowtable, devices, ...b.place(x.span) });
    return;
  }
  const reference = x as Reference;
  if (reference.kind === 'table') {
    deleteTable(b, reference, destroy);
    return;
  }
  b.push({ ...deletionOf(b, reference, destroy), ...b.place(x.span) } as Change);
}

function flushRuleset(b: Builder, x: Collection): void {
  b.scope.deleteTables(x.family);
  const family = x.family === undefined ? {} : { family: x.family };
  b.push({ op: 'deltable', destroy: false, ...family, ...b.place(x.span) });
}

function flush(b: Builder, x: Reference | Collection): void {
  if (x.kind === 'ruleset') {
    flushRuleset(b, x as Collection);
    return;
  }
  const reference = x as Reference;
  const table = tableOf(b, reference, false);
  const place = b.place(x.span);
  const name = reference.name;
  switch (x.kind) {
    case 'table':
      b.push({ ...at(table), op: 'delrule', destroy: false, ...place });
      return;
    case 'chain':
      if (name === undefined) return;
      if (!table.chains.has(name.name)) {
        throw new Refused(noSuchChain(name.span, name.name, table.chains.keys()));
      }
      b.push({ ...at(table), op: 'delrule', destroy: false, chain: name.name, ...place });
      return;
    case 'set':
    case 'map':
    case 'meter': {
      if (name === undefined) return;
      const info = table.sets.get(name.name);
      if (info === undefined) {
        throw new Refused(noSuchSet(name.span, name.name, table.sets.keys()));
      }
      info.ranges = [];
      b.push({ ...at(table), op: 'delelem', destroy: false, set: name.name, ...place });
      return;
    }
    default:
      refuse('bad_flush', x.span, `nothing to flush in a ${x.kind}`);
  }
}

function rename(b: Builder, x: Extract<Command, { kind: 'rename' }>): void {
  const { object, to } = x;
  const table = tableOf(b, object, false);
  const name = object.name;
  if (name === undefined) return;
  const chain = table.chains.get(name.name);
  if (chain === undefined) {
    throw new Refused(noSuchChain(name.span, name.name, table.chains.keys()));
  }
  table.chains.delete(name.name);
  table.chains.set(to.name, chain);
  b.push({ ...at(table), op: 'renamechain', chain: name.name, to: to.name, ...b.place(x.span) });
}

/** Turns one command into changes. False for a command that only reads. */
export function addCommand(b: Builder, x: Command): boolean {
  switch (x.kind) {
    case 'add':
      b.attempt(() => addDeclared(b, x.object, false));
      return true;
    case 'create':
      b.attempt(() => addDeclared(b, x.object, true));
      return true;
    case 'insert':
      b.attempt(() => addRule(b, x.object, 'insert'));
      return true;
    case 'replace':
      b.attempt(() => addRule(b, x.object, 'replace'));
      return true;
    case 'delete':
      b.attempt(() => remove(b, x.object, false));
      return true;
    case 'destroy':
      b.attempt(() => remove(b, x.object, true));
      return true;
    case 'flush':
      b.attempt(() => flush(b, x.object));
      return true;
    case 'rename':
      b.attempt(() => rename(b, x));
      return true;
    default:
      return false;
  }
}
