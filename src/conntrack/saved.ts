// The whole state of a namespace's connections as plain data, so that it can be kept, moved or looked
// at: what tools see of each entry, and beside it what only the trackers know.

import type { Conntrack } from './conntrack.ts';
import { IPS_HW_OFFLOAD, IPS_NAT_CLASH, IPS_OFFLOAD } from './constants.ts';
import type { ConntrackEntry } from './entry.ts';
import type { ExpectationEntry } from './expect-entry.ts';
import { tupleOf } from './fields.ts';
import type { SynproxySide } from './sides.ts';
import { SIDE_ACCT, SIDE_TIME } from './sides.ts';
import type { Statistics } from './statistics.ts';
import type { Store } from './store.ts';
import { CHUNK_MASK, L4_WORDS, W_L4, W_MASQ } from './table.ts';

/** An entry with what `ConntrackEntry` rounds or leaves out. Times are nanoseconds from then. */
export interface SavedConnection extends ConntrackEntry {
  readonly left: number;
  /** Until a UDP flow counts as a stream. */
  readonly stream?: number;
  /** Words of the protocol tracker without trailing zeros: windows, the last segment, tags. */
  readonly tracker: readonly number[];
  readonly masterHelper?: string;
  readonly policy?: readonly number[];
  readonly masqIndex?: number;
  readonly synproxy?: SynproxySide;
}

export interface SavedExpectation extends ExpectationEntry {
  readonly left: number;
}

export interface SavedGreKeys {
  /** Id of the control connection. */
  readonly master: number;
  /** Words of the tuples of both directions. */
  readonly tuples: readonly (readonly number[])[];
}

/** Plain data: JSON keeps it. */
export interface SavedConnections {
  readonly connections: readonly SavedConnection[];
  /** Oldest first. */
  readonly expectations: readonly SavedExpectation[];
  /** Source keys of GRE that control connections of PPTP have told. */
  readonly greKeys?: readonly SavedGreKeys[];
  readonly statistics?: Readonly<Statistics>;
  /** Ids are given once: also those of connections that have ended are behind it. */
  readonly nextId?: number;
}

export const NO_CONNECTIONS: SavedConnections = Object.freeze({
  connections: [],
  expectations: [],
});

export function saveConnections(ct: Conntrack): SavedConnections {
  const { store } = ct;
  return {
    connections: [...ct.connections.slots()].map((slot) => savedConnection(ct, slot)),
    expectations: [...ct.expectations.list()].map((one) => ({
      ...ct.expectations.entryOf(one),
      left: one.deadline - store.now,
    })),
    greKeys: [...store.greKeys.list()].map(([slot, tuples]) => ({
      master: ct.id(slot),
      tuples: tuples.map((tuple) => [...tuple]),
    })),
    statistics: { ...store.stats },
    nextId: store.nextId(),
  };
}

function savedConnection(ct: Conntrack, slot: number): SavedConnection {
  const { store } = ct;
  const { table, sides } = store;
  const stream = table.stamp(slot) - store.now;
  const master = sides.master(table, slot);
  const policy = sides.policy(table, slot);
  const synproxy = sides.synproxy(table, slot);
  const masqIndex = table.get(slot, W_MASQ);
  return {
    ...ct.entryOf(slot),
    left: table.deadline(slot) - store.now,
    tracker: trackerWords(store, slot),
    ...(table.stamp(slot) === 0 ? {} : { stream }),
    ...(master === null || master.helper === '' ? {} : { masterHelper: master.helper }),
    ...(policy === null ? {} : { policy }),
    ...(synproxy === null ? {} : { synproxy: { ...synproxy } }),
    ...(masqIndex === 0 ? {} : { masqIndex }),
  };
}

function trackerWords(store: Store, slot: number): number[] {
  const words: number[] = [];
  for (let i = 0; i < L4_WORDS; i++) words.push(store.table.get(slot, W_L4 + i));
  while (words.at(-1) === 0) words.pop();
  return words;
}

/** The state when `elapsed` nanoseconds have passed and nothing came: what is over is gone. */
export function connectionsAfter(saved: SavedConnections, elapsed: number): SavedConnections {
  if (elapsed <= 0) return saved;
  const aged = <T extends { left: number; timeout: number }>(all: readonly T[]): T[] =>
    all
      .filter(({ left }) => left > elapsed)
      .map((one) => ({
        ...one,
        left: one.left - elapsed,
        timeout: Math.floor((one.left - elapsed) / 1e9),
      }));
  return {
    ...saved,
    connections: aged(saved.connections).map((one) =>
      one.stream === undefined ? one : { ...one, stream: one.stream - elapsed },
    ),
    expectations: aged(saved.expectations),
  };
}

