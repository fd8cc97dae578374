// The hash of net/netfilter/ipset/ip_set_hash_gen.h: buckets of at most `bucketsize` elements, twice as many
// buckets when one is full. Elements lie in columns, a row (slot) each; a bucket holds numbers of rows.

import type { Clock } from '../../core/index.ts';
import type { IpSetEntry, IpSetOptions } from '../../program/index.ts';
import { jhash } from '../jhash.ts';
import {
  type Bucket,
  clearUsed,
  holesIn,
  isUsed,
  newBucket,
  PLACES,
  POS,
  setUsed,
  sizeOf,
} from './bucket.ts';
import type { Extensions } from './extensions.ts';
import { headBytes, type Key, type Layout } from './layout.ts';
import { Nets } from './nets.ts';
import { EAGAIN, ENOTEMPTY, EXIST, failed } from './numbers.ts';
import type { SetOptions } from './options.ts';
import { isHost, Prefixes } from './prefixes.ts';
import { Rows } from './rows.ts';

export const AHASH_INIT_SIZE = 2;
export const AHASH_MAX_SIZE = 12;
const AHASH_MAX_TUNED = 64;
/** A lock, and a count of elements, for every 1024 buckets (HTABLE_REGION_BITS). */
const REGION_BITS = 10;
const REGION_BYTES = 24;
/** sizeof(struct hbucket). */
const BUCKET_BYTES = 32;

export class HashTable {
  readonly layout: Layout;
  readonly rows: Rows;
  readonly nets: readonly Nets[];
  readonly initval: number;
  readonly maxelem: number;
  readonly #forceadd: boolean;
  bucketsize: number;
  bits: number;
  #buckets: (Bucket | undefined)[];
  #regions: Uint32Array;
  #bucketBytes = 0;
  readonly #elementBytes: number;
  /** What the kernel counts for a bucket that is new, and again each time it grows (ext_size()). */
  readonly #blockBytes: number;

  /** What is hashed where it is not the key. */
  readonly #scratch: Uint32Array;
  readonly #prefixes: Prefixes;

  constructor(
    layout: Layout,
    options: Required<Pick<IpSetOptions, 'hashsize' | 'maxelem' | 'bucketsize' | 'initval'>> &
      IpSetOptions,
    clock: Clock,
  ) {
    this.layout = layout;
    this.rows = new Rows(layout, options, clock);
    this.nets = layout.cidrs.map(() => new Nets());
    this.initval = options.initval;
    this.maxelem = options.maxelem;
    this.bucketsize = options.bucketsize;
    this.#forceadd = options.forceadd === true;
    this.bits = 32 - Math.clz32(options.hashsize - 1);
    this.#buckets = new Array<Bucket | undefined>(2 ** this.bits);
    this.#regions = new Uint32Array(this.#regionCount());
    this.#elementBytes = this.extensions.size(layout.elementBytes, layout.elementAlign);
    this.#blockBytes = BUCKET_BYTES + AHASH_INIT_SIZE * this.#elementBytes;
    this.#scratch = new Uint32Array(layout.words);
    this.#prefixes = new Prefixes(this);
  }

