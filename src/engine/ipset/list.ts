// list:set, a list of other sets: a packet is asked about in one after the other
// (net/netfilter/ipset/ip_set_list_set.c).

import type { Clock } from '../../core/index.ts';
import type { IpSetEntry, IpSetOptions, IpSetRequest } from '../../program/index.ts';
import { type SetData, sameExtensions } from './data.ts';
import { Extensions } from './extensions.ts';
import { type Adt, EXIST, failed } from './numbers.ts';
import { SetFlag, type SetOptions, type SetPacket } from './options.ts';

export const DEFAULT_SIZE = 8;
const MINIMAL_SIZE = 4;
/** sizeof(struct list_set) and struct set_elem, Linux 6.18 on x86_64. */
const LIST_BYTES = 80;
const MEMBER_BYTES = 48;

/** What a list needs of the sets beside it. */
export interface SetFinder {
  /** The index of a set, one reference taken; -1 where there is none. */
  get(name: string): number;
  put(index: number): void;
  nameOf(index: number): string;
  isList(index: number): boolean;
  test(index: number, from: SetPacket, asked: SetOptions): boolean;
  add(index: number, from: SetPacket, asked: SetOptions): number;
  del(index: number, from: SetPacket, asked: SetOptions): number;
}

interface Member {
  readonly index: number;
  readonly slot: number;
}

/** Where a request wants its member: `before` 1, `after` -1, anywhere 0. */
interface Place {
  readonly index: number;
  readonly before: -1 | 0 | 1;
  readonly reference: number;
}

export class ListSet implements SetData {
  readonly #options: IpSetOptions;
  readonly #sets: SetFinder;
  readonly #extensions: Extensions;
  #members: Member[] = [];
  readonly #free: number[] = [];
  #rows = 0;

  constructor(options: IpSetOptions, sets: SetFinder, clock: Clock) {
    const size = Math.max(options.size ?? DEFAULT_SIZE, MINIMAL_SIZE);
    this.#options = { ...options, size };
    this.#sets = sets;
    this.#extensions = new Extensions(options, clock);
  }

  request(adt: Adt, request: IpSetRequest, exist: boolean): number {
    const wrong = this.#extensions.fromRequest(request);
    if (wrong < 0) return wrong;
    const place = this.#place(request);
    if (typeof place === 'number') return place;
    if (adt !== 'test') this.collect();
    const answer = this.#act(adt, place, exist);
    if (place.reference >= 0) this.#sets.put(place.reference);
    if (adt !== 'add' || answer !== 0) this.#sets.put(place.index);
    return answer === EXIST && exist ? 0 : answer;
  }

