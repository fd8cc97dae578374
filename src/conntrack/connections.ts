// The table from outside: what the conntrack command and ctnetlink do with it
// (net/netfilter/nf_conntrack_netlink.c), as core's port.

import { unhex } from '../bytes/index.ts';
import {
  type ConnectionFilter,
  type Connections as ConnectionsPort,
  matchesFilter,
  type Subscription,
} from '../core/index.ts';
import { IPPROTO_TCP, SCTP_STATE_NAMES } from '../uapi/index.ts';
import { assignHelper, assignMaster } from './assign.ts';
import {
  IPCT_ASSURED,
  IPCT_HELPER,
  IPCT_LABEL,
  IPCT_MARK,
  IPCT_PROTOINFO,
  IPCT_REPLY,
  IPS_ASSURED,
  IPS_CONFIRMED,
  IPS_DYING,
  IPS_EXPECTED,
  IPS_FIXED_TIMEOUT,
  IPS_HELPER,
  IPS_HW_OFFLOAD,
  IPS_NAT_CLASH,
  IPS_NAT_DONE_MASK,
  IPS_NAT_MASK,
  IPS_OFFLOAD,
  IPS_SEEN_REPLY,
  IPS_SEQ_ADJUST,
  IPS_TEMPLATE,
  NF_CT_DEFAULT_ZONE_DIR,
  TCP_STATE_NAMES,
} from './constants.ts';
import type { ConntrackEntry, TupleFields } from './entry.ts';
import type { ConntrackEvent, ConntrackListener } from './events.ts';
import { slotOfTuple, tupleOf } from './fields.ts';
import { S_VTAG } from './sctp-states.ts';
import type { SeqAdjust } from './sides.ts';
import type { Store } from './store.ts';
import { W_L4, W_MARK, W_ZONE } from './table.ts';
import { L_STATE } from './tcp-layout.ts';
import { writePeers } from './tcp-peers.ts';
import { snapshotEntry } from './view.ts';
import { makeZone, zoneIdFor } from './zone.ts';

/** What to look for; every part given must hold. */
export type ConntrackFilter = ConnectionFilter;

/** Bits that ctnetlink_change_status() refuses to change. */
const UNCHANGEABLE =
  IPS_NAT_DONE_MASK | IPS_NAT_MASK | IPS_CONFIRMED | IPS_DYING | IPS_TEMPLATE | IPS_NAT_CLASH;

/** Bits that say how an entry is kept here, whatever they were elsewhere: no flow table has it. */
const NOT_GIVEN = IPS_DYING | IPS_CONFIRMED | IPS_OFFLOAD | IPS_HW_OFFLOAD;

