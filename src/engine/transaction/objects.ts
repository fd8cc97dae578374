// newobj, delobj, newflowtable and delflowtable in nf_tables_api.c.

import type { Change, Family, ObjectData } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import { objectBody } from '../expr/objects.ts';
import { NamedObj } from '../state/objects.ts';
import { objectKey, type RuntimeFlowtable, type Table } from '../state/table.ts';
import { checkName } from './tables.ts';
import type { Transaction } from './transaction.ts';

type NewObj = Extract<Change, { op: 'newobj' }>;
type DelObj = Extract<Change, { op: 'delobj' }>;
type NewFlowtable = Extract<Change, { op: 'newflowtable' }>;
type DelFlowtable = Extract<Change, { op: 'delflowtable' }>;

export function newObj(tx: Transaction, change: NewObj): void {
  const table = tx.state.table(change.family, change.table);
  const { object: spec } = change;
  checkName(spec.name);
  const key = objectKey(spec.data.kind, spec.name);
  const old = table.objects.get(key);
  if (old !== undefined) {
    if (change.create) refuse('EEXIST', `${spec.data.kind} ${spec.name} exists`);
    const before = old.body.dump();
    if (old.body.update?.(spec.data)) tx.undoWith(() => old.body.update?.(before));
    return;
  }
  checkLayer3(spec.data, change.family);
  const object = new NamedObj(tx.handle(table, spec.handle), spec, objectBody(spec, tx.env));
  tx.put(table.objects, key, object);
  tx.done.push({ ...change, object: { ...spec, handle: object.handle } });
}

/** nft_ct_helper_obj_init() and nft_ct_expect_obj_init(): what a table's packets can be. */
function checkLayer3(data: ObjectData, family: Family): void {
  if (data.kind !== 'ct helper' && data.kind !== 'ct expectation') return;
  const { kind, l3proto = family } = data;
  const one = l3proto === 'ip' || l3proto === 'ip6';
  if (!one && !(kind === 'ct helper' && l3proto === 'inet'))
    refuse('EAFNOSUPPORT', `${kind} is of family ip or ip6, not ${l3proto}`);
  if (family !== 'inet' && family !== l3proto)
    refuse('EINVAL', `${kind} of family ${l3proto} in a table of family ${family}`);
}

export function delObj(tx: Transaction, change: DelObj): void {
  const objects = tx.state.find(change.family, change.table)?.objects;
  const { name, handle } = change.object;
  const object = [...(objects?.values() ?? [])].find(
    (one) =>
      one.kind === change.type && (name === undefined ? one.handle === handle : one.name === name),
  );
  if (objects === undefined || object === undefined) {
    if (change.destroy) return;
    tx.state.table(change.family, change.table);
    refuse('ENOENT', `there is no ${change.type} ${name ?? `with handle ${handle}`}`);
  }
  if (object.uses > 0) refuse('EBUSY', `${object.kind} ${object.name} is in use`);
  tx.drop(objects, objectKey(object.kind, object.name));
  tx.done.push({ ...change, object: { name: object.name, handle: object.handle } });
}

export function newFlowtable(tx: Transaction, change: NewFlowtable): void {
  const table = tx.state.table(change.family, change.table);
  const { flowtable: spec } = change;
  checkName(spec.name);
  const old = table.flowtables.get(spec.name);
  if (old !== undefined) {
    if (change.create) refuse('EEXIST', `flowtable ${spec.name} exists`);
    updateFlowtable(tx, table, old, spec.devices);
    return;
  }
  if (table.family !== 'ip' && table.family !== 'ip6' && table.family !== 'inet')
    refuse('ENOENT', `family ${table.family} has no flowtables`);
  checkDevices(table, spec.name, spec.devices);
  const handle = tx.handle(table, spec.handle);
  const made: RuntimeFlowtable = { handle, spec, uses: 0, running: null };
  tx.put(table.flowtables, spec.name, made);
  tx.tables.add(table);
  tx.done.push({ ...change, flowtable: { ...spec, handle: made.handle } });
}

/** nft_register_flowtable_net_hooks(): a device has one flowtable of a table. */
function checkDevices(table: Table, name: string, devices: readonly string[]): void {
  for (const other of table.flowtables.values()) {
    const shared = other.spec.devices.find((device) => devices.includes(device));
    if (shared !== undefined && other.spec.name !== name)
      refuse('EEXIST', `device ${shared} is in flowtable ${other.spec.name}`);
  }
}

function updateFlowtable(
  tx: Transaction,
  table: Table,
  flowtable: RuntimeFlowtable,
  devices: readonly string[],
): void {
  const before = flowtable.spec;
  const more = devices.filter((device) => !before.devices.includes(device));
  if (more.length === 0) return;
  checkDevices(table, before.name, more);
  tx.tables.add(table);
  flowtable.spec = { ...before, devices: [...before.devices, ...more] };
  tx.undoWith(() => {
    flowtable.spec = before;
  });
}

export function delFlowtable(tx: Transaction, change: DelFlowtable): void {
  const table = tx.state.find(change.family, change.table);
  const flowtables = table?.flowtables;
  const { name, handle } = change.flowtable;
  const found = [...(flowtables?.values() ?? [])].find((one) =>
    name === undefined ? one.handle === handle : one.spec.name === name,
  );
  if (table === undefined || flowtables === undefined || found === undefined) {
    if (change.destroy) return;
    tx.state.table(change.family, change.table);
    refuse('ENOENT', `there is no flowtable ${name ?? `with handle ${handle}`}`);
  }
  tx.tables.add(table);
  const { devices } = change;
  if (devices !== undefined) {
    const before = found.spec;
    found.spec = { ...before, devices: before.devices.filter((d) => !devices.includes(d)) };
    tx.undoWith(() => {
      found.spec = before;
    });
  } else {
    if (found.uses > 0) refuse('EBUSY', `flowtable ${found.spec.name} is in use`);
    tx.drop(flowtables, found.spec.name);
  }
  tx.done.push(change);
}
