// Reading and changing one entry by its slot: what `ct` expressions, NAT and tools do.

import type { ConntrackSnapshot, Netns } from '../core/index.ts';
import { IP_CT_IS_REPLY } from '../core/index.ts';
import { assignHelper } from './assign.ts';
import type { Direction } from './constants.ts';
import {
  IPCT_LABEL,
  IPCT_MARK,
  IPCT_SECMARK,
  IPS_CONFIRMED,
  IPS_HELPER,
  IPS_TEMPLATE,
} from './constants.ts';
import type { ConntrackEntry } from './entry.ts';
import { describeEntry } from './entry.ts';
import type { HelperSide, MasterSide, SeqAdjust, SynproxySide } from './sides.ts';
import { SIDE_ACCT } from './sides.ts';
import { Store } from './store.ts';
import {
  CHUNK_MASK,
  W_ID,
  W_L4,
  W_MARK,
  W_MASQ,
  W_PROTO,
  W_SOURCE,
  W_STATUS,
  W_ZONE,
} from './table.ts';
import { L_STATE, L_TD_END, L_TD_MAXWIN } from './tcp-layout.ts';
import type { TimeoutPolicy } from './timeout-policy.ts';
import type { Tuple } from './tuple.ts';
import { createTuple, dstPortOf, putAddress, srcPortOf, T_DST, T_SRC } from './tuple.ts';
import { secondsLeft, snapshotEntry } from './view.ts';
import { makeZone, type Zone, zoneIdFor } from './zone.ts';

/** Stands for every entry where the tracer does not look at them. */
const UNSEEN: ConntrackSnapshot = Object.freeze({ text: '', fields: Object.freeze({}) });

/** What new connections get of a template. */
export interface TemplateGives {
  /** Name of a helper. */
  readonly helper?: string;
  /** Timeouts. */
  readonly policy?: TimeoutPolicy;
  /**
   * The packet's connection may never come to be, so it uses no expectation up: what the kernel tells
   * by a template without IPS_CONFIRMED (act_ct, Open vSwitch).
   */
  readonly looks?: boolean;
}

/** CTINFO2DIR(). */
export const directionOf = (ctinfo: number): Direction => (ctinfo >= IP_CT_IS_REPLY ? 1 : 0);

export class Entries {
  readonly netns: Netns;
  readonly store: Store;
  readonly #tuple: Tuple = createTuple();
  /** By what they give, then by zone. */
  readonly #templates = new Map<string, Map<Zone, number>>();
  readonly #looking = new Map<Zone, number>();
  #synproxyTemplate = 0;

  constructor(netns: Netns) {
    this.netns = netns;
    this.store = new Store(netns);
  }

  /** Entries now, nf_conntrack_count. */
  get size(): number {
    return this.store.count;
  }

  isTemplate(slot: number): boolean {
    return (this.status(slot) & IPS_TEMPLATE) !== 0;
  }

  isConfirmed(slot: number): boolean {
    return (this.status(slot) & IPS_CONFIRMED) !== 0;
  }

  /** IPS_* bits. */
  status(slot: number): number {
    return this.store.table.get(slot, W_STATUS);
  }

  addStatus(slot: number, bits: number): void {
    this.store.addStatus(slot, bits);
  }

  /** NFPROTO_IPV4 or NFPROTO_IPV6. */
  l3proto(slot: number): number {
    return this.store.table.get(slot, W_PROTO) & 0xff;
  }

  l4proto(slot: number): number {
    return (this.store.table.get(slot, W_PROTO) >>> 8) & 0xff;
  }

  /** Grows by one per entry; never reused, unlike slots. */
  id(slot: number): number {
    return this.store.table.get(slot, W_ID) >>> 0;
  }

  mark(slot: number): number {
    return this.store.table.get(slot, W_MARK) >>> 0;
  }

  setMark(slot: number, value: number): void {
    if (this.store.table.get(slot, W_MARK) === (value | 0)) return;
    this.store.table.set(slot, W_MARK, value | 0);
    this.store.cacheEvent(slot, IPCT_MARK);
  }

  secmark(slot: number): number {
    return this.store.sides.secmark(this.store.table, slot);
  }

  setSecmark(slot: number, value: number): void {
    if (this.secmark(slot) === value) return;
    this.store.sides.setSecmark(this.store.table, slot, value);
    this.store.cacheEvent(slot, IPCT_SECMARK);
  }

  /** 16 bytes, bit n in byte n >> 3; null where no label was ever set. */
  labels(slot: number): Uint8Array | null {
    return this.store.sides.labels(this.store.table, slot);
  }

  /** Sets one of 128 bits. */
  setLabel(slot: number, bit: number): void {
    const labels = this.store.sides.labelsFor(this.store.table, slot);
    const before = labels[bit >>> 3]!;
    labels[bit >>> 3] = before | (1 << (bit & 7));
    if (labels[bit >>> 3] !== before) this.store.cacheEvent(slot, IPCT_LABEL);
  }