export class Connections
  implements ConnectionsPort<ConntrackEntry, ConntrackFilter, ConntrackEvent>
{
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Slots of live entries, in the order they were made as far as slots tell. */
  *slots(): Iterable<number> {
    const store = this.#store;
    for (let slot = 1; slot <= store.table.high; slot++) {
      const status = store.status(slot);
      const live = IPS_CONFIRMED | IPS_DYING | IPS_NAT_CLASH;
      if ((status & live) === IPS_CONFIRMED && store.table.deadline(slot) > store.now) yield slot;
    }
  }

  *dump(filter: ConntrackFilter = {}): Iterable<ConntrackEntry> {
    for (const slot of this.slots()) {
      const entry = snapshotEntry(this.#store, slot);
      if (matchesFilter(entry, filter)) yield entry;
    }
  }

  get(filter: ConntrackFilter): ConntrackEntry | undefined {
    for (const entry of this.dump(filter)) return entry;
    return undefined;
  }

  /** Whether one of an entry's tuples is taken in its zone. */
  has({ family, protocol, original, reply, zone, zoneDir }: ConntrackEntry): boolean {
    const where = makeZone(zone, zoneDir ?? NF_CT_DEFAULT_ZONE_DIR);
    return [original, reply].some(
      (tuple) => this.#store.find(tupleOf(family, protocol, tuple), where) !== 0,
    );
  }

  /** Slot of the entry with this original tuple, or 0. */
  slotOf(entry: Pick<ConntrackEntry, 'family' | 'protocol' | 'original' | 'zone'>): number {
    return slotOfTuple(this.#store, entry.family, entry.protocol, entry.original, entry.zone);
  }

  /**
   * ctnetlink_create_conntrack(): a confirmed entry, with helper, private state of the helper, moved
   * sequence numbers and the connection that expected it.
   * @param setup called with the entry before it is confirmed, for NAT (ctnetlink_setup_nat)
   * @returns its slot
   * @throws RangeError on bad addresses, where one of its tuples is taken, the table is full, or the
   * connection that expected it is not there
   */
  create(entry: ConntrackEntry, setup?: (slot: number) => void): number {
    const store = this.#store;
    const zone = makeZone(entry.zone, entry.zoneDir ?? NF_CT_DEFAULT_ZONE_DIR);
    const original = tupleOf(entry.family, entry.protocol, entry.original);
    const reply = tupleOf(entry.family, entry.protocol, entry.reply);
    if (store.find(original, zone) !== 0 || store.find(reply, zone) !== 0)
      throw new RangeError('an entry with this tuple exists');
    const hash = store.hash(original, zoneIdFor(zone, 0));
    const slot = store.create(original, reply, zone, hash, null);
    if (slot === 0) throw new RangeError('the table is full');
    try {
      this.#write(slot, entry);
    } catch (error) {
      store.abandon(slot);
      throw error;
    }
    store.addStatus(slot, entry.status & ~NOT_GIVEN);
    store.onAdopt?.(slot);
    setup?.(slot);
    store.table.setDeadline(slot, store.now + entry.timeout * 1e9);
    store.insert(slot, true);
    store.beginEvent(slot);
    store.deliverEvents(slot);
    return slot;
  }

  #write(slot: number, entry: ConntrackEntry): void {
    const { table, sides } = this.#store;
    table.set(slot, W_MARK, entry.mark | 0);
    if (entry.state !== undefined) this.#writeState(slot, entry.protocol, entry.state);
    if (entry.tcp !== undefined) writePeers(table, slot, entry.tcp);
    entry.vtags?.forEach((tag, dir) => {
      table.set(slot, W_L4 + S_VTAG + dir, tag | 0);
    });
    if (entry.labels !== undefined) sides.labelsFor(table, slot).set(unhex(entry.labels));
    if (entry.helper !== undefined) this.#writeHelper(slot, entry.helper, entry.helperData);
    if (entry.seqadj !== undefined) this.#writeAdjust(slot, entry.seqadj);
    if (entry.masterTuple !== undefined) this.#writeMaster(slot, entry, entry.masterTuple);
    if (entry.secmark !== undefined) sides.setSecmark(table, slot, entry.secmark);
  }

  /**
   * The helper somebody gave the entry stays. IPS_HELPER keeps NAT from looking for another one by
   * the ports it changes, and finding none: after a failover that was how helpers were lost.
   */
  #writeHelper(slot: number, name: string, data: unknown): void {
    const store = this.#store;
    if (store.sides.helper(store.table, slot)?.name === name && data === undefined) return;
    assignHelper(
      store,
      slot,
      name,
      data === undefined ? undefined : JSON.parse(JSON.stringify(data)),
    );
    const side = store.sides.helper(store.table, slot)!;
    // What the other machine knew of the stream is not known here.
    if (data === undefined && side.helper?.adopted !== undefined) side.data = side.helper.adopted();
    store.addStatus(slot, IPS_HELPER);
  }

  #writeAdjust(slot: number, both: readonly [SeqAdjust, SeqAdjust]): void {
    const sides = this.#store.sides.seqAdjustFor(this.#store.table, slot);
    Object.assign(sides[0], both[0]);
    Object.assign(sides[1], both[1]);
    this.#store.addStatus(slot, IPS_SEQ_ADJUST);
  }

  #writeMaster(slot: number, entry: ConntrackEntry, of: TupleFields & { protocol: number }): void {
    const { family, zone } = entry;
    const master = this.slotOf({ family, protocol: of.protocol, original: of, zone });
    if (master === 0) throw new RangeError('the connection that expected this one is not there');
    assignMaster(this.#store, slot, master);
    this.#store.addStatus(slot, IPS_EXPECTED);
  }

  #writeState(slot: number, protocol: number, name: string): void {
    const names: readonly string[] = protocol === IPPROTO_TCP ? TCP_STATE_NAMES : SCTP_STATE_NAMES;
    const state = names.indexOf(name);
    if (state < 0) throw new RangeError(`protocol ${protocol} has no state ${name}`);
    this.#store.table.set(slot, W_L4 + L_STATE, state);
  }

  /**
   * ctnetlink_change_conntrack(): timeout, mark, state, labels and status of the entry with this
   * original tuple. A timeout of a fixed entry stays.
   * @throws RangeError where there is none, or a status bit may not change
   */
  update(entry: ConntrackEntry): void {
    const store = this.#store;
    const slot = this.slotOf(entry);
    if (slot === 0) throw new RangeError('no such entry');
    const before = store.status(slot);
    const changed = before ^ (entry.status | IPS_CONFIRMED);
    if ((changed & UNCHANGEABLE) !== 0) throw new RangeError('a status bit may not change');
    // Bits can be set but never taken back.
    if ((before & (IPS_SEEN_REPLY | IPS_ASSURED) & ~entry.status) !== 0)
      throw new RangeError('SEEN_REPLY and ASSURED stay');
    store.addStatus(slot, entry.status);
    this.#write(slot, entry);
    if ((store.status(slot) & IPS_FIXED_TIMEOUT) === 0 || (before & IPS_FIXED_TIMEOUT) === 0)
      store.table.setDeadline(slot, store.now + entry.timeout * 1e9);
    store.sweeper.consider(store.table.deadline(slot));
    for (const bit of [
      IPCT_REPLY,
      IPCT_ASSURED,
      IPCT_HELPER,
      IPCT_LABEL,
      IPCT_PROTOINFO,
      IPCT_MARK,
    ])
      store.cacheEvent(slot, bit);
    store.deliverEvents(slot);
  }

  delete(filter: ConntrackFilter): number {
    let deleted = 0;
    for (const slot of this.slots()) {
      if (!matchesFilter(snapshotEntry(this.#store, slot), filter)) continue;
      if (this.#store.destroy(slot, 'request')) deleted++;
    }
    return deleted;
  }

  /** Ends one entry; false where it is dying already. */
  destroy(slot: number): boolean {
    return this.#store.destroy(slot, 'request');
  }

  flush(): void {
    for (const slot of this.slots()) this.#store.destroy(slot, 'request');
  }

  events(listener: ConntrackListener): Subscription {
    return this.#store.events.listen(listener);
  }

  /** The zone of an entry, for callers that keep slots. */
  zoneOf(slot: number): number {
    return this.#store.table.get(slot, W_ZONE) & 0xffff;
  }
}