  #regionCount(): number {
    return this.bits < REGION_BITS ? 1 : 1 << (this.bits - REGION_BITS);
  }

  /** Elements, those that have expired and were not yet met among them. */
  get elements(): number {
    let sum = 0;
    for (const n of this.#regions) sum += n;
    return sum;
  }

  get key(): Key {
    return this.rows.key;
  }

  get extensions(): Extensions {
    return this.rows.extensions;
  }

  #hash(words: Uint32Array): number {
    return (jhash(words, this.layout.words * 4, this.initval) & (2 ** this.bits - 1)) >>> 0;
  }

  /** mtype_add(): 0, or an error; EAGAIN asks for more buckets. */
  add(exist: boolean, nomatch: boolean): number {
    this.rows.multi = 0;
    const hash = this.#hash(this.key.words);
    const region = hash >>> REGION_BITS;
    const full = this.#isFull(region);
    const force = full && this.#forceadd;
    const bucket = this.#buckets[hash];
    if (bucket === undefined) {
      if (full) return failed('HASH_FULL');
      const fresh = newBucket(AHASH_INIT_SIZE);
      this.#bucketBytes += this.#blockBytes;
      this.#buckets[hash] = fresh;
      return this.#append(fresh, region, nomatch);
    }
    return this.#addTo(bucket, hash, exist, nomatch, full, force);
  }

  #addTo(
    bucket: Bucket,
    hash: number,
    exist: boolean,
    nomatch: boolean,
    full: boolean,
    force: boolean,
  ): number {
    const region = hash >>> REGION_BITS;
    let place = -1;
    let deleted = false;
    for (let i = 0; i < bucket[POS]!; i++) {
      if (!isUsed(bucket, i)) {
        if (place === -1) {
          deleted = true;
          place = i;
        }
        continue;
      }
      const slot = bucket[PLACES + i]!;
      const expired = this.extensions.expired(slot);
      if (this.rows.equal(slot)) {
        if (!exist && !expired) return EXIST;
        this.rows.write(slot, nomatch);
        return 0;
      }
      if (expired && place === -1) place = i;
    }
    if (place >= 0 || force)
      return this.#reuse(bucket, region, Math.max(place, 0), deleted, nomatch);
    if (full) return failed('HASH_FULL');
    return this.#grow(bucket, hash, nomatch);
  }

  /** Puts the element where one was deleted or expired, or where one has to go (forceadd). */
  #reuse(
    bucket: Bucket,
    region: number,
    place: number,
    deleted: boolean,
    nomatch: boolean,
  ): number {
    const slot = this.#slotAt(bucket, place);
    if (!deleted) {
      this.#forgetCidrs(slot);
      this.extensions.dropComment(slot);
      this.#regions[region] = this.#regions[region]! - 1;
    }
    return this.#occupy(bucket, place, region, nomatch);
  }

  /** A place behind the last one, in a larger bucket where that has to be. */
  #grow(bucket: Bucket, hash: number, nomatch: boolean): number {
    const region = hash >>> REGION_BITS;
    const size = sizeOf(bucket);
    if (bucket[POS]! < size) return this.#append(bucket, region, nomatch);
    if (this.layout.multi) {
      if (this.bucketsize >= AHASH_MAX_TUNED) return failed('HASH_FULL');
      if (this.bucketsize <= this.rows.multi) this.bucketsize += AHASH_INIT_SIZE;
    }
    if (size >= this.bucketsize) return -EAGAIN;
    const larger = newBucket(size + AHASH_INIT_SIZE);
    larger.set(bucket);
    this.#bucketBytes += this.#blockBytes;
    this.#buckets[hash] = larger;
    return this.#append(larger, region, nomatch);
  }

  #append(bucket: Bucket, region: number, nomatch: boolean): number {
    const place = bucket[POS]!;
    bucket[POS] = place + 1;
    return this.#occupy(bucket, place, region, nomatch);
  }

  #occupy(bucket: Bucket, place: number, region: number, nomatch: boolean): number {
    const slot = this.#slotAt(bucket, place);
    this.rows.store(slot);
    this.nets.forEach((nets, i) => {
      nets.add(this.key.cidr(i));
    });
    this.#regions[region] = this.#regions[region]! + 1;
    this.rows.write(slot, nomatch);
    setUsed(bucket, place);
    return 0;
  }

  /** The row of a place; a fresh one, all zero, where it never had one. */
  #slotAt(bucket: Bucket, place: number): number {
    const known = bucket[PLACES + place]!;
    if (known >= 0) return known;
    const slot = this.rows.take();
    bucket[PLACES + place] = slot;
    return slot;
  }

  /** Whether no more elements may come; removes what has expired first. */
  #isFull(region: number): boolean {
    const regions = this.#regions.length;
    if (this.#regions[region]! < Math.floor(this.maxelem / regions)) return false;
    if (this.extensions.options.timeout !== undefined) this.#collect(region);
    return this.elements >= this.maxelem;
  }

  #forgetCidrs(slot: number): void {
    this.nets.forEach((nets, i) => {
      nets.delete(this.rows.cidr(slot, i));
    });
  }

  /** mtype_del(). */
  delete(): number {
    this.rows.multi = 0;
    const hash = this.#hash(this.key.words);
    const bucket = this.#buckets[hash];
    if (bucket === undefined) return EXIST;
    for (let i = 0; i < bucket[POS]!; i++) {
      if (!isUsed(bucket, i)) continue;
      const slot = bucket[PLACES + i]!;
      if (!this.rows.equal(slot)) continue;
      if (this.extensions.expired(slot)) return EXIST;
      this.#remove(bucket, hash, i);
      return 0;
    }
    return EXIST;
  }

  #remove(bucket: Bucket, hash: number, place: number): void {
    const slot = bucket[PLACES + place]!;
    const region = hash >>> REGION_BITS;
    clearUsed(bucket, place);
    if (place + 1 === bucket[POS]) bucket[POS] = place;
    this.#regions[region] = this.#regions[region]! - 1;
    this.#forgetCidrs(slot);
    this.extensions.dropComment(slot);
    const holes = holesIn(bucket);
    if (holes === bucket[POS]) this.#dropBucket(bucket, hash);
    else if (holes >= AHASH_INIT_SIZE) this.#compact(bucket, hash);
  }

  #dropBucket(bucket: Bucket, hash: number): void {
    this.#bucketBytes -= BUCKET_BYTES + sizeOf(bucket) * this.#elementBytes;
    for (let i = 0; i < sizeOf(bucket); i++) this.rows.release(bucket[PLACES + i]!);
    this.#buckets[hash] = undefined;
  }

  /** A bucket two places smaller with what is in use. */
  #compact(bucket: Bucket, hash: number): void {
    const smaller = newBucket(sizeOf(bucket) - AHASH_INIT_SIZE);
    let pos = 0;
    for (let i = 0; i < sizeOf(bucket); i++) {
      const slot = bucket[PLACES + i]!;
      if (i < bucket[POS]! && isUsed(bucket, i)) {
        smaller[PLACES + pos] = slot;
        setUsed(smaller, pos++);
      } else this.rows.release(slot);
    }
    smaller[POS] = pos;
    this.#bucketBytes -= this.#blockBytes;
    this.#buckets[hash] = smaller;
  }

  /** mtype_gc_do(): what has expired goes. */
  #collect(region: number): void {
    const first = region << REGION_BITS;
    const last = Math.min(first + (1 << REGION_BITS), this.#buckets.length);
    for (let hash = first; hash < last; hash++) {
      const bucket = this.#buckets[hash];
      if (bucket !== undefined) this.#collectBucket(bucket, hash);
    }
  }

  #collectBucket(bucket: Bucket, hash: number): void {
    const region = hash >>> REGION_BITS;
    let holes = 0;
    for (let i = 0; i < bucket[POS]!; i++) {
      const slot = bucket[PLACES + i]!;
      if (isUsed(bucket, i) && !this.extensions.expired(slot)) continue;
      holes++;
      if (!isUsed(bucket, i)) continue;
      clearUsed(bucket, i);
      this.#forgetCidrs(slot);
      this.#regions[region] = this.#regions[region]! - 1;
      this.extensions.dropComment(slot);
    }
    if (holes < AHASH_INIT_SIZE) return;
    if (holes >= sizeOf(bucket)) this.#dropBucket(bucket, hash);
    else this.#compact(bucket, hash);
  }

  collect(): void {
    if (this.extensions.options.timeout === undefined) return;
    for (let region = 0; region < this.#regions.length; region++) this.#collect(region);
  }

  /** mtype_test(): 1, 0, or -ENOTEMPTY for an element that says nomatch. */
  test(asked: SetOptions | null): number {
    this.rows.multi = 0;
    if (this.nets.length > 0 && isHost(this.key)) return this.#prefixes.test(asked);
    return this.lookup(asked);
  }

  /** The key as it is, in its one bucket. */
  lookup(asked: SetOptions | null): number {
    const bucket = this.#buckets[this.#hash(this.key.words)];
    if (bucket === undefined) return 0;
    for (let i = 0; i < bucket[POS]!; i++) {
      if (!isUsed(bucket, i)) continue;
      const slot = bucket[PLACES + i]!;
      if (!this.rows.equal(slot)) continue;
      if (this.extensions.match(slot, asked)) return this.rows.isNomatch(slot) ? -ENOTEMPTY : 1;
      this.rows.multi = 0;
    }
    return 0;
  }

  /** mtype_resize(): twice as many buckets, until each element has its place. */
  resize(): void {
    const old = this.#buckets;
    do this.bits++;
    while (!this.#rehash(old));
  }

  #rehash(old: readonly (Bucket | undefined)[]): boolean {
    this.#buckets = new Array<Bucket | undefined>(2 ** this.bits);
    this.#regions = new Uint32Array(this.#regionCount());
    this.#bucketBytes = 0;
    for (const bucket of old) {
      if (bucket === undefined) continue;
      for (let i = 0; i < bucket[POS]!; i++) {
        if (!isUsed(bucket, i) || this.extensions.expired(bucket[PLACES + i]!)) continue;
        if (!this.#place(bucket[PLACES + i]!)) return false;
      }
    }
    this.#releaseUnplaced(old);
    return true;
  }

  #place(slot: number): boolean {
    this.rows.copyWords(slot, this.#scratch);
    const hash = this.#hash(this.#scratch);
    let bucket = this.#buckets[hash];
    if (bucket === undefined) {
      bucket = newBucket(AHASH_INIT_SIZE);
      this.#bucketBytes += this.#blockBytes;
      this.#buckets[hash] = bucket;
    } else if (bucket[POS]! >= sizeOf(bucket)) {
      if (sizeOf(bucket) >= this.bucketsize) return false;
      const larger = newBucket(sizeOf(bucket) + AHASH_INIT_SIZE);
      larger.set(bucket);
      bucket = larger;
      this.#bucketBytes += this.#blockBytes;
      this.#buckets[hash] = bucket;
    }
    const place = bucket[POS]!;
    bucket[PLACES + place] = slot;
    setUsed(bucket, place);
    bucket[POS] = place + 1;
    this.#regions[hash >>> REGION_BITS] = this.#regions[hash >>> REGION_BITS]! + 1;
    return true;
  }

  /** Rows of places that were not in use, or had expired. */
  #releaseUnplaced(old: readonly (Bucket | undefined)[]): void {
    for (const bucket of old) {
      if (bucket === undefined) continue;
      for (let i = 0; i < sizeOf(bucket); i++) {
        const slot = bucket[PLACES + i]!;
        if (slot < 0) continue;
        const live = i < bucket[POS]! && isUsed(bucket, i);
        if (!live) this.rows.release(slot);
        else if (this.extensions.expired(slot)) {
          this.#forgetCidrs(slot);
          this.rows.release(slot);
        }
      }
    }
  }

  flush(): void {
    this.#buckets = new Array<Bucket | undefined>(2 ** this.bits);
    this.#regions.fill(0);
    this.#bucketBytes = 0;
    this.rows.clear();
    for (const nets of this.nets) nets.clear();
  }

  /** In the order the kernel dumps: bucket by bucket. */
  entries(): IpSetEntry[] {
    const entries: IpSetEntry[] = [];
    for (const bucket of this.#buckets) {
      if (bucket === undefined) continue;
      for (let i = 0; i < bucket[POS]!; i++) {
        const slot = bucket[PLACES + i]!;
        if (isUsed(bucket, i) && !this.extensions.expired(slot))
          entries.push(this.rows.entry(slot));
      }
    }
    return entries;
  }

  /** Elements that have not expired. */
  live(): number {
    if (this.extensions.options.timeout === undefined) return this.elements;
    return this.entries().length;
  }

  /** The row the key's element is in, or -1. */
  slotOfKey(): number {
    const bucket = this.#buckets[this.#hash(this.key.words)];
    if (bucket === undefined) return -1;
    for (let i = 0; i < bucket[POS]!; i++)
      if (isUsed(bucket, i) && this.rows.equal(bucket[PLACES + i]!)) return bucket[PLACES + i]!;
    return -1;
  }

  /** mtype_ahash_memsize(), and the elements. */
  memsize(): number {
    const regions = this.#regions.length * REGION_BYTES;
    return headBytes(this.layout) + regions + this.#bucketBytes + this.extensions.commentBytes;
  }
}