  /** nf_connlabels_replace(): the bits under `mask` become those of `value`. */
  replaceLabels(slot: number, value: Uint8Array, mask?: Uint8Array): void {
    const labels = this.store.sides.labelsFor(this.store.table, slot);
    let changed = false;
    for (let i = 0; i < 16; i++) {
      const keep = mask === undefined ? 0 : ~mask[i]! & 0xff;
      const next = (labels[i]! & keep) | (value[i]! & ~keep & 0xff);
      changed ||= next !== labels[i];
      labels[i] = next;
    }
    if (changed) this.store.cacheEvent(slot, IPCT_LABEL);
  }

  /** Name of the helper, '' for none. */
  helper(slot: number): string {
    return this.helperSide(slot)?.name ?? '';
  }

  helperSide(slot: number): HelperSide | null {
    return this.store.sides.helper(this.store.table, slot);
  }

  /**
   * Only before an entry is confirmed may a rule give it a helper; callers see to that. IPS_HELPER says
   * that somebody chose it, so that nothing looks for another one.
   */
  setHelper(slot: number, name: string): void {
    assignHelper(this.store, slot, name);
    this.store.addStatus(slot, IPS_HELPER);
  }

  /** Timeouts of a `ct timeout` object: seconds by state, gaps fall back to the sysctls. */
  setTimeoutPolicy(slot: number, seconds: readonly number[]): void {
    this.store.sides.setPolicy(this.store.table, slot, seconds);
  }

  /** Sequence adjustment of both directions, or null. */
  seqAdjust(slot: number): readonly [SeqAdjust, SeqAdjust] | null {
    return this.store.sides.seqAdjust(this.store.table, slot);
  }

  /** As {@link seqAdjust}, made at first use. */
  seqAdjustFor(slot: number): readonly [SeqAdjust, SeqAdjust] {
    return this.store.sides.seqAdjustFor(this.store.table, slot);
  }

  /** The zone id that holds for a direction. */
  zone(slot: number, dir: Direction): number {
    return zoneIdFor(this.store.table.get(slot, W_ZONE), dir);
  }

  /** The zone's id whatever its direction. */
  zoneId(slot: number): number {
    return this.store.table.get(slot, W_ZONE) & 0xffff;
  }

  zoneDir(slot: number): number {
    return this.store.table.get(slot, W_ZONE) >>> 16;
  }

  /** Id and direction of the zone in one number, as lookups take it. */
  zoneWord(slot: number): Zone {
    return this.store.table.get(slot, W_ZONE);
  }

  /** The highest sequence number a side of a TCP connection has sent, plus one (td_end). */
  tcpEnd(slot: number, dir: Direction): number {
    return this.store.table.get(slot, W_L4 + L_TD_END + dir);
  }

  /** Two words that belong to NAT: the hash of the entry's source, and the next one with that hash. */
  sourceHash(slot: number): number {
    return this.store.table.get(slot, W_SOURCE);
  }

  sourceNext(slot: number): number {
    return this.store.table.get(slot, W_SOURCE + 1);
  }

  setSource(slot: number, hash: number, next: number): void {
    this.store.table.set(slot, W_SOURCE, hash);
    this.store.table.set(slot, W_SOURCE + 1, next);
  }

  /** Slot of the connection that expected this one; 0 for none, and where that has ended. */
  master(slot: number): number {
    const master = this.masterSide(slot);
    return master !== null && this.store.isSame(master.slot, master.id) ? master.slot : 0;
  }

  /** What is known of it although it may have ended. */
  masterSide(slot: number): MasterSide | null {
    return this.store.sides.master(this.store.table, slot);
  }

  /** TCP_CONNTRACK_* or SCTP_CONNTRACK_*. */
  protocolState(slot: number): number {
    return this.store.table.get(slot, W_L4 + L_STATE);
  }

  readTuple(slot: number, dir: Direction, out: Tuple): void {
    this.store.table.readTuple(slot, dir, out);
  }

  /** nf_conntrack_alter_reply(): before the entry is confirmed, that is. */
  alterReply(slot: number, reply: Tuple): void {
    this.store.table.writeTuple(slot, 1, reply);
  }

