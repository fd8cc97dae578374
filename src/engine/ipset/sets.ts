// The sets of a namespace: made, renamed, swapped, asked (net/netfilter/ipset/ip_set_core.c).

import { type Clock, type Netns, Nfproto, type Random } from '../../core/index.ts';
import type {
  IpSet,
  IpSetAdt,
  IpSetChange,
  IpSetCreate,
  IpSetError,
  IpSetFamily,
  IpSetListing,
  IpSetPair,
  IpSetType,
} from '../../program/index.ts';
import { Bitmap, bitmapRange } from './bitmap.ts';
import type { SetData } from './data.ts';
import { HashSet, hashOptions } from './hash.ts';
import { ListSet, type SetFinder } from './list.ts';
import {
  dimensionOf,
  EAGAIN,
  ENOTEMPTY,
  errorOf,
  FEATURES,
  Feature,
  failed,
  REVISIONS,
} from './numbers.ts';
import { SetFlag, type SetOptions, type SetPacket } from './options.ts';

interface RuntimeSet {
  name: string;
  readonly type: IpSetType;
  readonly family: IpSetFamily;
  readonly dimension: number;
  readonly data: SetData;
  /** set->ref: rules and lists that name it. */
  references: number;
}

/** NFPROTO_* of the packets a family of sets is for; 0 for all. */
const PROTO: Readonly<Record<IpSetFamily, number>> = {
  inet: Nfproto.ip,
  inet6: Nfproto.ip6,
  unspec: 0,
};

const MAX_SETS = 65535;

export class IpSets implements SetFinder {
  readonly #sets: (RuntimeSet | undefined)[] = [];
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(netns: Pick<Netns, 'clock' | 'random'>) {
    this.#clock = netns.clock;
    this.#random = netns.random;
  }

