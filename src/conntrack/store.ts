// The life of entries: found, made, confirmed, refreshed, expired, destroyed
// (net/netfilter/nf_conntrack_core.c).

import type { Netns, Packet } from '../core/index.ts';
import {
  IPCT_DESTROY,
  IPCT_NEW,
  IPCT_RELATED,
  IPS_CONFIRMED,
  IPS_DYING,
  IPS_EXPECTED,
  IPS_FIXED_TIMEOUT,
  IPS_NAT_CLASH,
} from './constants.ts';
import { dropEarly, spare } from './early-drop.ts';
import { EventHub } from './events.ts';
import type { Expectation, ExpectFunction } from './expect.ts';
import { ExpectTable } from './expect.ts';
import { snapshotExpectation } from './expect-entry.ts';
import { GreKeys } from './gre-keys.ts';
import { HelperTable } from './helper.ts';
import { Pending } from './pending.ts';
import { SIDE_ACCT, SIDE_TIME, Sides } from './sides.ts';
import { noStatistics, type Statistics } from './statistics.ts';
import { Sweeper } from './sweep.ts';
import type { Sysctl } from './sysctl.ts';
import { ACCT, EVENTS, MAX, sysctlOf, TIMESTAMP, timeoutOf } from './sysctl.ts';
import type { Link } from './table.ts';
import {
  CHUNK_MASK,
  slotOfLink,
  Table,
  W_EVENTS,
  W_HASH,
  W_ID,
  W_STATUS,
  W_ZONE,
} from './table.ts';
import type { Tuple } from './tuple.ts';
import { createTuple, hashTuple } from './tuple.ts';
import { snapshotEntry } from './view.ts';
import { type Zone, zoneIdFor } from './zone.ts';

/** What ended an entry: nothing special, its time, a full table, a packet, a person. */
export type Reason = 'expired' | 'early-drop' | 'packet' | 'request';

export class Store {
  readonly netns: Netns;
  readonly table = new Table();
  readonly events = new EventHub();
  readonly expectations = new ExpectTable((one) => this.removeExpectation(one));
  /** Functions of expectations by name (nf_ct_helper_expectfn). */
  readonly expectFunctions = new Map<string, ExpectFunction>();
  readonly helpers = new HelperTable();
  readonly greKeys = new GreKeys();
  readonly sides = new Sides();
  readonly pending: Pending;
  readonly sweeper: Sweeper;
  readonly stats: Statistics = noStatistics();
  /** Entries in the index. */
  confirmed = 0;
  /** Why the tracker of the last packet called it invalid or left it alone; '' for neither. */
  why = '';
  /** Called with an entry that comes from outside, before it is confirmed; NAT learns its source here. */
  onAdopt: ((slot: number) => void) | null = null;
  /** Called before an entry's slot is freed; NAT forgets its source here. */
  onFree: ((slot: number) => void) | null = null;
  readonly #seed: number;
  #nextId = 1;
  #inserts = 0;
  /** The entry made last, and what had been inserted then. */
  #made = 0;
  #insertsThen = 0;
  readonly #scratch: Tuple = createTuple();