  /** The sets a request names, each with a reference taken. */
  #place(request: IpSetRequest): Place | number {
    const index = this.#sets.get(request.name ?? '');
    if (index < 0) return failed('NAME');
    const wrong = this.#sets.isList(index) ? failed('LOOP') : 0;
    const named = request.before ?? request.after;
    const reference = named === undefined || wrong !== 0 ? -1 : this.#sets.get(named);
    if (wrong === 0 && (named === undefined || reference >= 0)) {
      const before = request.before !== undefined ? 1 : request.after !== undefined ? -1 : 0;
      return { index, before, reference };
    }
    this.#sets.put(index);
    return wrong !== 0 ? wrong : failed('NAMEREF');
  }

  #act(adt: Adt, place: Place, exist: boolean): number {
    if (adt === 'test') return this.#testMember(place);
    return adt === 'add' ? this.#addMember(place, exist) : this.#deleteMember(place);
  }

  #live(): Member[] {
    return this.#members.filter(({ slot }) => !this.#extensions.expired(slot));
  }

  /** Whether the member stands where the request says, among those that have not expired. */
  #stands(place: Place): boolean {
    const at = this.#members.findIndex(({ index }) => index === place.index);
    if (place.before === 0) return true;
    if (place.before > 0) return this.#members[at + 1]?.index === place.reference;
    const before = this.#members
      .slice(0, at)
      .filter(({ slot }) => !this.#extensions.expired(slot))
      .at(-1);
    return before?.index === place.reference;
  }

  #testMember(place: Place): number {
    const known = this.#live().some(({ index }) => index === place.index);
    return known && this.#stands(place) ? 1 : 0;
  }

  #addMember({ index, before, reference }: Place, exist: boolean): number {
    const known = this.#members.find((member) => member.index === index);
    const at = this.#members.findIndex((m) => m.index === reference && m.index !== index);
    if (before !== 0 && at < 0) return failed('REF_EXIST');
    if (known !== undefined) {
      if (!exist) return EXIST;
      this.#extensions.dropComment(known.slot);
      this.#extensions.write(known.slot);
      // It is in the list already, and counted.
      this.#sets.put(index);
      return 0;
    }
    const slot = this.#newSlot();
    this.#extensions.write(slot);
    const where = before === 0 ? this.#members.length : before > 0 ? at : at + 1;
    this.#members.splice(where, 0, { index, slot });
    return 0;
  }

  #newSlot(): number {
    const slot = this.#free.pop() ?? this.#rows++;
    this.#extensions.reserve(slot + 1);
    this.#extensions.clear(slot);
    return slot;
  }

  #deleteMember(place: Place): number {
    const member = this.#members.find(({ index }) => index === place.index);
    if (member === undefined) return place.before === 0 ? EXIST : failed('REF_EXIST');
    if (!this.#stands(place)) return failed('REF_EXIST');
    this.#remove(member);
    return 0;
  }

  #remove(member: Member): void {
    this.#members = this.#members.filter((other) => other !== member);
    this.#extensions.dropComment(member.slot);
    this.#free.push(member.slot);
    this.#sets.put(member.index);
  }

  packet(adt: Adt, from: SetPacket, asked: SetOptions): number {
    this.#extensions.fromPacket(from.packet.end - from.packet.network, asked);
    if (adt === 'test') return this.#testPacket(from, asked);
    for (const { index, slot } of this.#members) {
      if (this.#extensions.expired(slot)) continue;
      const answer =
        adt === 'add' ? this.#sets.add(index, from, asked) : this.#sets.del(index, from, asked);
      if (answer === 0) return 0;
    }
    return 0;
  }

  /** list_set_ktest(): counters are asked for and counted in the list's own members. */
  #testPacket(from: SetPacket, asked: SetOptions): number {
    const flags = asked.cmdflags;
    let below = flags & ~SetFlag.matchCounters;
    if ((below & SetFlag.skipSubcounterUpdate) !== 0) below &= ~SetFlag.skipCounterUpdate;
    for (const { index, slot } of this.#members) {
      asked.cmdflags = below;
      const inside = this.#sets.test(index, from, asked);
      asked.cmdflags = flags;
      if (inside && this.#extensions.match(slot, asked)) return 1;
    }
    return 0;
  }

  /**
   * list_set_flush() forgets the bytes of comments, and then each member takes its own away once more, when
   * the readers are gone (__list_set_del_rcu()): a list that was flushed counts less than it has.
   */
  flush(): void {
    this.#extensions.commentBytes = 0;
    for (const member of this.#members) this.#remove(member);
  }

  collect(): void {
    for (const member of this.#members)
      if (this.#extensions.expired(member.slot)) this.#remove(member);
  }

  entries(): IpSetEntry[] {
    return this.#live().map(({ index, slot }) => ({
      name: this.#sets.nameOf(index),
      ...this.#extensions.entry(slot),
    }));
  }

  elements(): number {
    return this.#members.length;
  }

  restore(entries: readonly IpSetEntry[]): void {
    for (const entry of entries) {
      const index = this.#sets.get(entry.name ?? '');
      if (index < 0) continue;
      const { timeout: _, ...untimed } = entry;
      const slot = this.#newSlot();
      this.#extensions.fromRequest(untimed);
      this.#extensions.write(slot, false);
      this.#extensions.restoreTimeout(slot, entry);
      this.#members.push({ index, slot });
    }
  }

  options(): IpSetOptions {
    return this.#options;
  }

  memsize(): number {
    const each = this.#extensions.size(MEMBER_BYTES, 8);
    // As many bits as IPSET_ATTR_MEMSIZE has.
    return (LIST_BYTES + this.#members.length * each + this.#extensions.commentBytes) >>> 0;
  }

  same(options: IpSetOptions): boolean {
    const size = Math.max(options.size ?? DEFAULT_SIZE, MINIMAL_SIZE);
    return this.#options.size === size && sameExtensions(this.#options, options);
  }
}