  #find(name: string): number {
    return this.#sets.findIndex((set) => set?.name === name);
  }

  /** Does what one message asks. Undefined, or why not; a test that finds nothing is `EXIST`. */
  apply(change: IpSetChange): IpSetError | undefined {
    const answer = this.#answer(change);
    return answer < 0 ? errorOf(answer) : undefined;
  }

  #answer(change: IpSetChange): number {
    switch (change.kind) {
      case 'create':
        return this.#create(change);
      case 'destroy':
        return this.#destroy(change.set, change.exist === true);
      case 'flush':
        return this.#flush(change.set);
      case 'rename':
        return this.#rename(change);
      case 'swap':
        return this.#swap(change);
      default:
        return this.#adt(change);
    }
  }

  #create(create: IpSetCreate): number {
    const data = this.#make(create);
    if (typeof data === 'number') return data;
    const known = this.#find(create.set);
    if (known < 0) return this.#insert(create, data);
    const clash = this.#sets[known]!;
    const same =
      create.exist === true && clash.type === create.type && clash.data.same(data.options());
    return same ? 0 : failed('EEXIST');
  }

  #insert({ set: name, type, family }: IpSetCreate, data: SetData): number {
    let index = this.#sets.indexOf(undefined);
    if (index < 0) index = this.#sets.length;
    if (index >= MAX_SETS) return failed('MAX_SETS');
    const dimension = dimensionOf(type);
    this.#sets[index] = { name, type, family, dimension, data, references: 0 };
    return 0;
  }

  #make(create: IpSetCreate): SetData | number {
    const { type, family, options } = create;
    if (type === 'list:set') return new ListSet(options, this, this.#clock);
    if (type.startsWith('bitmap:')) {
      const range = bitmapRange(create);
      return typeof range === 'number' ? range : new Bitmap(type, options, range, this.#clock);
    }
    const made = hashOptions(type, family, options, this.#random.u32());
    return typeof made === 'number' ? made : new HashSet(type, family, made, this.#clock);
  }

  #destroy(name: string | undefined, exist: boolean): number {
    for (const set of this.#sets) set?.data.collect();
    if (name === undefined) {
      if (this.#sets.some((set) => set !== undefined && set.references > 0)) return failed('BUSY');
      this.#sets.length = 0;
      return 0;
    }
    const index = this.#find(name);
    const set = this.#sets[index];
    if (set === undefined) return exist ? 0 : failed('ENOENT');
    if (set.references > 0) return failed('BUSY');
    set.data.flush();
    this.#sets[index] = undefined;
    return 0;
  }

  #flush(name: string | undefined): number {
    const index = name === undefined ? 0 : this.#find(name);
    if (index < 0) return failed('ENOENT');
    for (const set of name === undefined ? this.#sets : [this.#sets[index]]) set?.data.flush();
    return 0;
  }

  #rename({ set: from, to }: IpSetPair): number {
    const set = this.#sets[this.#find(from)];
    if (set === undefined) return failed('ENOENT');
    for (const other of this.#sets) other?.data.collect();
    if (set.references > 0) return failed('REFERENCED');
    if (this.#find(to) >= 0) return failed('EXIST_SETNAME2');
    set.name = to;
    return 0;
  }

  /** Names and references stay at their index; what is behind them changes. */
  #swap({ set: from, to }: IpSetPair): number {
    const a = this.#find(from);
    const b = this.#find(to);
    const first = this.#sets[a];
    const second = this.#sets[b];
    if (first === undefined) return failed('ENOENT');
    if (second === undefined) return failed('EXIST_SETNAME2');
    const alike = FEATURES[first.type] === FEATURES[second.type] && first.family === second.family;
    if (!alike) return failed('TYPE_MISMATCH');
    const { name, references } = first;
    this.#sets[a] = second;
    this.#sets[b] = first;
    first.name = second.name;
    first.references = second.references;
    second.name = name;
    second.references = references;
    return 0;
  }

  #adt(change: IpSetAdt): number {
    const set = this.#sets[this.#find(change.set)];
    if (set === undefined) return failed('ENOENT');
    const answer = set.data.request(change.kind, change.entry, change.exist === true);
    if (change.kind !== 'test') return answer;
    // A person's test asks yes or no, and cannot fill in an Ethernet address.
    return answer > 0 || answer === -EAGAIN ? 0 : failed('EXIST');
  }

  /** The index of a set for a rule to keep, one reference taken; -1 where there is none. */
  get(name: string): number {
    const index = this.#find(name);
    if (index >= 0) this.#sets[index]!.references++;
    return index;
  }

  /** Gives back what `get` took. */
  put(index: number): void {
    const set = this.#sets[index];
    if (set !== undefined && set.references > 0) set.references--;
  }

  nameOf(index: number): string {
    return this.#sets[index]?.name ?? '';
  }

  isList(index: number): boolean {
    return this.#sets[index]?.type === 'list:set';
  }

  /** ip_set_test(): whether the packet is in the set. */
  test(index: number, from: SetPacket, asked: SetOptions): boolean {
    const set = this.#sets[index];
    if (set === undefined || !fits(set, from, asked)) return false;
    const answer = set.data.packet('test', from, asked);
    if (answer === -EAGAIN) {
      set.data.packet('add', from, asked);
      return true;
    }
    const inverted =
      (asked.cmdflags & SetFlag.returnNomatch) !== 0 &&
      (FEATURES[set.type] & Feature.nomatch) !== 0 &&
      (answer > 0 || answer === -ENOTEMPTY);
    return (inverted ? -answer : answer) > 0;
  }

  /** ip_set_add(): 0 where the packet's element was added. */
  add(index: number, from: SetPacket, asked: SetOptions): number {
    const set = this.#sets[index];
    if (set === undefined || !fits(set, from, asked)) return failed('TYPE_MISMATCH');
    return set.data.packet('add', from, asked);
  }

  /** ip_set_del() */
  del(index: number, from: SetPacket, asked: SetOptions): number {
    const set = this.#sets[index];
    if (set === undefined || !fits(set, from, asked)) return failed('TYPE_MISMATCH');
    return set.data.packet('del', from, asked);
  }

  /** Type and family of a set, or undefined. */
  describe(name: string): { readonly type: IpSetType; readonly family: IpSetFamily } | undefined {
    return this.#sets[this.#find(name)];
  }

  /** Every set as the kernel lists them: lists behind the others. */
  list(): IpSetListing[] {
    const listed = this.#sets.flatMap((set, index) =>
      set === undefined ? [] : [listing(set, index)],
    );
    const isList = ({ type }: IpSetListing): boolean => type === 'list:set';
    return [...listed.filter((set) => !isList(set)), ...listed.filter(isList)];
  }

  /** Replaces everything by what was listed before. */
  restore(sets: readonly IpSet[]): void {
    this.#sets.length = 0;
    for (const { name, index, type, family, options } of sets) {
      const data = this.#make({ kind: 'create', set: name, type, family, options });
      if (typeof data === 'number') continue;
      this.#sets[index] = { name, type, family, dimension: dimensionOf(type), data, references: 0 };
    }
    // A hole is an index that is free.
    for (let i = 0; i < this.#sets.length; i++) this.#sets[i] ??= undefined;
    for (const set of sets) this.#sets[set.index]?.data.restore(set.entries);
  }
}

/** A rule has to give enough directions, and the packet has to be of the family. */
const fits = (set: RuntimeSet, from: SetPacket, asked: SetOptions): boolean =>
  asked.dim >= set.dimension && (set.family === 'unspec' || PROTO[set.family] === from.pf);

function listing(set: RuntimeSet, index: number): IpSetListing {
  const { name, type, family, data, references } = set;
  return {
    name,
    index,
    type,
    family,
    revision: REVISIONS[type],
    options: data.options(),
    entries: data.entries(),
    references,
    elements: data.elements(),
    memsize: data.memsize(),
  };
}

const byNamespace = new WeakMap<Netns, IpSets>();

/** The sets of a namespace; there are some from the first question on. */
export function ipSetsOf(netns: Netns): IpSets {
  const known = byNamespace.get(netns);
  if (known !== undefined) return known;
  const sets = new IpSets(netns);
  byNamespace.set(netns, sets);
  return sets;
}