  constructor(netns: Netns) {
    this.netns = netns;
    this.#seed = netns.random.u32() | 0;
    this.pending = new Pending((slot) => this.#freeUnconfirmed(slot));
    this.sweeper = new Sweeper(
      netns.clock,
      this.table,
      (slot) => {
        if (this.isGone(slot)) this.destroy(slot, 'expired');
      },
      (slot) => spare(this, slot),
    );
  }

  get now(): number {
    return this.netns.clock.now();
  }

  status(slot: number): number {
    return this.table.get(slot, W_STATUS);
  }

  addStatus(slot: number, bits: number): void {
    this.table.set(slot, W_STATUS, this.table.get(slot, W_STATUS) | bits);
  }

  setStatus(slot: number, status: number): void {
    this.table.set(slot, W_STATUS, status);
  }

  /** The id the next entry gets, at least `least`. */
  nextId(least = 0): number {
    this.#nextId = Math.max(this.#nextId, least);
    return this.#nextId;
  }

  /** Gives an entry the id it had elsewhere; those to come get others. */
  claimId(slot: number, id: number): void {
    this.table.set(slot, W_ID, id | 0);
    this.nextId(id + 1);
  }

  hash(tuple: Tuple, zoneId: number): number {
    return hashTuple(tuple, zoneId, this.#seed);
  }

  /** A confirmed entry whose time is over and that nothing has removed yet. */
  isGone(slot: number): boolean {
    return (
      (this.status(slot) & (IPS_CONFIRMED | IPS_DYING)) === IPS_CONFIRMED &&
      this.table.deadline(slot) <= this.now
    );
  }

  /**
   * nf_conntrack_find_get(): the link of the live entry whose tuple in some direction is this one, in
   * the zone; 0 for none. Entries met on the way whose time is over end here.
   */
  find(tuple: Tuple, zone: Zone): Link {
    const originalId = zoneIdFor(zone, 0);
    const link = this.findHashed(tuple, zone, this.hash(tuple, originalId));
    const replyId = zoneIdFor(zone, 1);
    if (link !== 0 || replyId === originalId) return link;
    return this.findHashed(tuple, zone, this.hash(tuple, replyId));
  }

  findHashed(tuple: Tuple, zone: Zone, hash: number): Link {
    const { index } = this.table;
    let link = index.find(hash, 0);
    while (link !== 0) {
      if (this.#isMatch(link, tuple, zone)) {
        if (this.table.deadline(link >>> 1) > this.now) return link;
        // What the entry hid, if anything, took its place in the index.
        this.destroy(link >>> 1, 'expired');
        link = index.find(hash, 0);
      } else link = index.find(hash, index.place + 1);
    }
    return 0;
  }

  #isMatch(link: Link, tuple: Tuple, zone: Zone): boolean {
    const slot = link >>> 1;
    const dir = link & 1;
    return (
      this.table.tupleEquals(slot, dir, tuple) &&
      zoneIdFor(this.table.get(slot, W_ZONE), dir) === zoneIdFor(zone, dir)
    );
  }

  /**
   * __nf_conntrack_alloc(): an unconfirmed entry that belongs to `packet`, or 0 when the table is full
   * and nothing could be dropped. Room for one from outside is looked for where a hash of 0 leads
   * (nf_conntrack_alloc()).
   */
  create(original: Tuple, reply: Tuple, zone: Zone, hash: number, packet: Packet | null): number {
    this.pending.reclaim();
    const max = sysctlOf(this.netns, MAX);
    if (max !== 0 && this.count + 1 > max && !this.#makeRoom(max, packet === null ? 0 : hash))
      return 0;
    const slot = this.table.alloc();
    this.table.writeTuple(slot, 0, original);
    this.table.writeTuple(slot, 1, reply);
    this.table.set(slot, W_HASH, hash);
    this.table.set(slot, W_ZONE, zone);
    this.table.set(slot, W_ID, this.#nextId++ | 0);
    if (sysctlOf(this.netns, ACCT) !== 0) this.#enableCounters(slot);
    if (sysctlOf(this.netns, TIMESTAMP) !== 0) this.#enableTimes(slot);
    if (packet !== null) this.pending.add(slot, packet);
    this.#made = slot;
    this.#insertsThen = this.#inserts;
    return slot;
  }

  #enableCounters(slot: number): void {
    this.sides.mark(this.table, slot, SIDE_ACCT);
    const at = (slot & CHUNK_MASK) * 4;
    this.table.countersFor(slot).fill(0, at, at + 4);
  }

  #enableTimes(slot: number): void {
    this.sides.mark(this.table, slot, SIDE_TIME);
    const at = (slot & CHUNK_MASK) * 2;
    this.table.timesFor(slot).fill(0, at, at + 2);
  }

  /** Entries that exist, as nf_conntrack_count counts them. */
  get count(): number {
    return this.confirmed + this.pending.size;
  }

  #makeRoom(max: number, hash: number): boolean {
    this.pending.reclaimAll();
    if (this.count + 1 <= max || dropEarly(this, hash)) return true;
    this.sweeper.press();
    return false;
  }

