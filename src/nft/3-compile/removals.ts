// Deletions, flushes and renames as changes.

import type { Change, ObjectKind, Ref } from '../../program/index.ts';
import { checkElements, objectKey, Refused, refuse, type TableInfo } from '../2-check/index.ts';
import type {
  Collection,
  Command,
  Deletable,
  ElementsDeclaration,
  Reference,
} from '../ast/index.ts';
import { noSuchChain, noSuchObject, noSuchSet } from '../diagnostics/index.ts';
import { at, findSet } from './additions.ts';
import type { Builder } from './builder.ts';
import { elementsOf } from './sets.ts';

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
  b.push({ op: 'deltable', destroy, family, table: ref, ...b.named(table ?? x) });
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
  const place = b.named(x.elements);
  b.push({ ...at(table), op: 'delelem', destroy, set: info.name, elements, ...place });
}

export function remove(b: Builder, x: Deletable, destroy: boolean): void {
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
  const place = b.named(reference.name ?? x);
  b.push({ ...deletionOf(b, reference, destroy), ...place } as Change);
}

function flushRuleset(b: Builder, x: Collection): void {
  b.scope.deleteTables(x.family);
  const family = x.family === undefined ? {} : { family: x.family };
  b.push({ op: 'deltable', destroy: false, ...family, ...b.place(x.span) });
}

export function flush(b: Builder, x: Reference | Collection): void {
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

export function rename(b: Builder, x: Extract<Command, { kind: 'rename' }>): void {
  const { object, to } = x;
  const table = tableOf(b, object, false);
  const name = object.name;
  if (name === undefined) return;
  const chain = table.chains.get(name.name);
  if (chain === undefined) {
    throw new Refused(noSuchChain(name.span, name.name, table.chains.keys()));
  }
  if (chain.existed !== true) {
    refuse('renamed_too_soon', name.span, `chain '${name.name}' is made by the same commands`, {
      hint: 'a chain is renamed by its handle, which it has once these are carried out',
    });
  }
  const change = { ...at(table), op: 'renamechain', chain: name.name, to: to.name } as const;
  b.rename(table, chain, { ...change, ...b.place(x.span) });
}
