// newset and delset: nf_tables_newset() and nf_tables_delset() in nf_tables_api.c.

import type { Change, SetSpec } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import { requireNoTimeout } from '../expr/require.ts';
import type { Element } from '../set/element.ts';
import { RuntimeSet } from '../set/set.ts';
import type { Table } from '../state/table.ts';
import { checkName } from './tables.ts';
import { freeName, type Transaction } from './transaction.ts';

type NewSet = Extract<Change, { op: 'newset' }>;
type DelSet = Extract<Change, { op: 'delset' }>;
type Spec = Omit<SetSpec, 'elements'>;

/** NFT_DATA_VALUE_MAXLEN */
const MAX_LEN = 64;

function checkSpec(spec: Spec): void {
  if (spec.keyLen <= 0 || spec.keyLen > MAX_LEN)
    refuse('EINVAL', `set ${spec.name} has keys of ${spec.keyLen} bytes`);
  if ((spec.dataLen ?? 0) > MAX_LEN)
    refuse('EINVAL', `map ${spec.name} has data of ${spec.dataLen} bytes`);
  if (spec.dataType !== undefined && spec.objType !== undefined)
    refuse('EOPNOTSUPP', `map ${spec.name} has both data and objects`);
  if (spec.timeout !== undefined && spec.timeout > 0 && !spec.flags.includes('timeout'))
    refuse('EINVAL', `set ${spec.name} has a timeout, but not the flag`);
  const dynamicRanges = spec.flags.includes('dynamic') && spec.flags.includes('interval');
  if (dynamicRanges)
    refuse('EOPNOTSUPP', `set ${spec.name}: intervals cannot be updated by packets`);
  requireNoTimeout(spec.exprs, spec);
  const { fieldLens } = spec;
  if (fieldLens === undefined || fieldLens.length < 2) return;
  const words = fieldLens.reduce((sum, bytes) => sum + ((bytes + 3) >> 2), 0);
  if (words * 4 !== ((spec.keyLen + 3) & ~3))
    refuse('EINVAL', `the fields of set ${spec.name} do not add up to its key`);
}

const SAME: readonly (keyof Spec)[] = ['keyLen', 'keyType', 'dataType', 'dataLen', 'objType'];

/** nft_set_is_same() */
function isSame(old: Spec, next: Spec): boolean {
  const flags = (spec: Spec): string => [...spec.flags].sort().join();
  return SAME.every((field) => old[field] === next[field]) && flags(old) === flags(next);
}

const isMap = (spec: Spec): boolean => spec.dataType !== undefined || spec.objType !== undefined;

export function newSet(tx: Transaction, change: NewSet): void {
  const table = tx.state.table(change.family, change.table);
  const { set: spec } = change;
  checkName(spec.name);
  checkSpec(spec);
  const anonymous = spec.flags.includes('anonymous');
  const old = anonymous ? undefined : table.sets.get(spec.name);
  if (old !== undefined) {
    if (change.create || !isSame(old.spec, spec)) refuse('EEXIST', `set ${spec.name} exists`);
    return;
  }
  const set = new RuntimeSet(table, tx.handle(table, spec.handle), spec);
  if (anonymous && (spec.name.includes('%') || table.sets.has(spec.name)))
    set.name = freeName(table.sets, isMap(spec) ? '__map' : '__set');
  if (anonymous) tx.alias(table, spec.name, set);
  tx.put(table.sets, set.name, set);
  tx.done.push({ ...change, set: { ...spec, name: set.name, handle: set.handle } });
}

/** References that an element holds while it is in a set. */
export function holdElement(element: Element): void {
  if (element.verdict?.chain != null) element.verdict.chain.uses++;
  if (element.object !== null) element.object.uses++;
}

export function releaseElement(element: Element): void {
  if (element.verdict?.chain != null) element.verdict.chain.uses--;
  if (element.object !== null) element.object.uses--;
}

/** Takes a set out of its table with all its elements. */
export function removeSet(tx: Transaction, set: RuntimeSet): void {
  const elements = set.all();
  for (const element of elements) releaseElement(element);
  tx.undoWith(() => {
    for (const element of elements) holdElement(element);
  });
  tx.drop(set.table.sets, set.name);
  tx.tables.add(set.table);
}

function findSet(table: Table, ref: DelSet['set']): RuntimeSet | undefined {
  if (ref.name !== undefined) return table.sets.get(ref.name);
  return [...table.sets.values()].find((set) => set.handle === ref.handle);
}

export function delSet(tx: Transaction, change: DelSet): void {
  const table = tx.state.find(change.family, change.table);
  const set = table === undefined ? undefined : findSet(table, change.set);
  if (set === undefined) {
    if (change.destroy) return;
    tx.state.table(change.family, change.table);
    refuse('ENOENT', `there is no set ${change.set.name ?? change.set.handle}`);
  }
  if (set.uses > 0) refuse('EBUSY', `set ${set.name} is used by rules`);
  removeSet(tx, set);
  tx.done.push({ ...change, set: { name: set.name, handle: set.handle } });
}