/**
 * Puts saved connections into a namespace that has none. Ids stay, so that an expected connection
 * knows its master, and numbers go on behind them. Helpers of the same names must be registered for
 * their state to be used.
 * @throws RangeError for data that is not of `saveConnections`
 */
export function restoreConnections(ct: Conntrack, saved: SavedConnections): void {
  for (const one of saved.connections) restoreConnection(ct, one);
  // Masters may stand behind those they announced.
  const slots = new Map([...ct.connections.slots()].map((slot) => [ct.id(slot), slot]));
  for (const one of saved.connections) restoreMaster(ct, slots, one);
  for (const one of saved.greKeys ?? []) restoreGreKeys(ct, slots, one);
  for (const one of saved.expectations) {
    const made = ct.expectations.create(one);
    ct.expectations.refresh(made, one.left / 1e9);
  }
  Object.assign(ct.store.stats, saved.statistics);
  ct.store.nextId(saved.nextId);
}

function restoreConnection(ct: Conntrack, saved: SavedConnection): void {
  const { store } = ct;
  const { table, sides } = store;
  const { master: _, masterTuple: __, helper, ...entry } = saved;
  const { status } = entry;
  const slot = ct.connections.create(
    { ...entry, ...(helper === undefined ? {} : { helper }), status: status & ~IPS_NAT_CLASH },
    (made) => store.claimId(made, saved.id),
  );
  // Adopting an entry marks it; what it had been it is again.
  store.setStatus(slot, status);
  table.setDeadline(slot, store.now + saved.left);
  store.sweeper.consider(store.now + saved.left);
  if (saved.stream !== undefined) table.setStamp(slot, store.now + saved.stream);
  saved.tracker.forEach((word, i) => {
    table.set(slot, W_L4 + i, word);
  });
  table.set(slot, W_MASQ, saved.masqIndex ?? 0);
  if (saved.policy !== undefined) sides.setPolicy(table, slot, saved.policy);
  if (saved.synproxy !== undefined) {
    sides.addSynproxy(table, slot);
    Object.assign(sides.synproxy(table, slot)!, saved.synproxy);
  }
  restoreColumns(store, slot, saved);
  // The flow table it was in is not here: it goes on as one that was given back.
  if ((status & (IPS_OFFLOAD | IPS_HW_OFFLOAD)) !== 0)
    ct.offload.end(slot, { closing: false, expired: false });
}

function restoreColumns(
  store: Store,
  slot: number,
  { original, reply, ...saved }: SavedConnection,
) {
  const { table, sides } = store;
  if (original.packets !== undefined) {
    sides.mark(table, slot, SIDE_ACCT);
    const both = [original, reply].flatMap(({ packets = 0, bytes = 0 }) => [packets, bytes]);
    table.countersFor(slot).set(both, (slot & CHUNK_MASK) * 4);
  }
  if (saved.start !== undefined) {
    sides.mark(table, slot, SIDE_TIME);
    table.timesFor(slot).set([saved.start, saved.stop ?? 0], (slot & CHUNK_MASK) * 2);
  }
}

function restoreGreKeys(
  ct: Conntrack,
  slots: ReadonlyMap<number, number>,
  { master, tuples }: SavedGreKeys,
): void {
  const slot = slots.get(master);
  const [there, back] = tuples.map((words) => Int32Array.from(words));
  if (slot !== undefined && there !== undefined && back !== undefined)
    ct.store.greKeys.add(slot, [there, back]);
}

/** The connection that announced this one, by id; it may have ended. */
function restoreMaster(
  ct: Conntrack,
  slots: ReadonlyMap<number, number>,
  { id, family, master, masterTuple, masterHelper = '' }: SavedConnection,
): void {
  if (master === undefined || masterTuple === undefined) return;
  const { table, sides } = ct.store;
  sides.setMaster(table, slots.get(id)!, {
    slot: slots.get(master) ?? 0,
    id: master | 0,
    helper: masterHelper,
    original: tupleOf(family, masterTuple.protocol, masterTuple),
  });
}
