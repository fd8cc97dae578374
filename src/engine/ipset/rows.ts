// The elements of a hash in columns, a row each: the words that are hashed, flags, and what an element carries.

import type { Clock } from '../../core/index.ts';
import type { IpSetEntry, IpSetOptions } from '../../program/index.ts';
import { Extensions } from './extensions.ts';
import { cidrOf, elementOf, Key, type Layout } from './layout.ts';

interface InterfaceFlags {
  readonly wildcard: boolean;
  readonly iface: string;
}

export class Rows {
  readonly layout: Layout;
  readonly key: Key;
  readonly extensions: Extensions;
  #words: Uint32Array;
  #nomatch = new Uint8Array(16);
  readonly #interfaces: InterfaceFlags[] | null;
  #count = 0;
  readonly #free: number[] = [];
  /** How many elements of the same hash the comparisons met (IP_SET_HASH_WITH_MULTI). */
  multi = 0;

  constructor(layout: Layout, options: IpSetOptions, clock: Clock) {
    this.layout = layout;
    this.key = new Key(layout);
    this.extensions = new Extensions(options, clock);
    this.#words = new Uint32Array(16 * layout.words);
    this.#interfaces = layout.multi ? [] : null;
  }

  /** A row, all zero. */
  take(): number {
    const slot = this.#free.pop() ?? this.#count++;
    this.#reserve(slot + 1);
    this.extensions.clear(slot);
    return slot;
  }

  release(slot: number): void {
    if (slot < 0) return;
    this.extensions.dropComment(slot);
    this.#free.push(slot);
  }

  clear(): void {
    for (let slot = 0; slot < this.#count; slot++) this.extensions.dropComment(slot);
    this.#count = 0;
    this.#free.length = 0;
  }

  #reserve(rows: number): void {
    this.extensions.reserve(rows);
    if (rows <= this.#nomatch.length) return;
    const more = this.#nomatch.length * 2;
    const words = new Uint32Array(more * this.layout.words);
    words.set(this.#words);
    this.#words = words;
    const nomatch = new Uint8Array(more);
    nomatch.set(this.#nomatch);
    this.#nomatch = nomatch;
  }

  /** The key's element into a row. */
  store(slot: number): void {
    this.#words.set(this.key.words, slot * this.layout.words);
    if (this.#interfaces === null) return;
    this.#interfaces[slot] = { wildcard: this.key.wildcard, iface: this.key.iface };
  }

  /** What an operation brought besides, for an element that is new or there already. */
  write(slot: number, nomatch: boolean): void {
    this.#nomatch[slot] = nomatch ? 1 : 0;
    this.extensions.write(slot);
  }

  isNomatch(slot: number): boolean {
    return this.#nomatch[slot] === 1;
  }

  copyWords(slot: number, to: Uint32Array): void {
    const at = slot * this.layout.words;
    for (let i = 0; i < this.layout.words; i++) to[i] = this.#words[at + i]!;
  }

  cidr(slot: number, which: number): number {
    return cidrOf(this.layout, this.#words, slot * this.layout.words, which);
  }

  /** mtype_data_equal(): whether a row is the key's element. */
  equal(slot: number): boolean {
    if (this.#interfaces !== null) return this.#equalInterface(slot, this.#interfaces);
    const { words } = this.layout;
    const at = slot * words;
    const wanted = this.key.words;
    for (let i = 0; i < words; i++) if (this.#words[at + i] !== wanted[i]) return false;
    return true;
  }

  /** hash_netiface*_data_equal(): the interface is not hashed, so many may share a bucket. */
  #equalInterface(slot: number, interfaces: readonly InterfaceFlags[]): boolean {
    const { words } = this.layout;
    const at = slot * words;
    const { key } = this;
    for (let i = 0; i < words - 1; i++) if (this.#words[at + i] !== key.words[i]) return false;
    const tail = this.#words[at + words - 1]! ^ key.words[words - 1]!;
    if (tail >>> 8 !== 0) return false;
    this.multi++;
    const { iface, wildcard } = interfaces[slot]!;
    return (tail & 0xff) === 0 && (wildcard ? key.iface.startsWith(iface) : key.iface === iface);
  }

  entry(slot: number): IpSetEntry {
    const flags = this.#interfaces?.[slot];
    const at = slot * this.layout.words;
    const physdev = flags !== undefined && (this.#words[at + this.layout.ipWords]! & 0xff) === 1;
    return {
      ...elementOf(this.layout, this.#words, at),
      ...(flags === undefined ? {} : { iface: flags.iface }),
      ...(physdev ? { physdev } : {}),
      ...(this.isNomatch(slot) ? { nomatch: true } : {}),
      ...(flags?.wildcard === true ? { wildcard: true } : {}),
      ...this.extensions.entry(slot),
    };
  }
}