  /** Writes an address in network order; returns its length, 4 or 16. */
  putSource(slot: number, dir: Direction, out: Uint8Array, offset: number): number {
    this.store.table.readTuple(slot, dir, this.#tuple);
    return putAddress(this.#tuple, T_SRC, out, offset);
  }

  putDestination(slot: number, dir: Direction, out: Uint8Array, offset: number): number {
    this.store.table.readTuple(slot, dir, this.#tuple);
    return putAddress(this.#tuple, T_DST, out, offset);
  }

  /** tuple.src.u.all: the source port, or the identifier of ICMP. */
  sourcePart(slot: number, dir: Direction): number {
    this.store.table.readTuple(slot, dir, this.#tuple);
    return srcPortOf(this.#tuple);
  }

  /** tuple.dst.u.all: the destination port, or type << 8 | code of ICMP. */
  destinationPart(slot: number, dir: Direction): number {
    this.store.table.readTuple(slot, dir, this.#tuple);
    return dstPortOf(this.#tuple);
  }

  hasCounters(slot: number): boolean {
    return this.store.sides.has(this.store.table, slot, SIDE_ACCT);
  }

  packets(slot: number, dir: Direction): number {
    return this.#counter(slot, dir * 2);
  }

  bytes(slot: number, dir: Direction): number {
    return this.#counter(slot, dir * 2 + 1);
  }

  /** IPCTNL_MSG_CT_GET_CTRZERO: begins to count again. */
  zeroCounters(slot: number): void {
    const at = (slot & CHUNK_MASK) * 4;
    if (this.hasCounters(slot)) this.store.table.countersFor(slot).fill(0, at, at + 4);
  }

  #counter(slot: number, which: number): number {
    if (!this.hasCounters(slot)) return 0;
    return this.store.table.countersFor(slot)[(slot & CHUNK_MASK) * 4 + which]!;
  }

  /** Milliseconds left, as `ct expiration` loads them; 0 when over. */
  expiration(slot: number): number {
    const deadline = this.store.table.deadline(slot);
    const left = this.isConfirmed(slot) ? deadline - this.store.now : deadline;
    return Math.max(0, Math.floor(left / 1e6));
  }

  secondsLeft(slot: number): number {
    return secondsLeft(this.store, slot);
  }

  /** nf_ct_acct_update(): counts a packet that no hook of this room saw. */
  account(slot: number, dir: Direction, bytes: number): void {
    this.store.account(slot, dir, bytes);
  }

  /** Interface index of a masqueraded connection, 0 for others. */
  masqIndex(slot: number): number {
    return this.store.table.get(slot, W_MASQ);
  }

  setMasqIndex(slot: number, index: number): void {
    this.store.table.set(slot, W_MASQ, index);
  }

  /**
   * A template to put into `packet.ct` before conntrack sees the packet (`ct zone set`, CT --zone, CT
   * --helper, CT --timeout). There are few; they are kept for as long as the namespace is.
   * @param dir NF_CT_ZONE_DIR_*
   */
  template(zoneId: number, dir = 3, gives: TemplateGives = {}): number {
    const zone = makeZone(zoneId, dir);
    if (gives.looks === true) return this.#looking.get(zone) ?? this.#newLooking(zone);
    const { helper = '', policy } = gives;
    const kind = policy === undefined ? helper : `${helper}\0${policy.name}`;
    const known = this.#templates.get(kind)?.get(zone) ?? this.#newTemplate(kind, zone, helper);
    if (policy !== undefined) this.store.sides.setPolicy(this.store.table, known, policy.seconds);
    return known;
  }

  #newLooking(zone: Zone): number {
    const { table } = this.store;
    const slot = table.alloc();
    table.set(slot, W_STATUS, IPS_TEMPLATE);
    table.set(slot, W_ZONE, zone);
    this.#looking.set(zone, slot);
    return slot;
  }

  /** Whether a template is one that only looks. */
  looks(template: number): boolean {
    return this.#looking.size > 0 && this.#looking.get(this.zoneWord(template)) === template;
  }

  #newTemplate(kind: string, zone: Zone, helper: string): number {
    const { table, sides } = this.store;
    const slot = table.alloc();
    table.set(slot, W_STATUS, IPS_TEMPLATE);
    table.set(slot, W_ZONE, zone);
    if (helper !== '') sides.setHelper(table, slot, { name: helper, helper: null, data: null });
    const byZone = this.#templates.get(kind) ?? new Map<Zone, number>();
    this.#templates.set(kind, byZone.set(zone, slot));
    return slot;
  }

  /** What a SYN proxy knows of the connection; null of those it has not opened. */
  synproxy(slot: number): SynproxySide | null {
    return this.store.sides.synproxy(this.store.table, slot);
  }

  /** The template of what a SYN proxy opens: its connections are known as such (synproxy_net.tmpl). */
  synproxyTemplate(): number {
    if (this.#synproxyTemplate === 0) {
      const slot = this.store.table.alloc();
      this.store.table.set(slot, W_STATUS, IPS_TEMPLATE);
      this.store.table.set(slot, W_ZONE, makeZone(0, 3));
      this.store.sides.addSynproxy(this.store.table, slot);
      this.#synproxyTemplate = slot;
    }
    return this.#synproxyTemplate;
  }

  /** The widest window one side has offered (td_maxwin). */
  tcpWindow(slot: number, dir: Direction): number {
    return this.store.table.get(slot, W_L4 + L_TD_MAXWIN + dir) >>> 0;
  }

  /** nf_ct_kill(): ends an entry now. */
  kill(slot: number): boolean {
    return this.store.destroy(slot, 'packet');
  }

  entryOf(slot: number): ConntrackEntry {
    return snapshotEntry(this.store, slot);
  }

  /** The line `conntrack -L` prints. */
  describe(slot: number): string {
    return describeEntry(this.entryOf(slot));
  }

  snapshot(slot: number): ConntrackSnapshot {
    if (this.netns.tracer?.brief === true) return UNSEEN;
    const entry = this.entryOf(slot);
    return { text: describeEntry(entry), fields: { ...entry } };
  }
}
