// newtable and deltable: nf_tables_newtable() and nf_tables_deltable() in nf_tables_api.c.

import type { Change } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import { Table, tableKey } from '../state/table.ts';
import type { Transaction } from './transaction.ts';

type NewTable = Extract<Change, { op: 'newtable' }>;
type DelTable = Extract<Change, { op: 'deltable' }>;

/** NFT_NAME_MAXLEN with its zero. */
const NAME_MAX = 255;

export function checkName(name: string): void {
  if (name === '' || name.length > NAME_MAX) refuse('EINVAL', `'${name}' cannot be a name`);
}

export function newTable(tx: Transaction, change: NewTable): void {
  const { family, table: spec } = change;
  checkName(spec.name);
  const old = tx.state.find(family, spec.name);
  if (old !== undefined) {
    if (change.create) refuse('EEXIST', `table ${family} ${spec.name} exists`);
    updateTable(tx, old, change);
    return;
  }
  const table = new Table(handleOf(tx, spec.handle), { ...spec, family });
  tx.put(tx.state.tables, tableKey(family, spec.name), table);
  tx.done.push({ ...change, table: { ...spec, handle: table.handle } });
}

const handleOf = (tx: Transaction, saved: number | undefined): number =>
  tx.restoring && saved !== undefined ? saved : tx.state.nextTableHandle();

function updateTable(tx: Transaction, table: Table, change: NewTable): void {
  const { flags } = table;
  const next = change.table.flags;
  const same = flags.length === next.length && flags.every((flag) => next.includes(flag));
  if (same) return;
  if (flags.includes('owner') !== next.includes('owner'))
    refuse('EOPNOTSUPP', 'the owner flag of a table cannot change');
  table.flags = next;
  tx.undoWith(() => {
    table.flags = flags;
  });
  tx.tables.add(table);
  tx.done.push(change);
}

export function delTable(tx: Transaction, change: DelTable): void {
  const doomed = [...tx.state.tables.values()].filter(
    (table) =>
      (change.family === undefined || table.family === change.family) &&
      (change.table?.name === undefined || table.name === change.table.name) &&
      (change.table?.handle === undefined || table.handle === change.table.handle),
  );
  if (doomed.length === 0 && change.table !== undefined && !change.destroy)
    refuse('ENOENT', `there is no table ${change.family ?? ''} ${change.table.name ?? ''}`.trim());
  for (const table of doomed) {
    tx.drop(tx.state.tables, tableKey(table.family, table.name));
    tx.tables.add(table);
    tx.done.push({
      op: 'deltable',
      destroy: false,
      family: table.family,
      table: { name: table.name, handle: table.handle },
    });
  }
}
