// What an entry is given beside its tuples: a helper, and the connection that announced it.

import { IPCT_HELPER } from './constants.ts';
import type { Store } from './store.ts';
import { W_PROTO } from './table.ts';
import { createTuple } from './tuple.ts';

/** A helper by name, with the private state given, else with a fresh one. */
export function assignHelper(store: Store, slot: number, name: string, data?: unknown): void {
  const { table } = store;
  const proto = table.get(slot, W_PROTO);
  const l3 = proto & 0xff;
  const helper =
    store.helpers.find(name, l3, (proto >>> 8) & 0xff) ?? store.helpers.named(name, l3);
  const state = data === undefined ? (helper?.fresh() ?? null) : data;
  store.sides.setHelper(table, slot, { name, helper, data: state });
  store.cacheEvent(slot, IPCT_HELPER);
}

/** Makes an entry the expected one of another. */
export function assignMaster(store: Store, slot: number, master: number): void {
  const { table, sides } = store;
  const original = createTuple();
  table.readTuple(master, 0, original);
  const helper = sides.helper(table, master)?.name ?? '';
  sides.setMaster(table, slot, { slot: master, id: store.idOf(master), helper, original });
}