  /** The hash of an entry's reply, where that counts in its zone. */
  replyHash(slot: number): number {
    this.table.readTuple(slot, 1, this.#scratch);
    return this.hash(this.#scratch, zoneIdFor(this.table.get(slot, W_ZONE), 1));
  }

  /** The link of an entry that has one of this one's tuples already, or 0. */
  clashing(slot: number, replyHash: number): Link {
    const { table } = this;
    const zone = table.get(slot, W_ZONE);
    // When it was made, nobody had its original tuple; only what came in since can have it.
    if (slot !== this.#made || this.#inserts !== this.#insertsThen) {
      table.readTuple(slot, 0, this.#scratch);
      const link = this.findHashed(this.#scratch, zone, table.get(slot, W_HASH));
      if (link !== 0) return link;
    }
    table.readTuple(slot, 1, this.#scratch);
    return this.findHashed(this.#scratch, zone, replyHash);
  }

  /** Puts an entry into the index in both directions (or only as reply, for a resolved clash). */
  insert(slot: number, bothDirections: boolean, replyHash = this.replyHash(slot)): void {
    // Of a flow with itself both tuples are equal: the reply is found, as in the kernel.
    this.table.insert(slot, 1, replyHash);
    if (bothDirections) this.table.insert(slot, 0, this.table.get(slot, W_HASH));
    this.addStatus(slot, IPS_CONFIRMED);
    this.pending.remove(slot);
    this.confirmed++;
    this.stats.insert++;
    this.#inserts++;
    this.sweeper.consider(this.table.deadline(slot));
    if (this.sides.has(this.table, slot, SIDE_TIME))
      this.table.timesFor(slot)[(slot & CHUNK_MASK) * 2] = this.netns.clock.realtime();
  }

  /** nf_ct_delete(): false where it is dying already. */
  destroy(slot: number, reason: Reason): boolean {
    const status = this.status(slot);
    if ((status & IPS_DYING) !== 0) return false;
    this.addStatus(slot, IPS_DYING);
    if ((status & IPS_CONFIRMED) === 0) return true;
    if (this.sides.has(this.table, slot, SIDE_TIME)) this.#stopTime(slot);
    if (this.eventsOn) this.#emit(slot, 'destroy', 1 << IPCT_DESTROY);
    if ((status & IPS_NAT_CLASH) === 0) this.table.remove(slot, 0);
    this.table.remove(slot, 1);
    this.confirmed--;
    this.#release(slot);
    if (reason === 'request') this.pending.reclaim();
    return true;
  }

  /** nf_ct_unlink_expect(): false where it is not in the table any more. */
  removeExpectation(expectation: Expectation): boolean {
    if (!this.expectations.delete(expectation)) return false;
    this.stats.expectDelete++;
    if (this.eventsOn) this.expectEvent('expect-destroy', expectation);
    return true;
  }

  expectEvent(type: 'expect-new' | 'expect-destroy', expectation: Expectation): void {
    this.events.emit({ type, expectation, expected: snapshotExpectation(this, expectation) });
  }

  #stopTime(slot: number): void {
    const late = Math.max(0, this.now - this.table.deadline(slot));
    this.table.timesFor(slot)[(slot & CHUNK_MASK) * 2 + 1] =
      this.netns.clock.realtime() - late / 1e9;
  }

  #freeUnconfirmed(slot: number): void {
    this.addStatus(slot, IPS_DYING);
    this.#release(slot);
  }

  /** Gives up an entry that was made and never confirmed. */
  abandon(slot: number): void {
    this.#freeUnconfirmed(slot);
  }

  #release(slot: number): void {
    // A helper may have announced one before its connection was confirmed, TFTP's does.
    if (this.expectations.size > 0)
      for (const one of this.expectations.ofMaster(slot)) this.removeExpectation(one);
    this.sides.helper(this.table, slot)?.helper?.destroy?.(slot);
    this.onFree?.(slot);
    this.sides.clear(this.table, slot);
    this.table.free(slot);
  }

  /** __nf_ct_refresh_acct(): lasts `ns` from now (or from when it is confirmed). */
  refresh(slot: number, ns: number): void {
    const { table } = this;
    const status = table.get(slot, W_STATUS);
    if ((status & IPS_FIXED_TIMEOUT) !== 0) return;
    if ((status & IPS_CONFIRMED) === 0) {
      table.setDeadline(slot, ns);
      return;
    }
    const deadline = this.now + ns;
    table.setDeadline(slot, deadline);
    this.sweeper.consider(deadline);
  }

  /** nf_ct_acct_update(): one packet of `bytes` from the network header on. */
  account(slot: number, dir: number, bytes: number): void {
    if (!this.sides.has(this.table, slot, SIDE_ACCT)) return;
    const counters = this.table.countersFor(slot);
    const at = (slot & CHUNK_MASK) * 4 + dir * 2;
    counters[at] = counters[at]! + 1;
    counters[at + 1] = counters[at + 1]! + bytes;
  }

  /** A timeout of the entry's own policy, or of the sysctl; nanoseconds. */
  timeout(slot: number, keys: readonly Sysctl[], index: number): number {
    const policy = this.sides.policy(this.table, slot);
    const seconds = policy?.[index];
    return seconds === undefined ? timeoutOf(this.netns, keys[index]!) : seconds * 1e9;
  }

  get eventsOn(): boolean {
    return this.events.wanted && sysctlOf(this.netns, EVENTS) !== 0;
  }

  /** nf_conntrack_event_cache(): told when the packet leaves. */
  cacheEvent(slot: number, bit: number): void {
    this.table.set(slot, W_EVENTS, this.table.get(slot, W_EVENTS) | (1 << bit));
  }

  /** nf_ct_deliver_cached_events(). */
  deliverEvents(slot: number): void {
    const mask = this.table.get(slot, W_EVENTS);
    if (mask === 0) return;
    this.table.set(slot, W_EVENTS, 0);
    const status = this.status(slot);
    if (!this.eventsOn || (status & (IPS_CONFIRMED | IPS_DYING)) !== IPS_CONFIRMED) return;
    const isNew = (mask & ((1 << IPCT_NEW) | (1 << IPCT_RELATED))) !== 0;
    this.#emit(slot, isNew ? 'new' : 'update', mask);
  }

  #emit(slot: number, type: 'new' | 'update' | 'destroy', flags: number): void {
    this.events.emit({ type, entry: snapshotEntry(this, slot), flags });
  }

  /** The event a confirmed entry begins with. */
  beginEvent(slot: number): void {
    const expected = (this.status(slot) & IPS_EXPECTED) !== 0;
    this.cacheEvent(slot, expected ? IPCT_RELATED : IPCT_NEW);
  }

  /** Whether a slot's entry has that id: slots are used again, ids are not. */
  isSame(slot: number, id: number): boolean {
    return slot !== 0 && this.table.get(slot, W_ID) === id;
  }

  idOf(slot: number): number {
    return this.table.get(slot, W_ID);
  }

  zoneIdOf(slot: number): number {
    return this.table.get(slot, W_ZONE) & 0xffff;
  }

  /** nf_conntrack_tuple_taken(): whether another connection already receives this tuple. */
  isTaken(tuple: Tuple, except: number): boolean {
    const { index } = this.table;
    const zone = this.table.get(except, W_ZONE);
    const hash = this.hash(tuple, zoneIdFor(zone, 1));
    let link = index.find(hash, 0);
    while (link !== 0) {
      const slot = slotOfLink(link);
      const other = slot !== except && this.#isMatch(link, tuple, zone);
      if (other && this.table.deadline(slot) <= this.now) {
        this.destroy(slot, 'expired');
        link = index.find(hash, 0);
        continue;
      }
      const here = index.place;
      if (other && !this.#isSameFlow(slot, zone, except)) return true;
      link = index.find(hash, here + 1);
    }
    return false;
  }

  /** The same original tuple means the same flow; clash resolution deals with that later. */
  #isSameFlow(slot: number, zone: Zone, except: number): boolean {
    this.table.readTuple(except, 0, this.#scratch);
    return (
      this.table.tupleEquals(slot, 0, this.#scratch) &&
      zoneIdFor(this.table.get(slot, W_ZONE), 0) === zoneIdFor(zone, 0)
    );
  }
}
