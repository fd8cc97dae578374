// One set at run time (struct nft_set): a backend chosen by what the keys are, the catch-all
// element beside it, and the limits and timeouts of dynamic sets.

import { NS_PER_MS, NS_PER_SECOND } from '../../core/index.ts';
import type { SetSpec } from '../../program/index.ts';
import { wordsIn } from '../registers.ts';
import type { Chain } from '../state/chain.ts';
import type { Table } from '../state/table.ts';
import type { SetBackend } from './backend.ts';
import { ConcatBackend } from './concat.ts';
import type { Element } from './element.ts';
import { NEVER } from './element.ts';
import { HashBackend } from './hash.ts';
import { IntervalBackend } from './interval.ts';

/** nft_set_select_ops' outcome: exact keys, ranges of one field, ranges of several. */
function backendFor(spec: Omit<SetSpec, 'elements'>): SetBackend {
  const lens = spec.fieldLens ?? [];
  if (!spec.flags.includes('interval')) return new HashBackend(wordsIn(spec.keyLen));
  return lens.length > 1 ? new ConcatBackend(lens) : new IntervalBackend(wordsIn(spec.keyLen));
}

/**
 * Whether packets may add elements. Of the backends nft_select_set_ops() picks from only the
 * growing hash allows it; a size makes the set a fixed hash, a key of two bytes a bitmap.
 */
function takesUpdates(spec: Omit<SetSpec, 'elements'>): boolean {
  const { flags, size, keyLen, dataType, objType } = spec;
  if (flags.includes('interval')) return false;
  if (flags.includes('dynamic') || flags.includes('timeout')) return true;
  const bitmap = keyLen <= 2 && dataType === undefined && objType === undefined;
  return size === undefined && !bitmap;
}

export class RuntimeSet {
  readonly table: Table;
  readonly handle: number;
  spec: Omit<SetSpec, 'elements'>;
  /** Anonymous sets get their number when they enter a table. */
  name: string;
  readonly backend: SetBackend;
  readonly words: number;
  readonly dataWords: number;
  readonly updatable: boolean;
  /** Nanoseconds, 0 for none. */
  timeout: number;
  catchall: Element | null = null;
  /** Rules that look into it. */
  uses = 0;
  #order = 0;
  /** Deleted by packets, not yet collected: they hold their place (nft_rhash_delete). */
  #dead = 0;
  #deadUntil = 0;

  constructor(table: Table, handle: number, spec: Omit<SetSpec, 'elements'>) {
    this.table = table;
    this.handle = handle;
    this.spec = spec;
    this.name = spec.name;
    this.backend = backendFor(spec);
    this.updatable = takesUpdates(spec);
    this.words = wordsIn(spec.keyLen);
    this.dataWords = spec.dataType === 'verdict' ? 0 : wordsIn(spec.dataLen ?? 0);
    this.timeout = (spec.timeout ?? 0) * 1e6;
  }

  get isMap(): boolean {
    return this.spec.dataType !== undefined;
  }

  get isVerdictMap(): boolean {
    return this.spec.dataType === 'verdict';
  }

  get isObjectMap(): boolean {
    return this.spec.objType !== undefined;
  }

  bind(): void {
    this.uses++;
  }

  unbind(): void {
    this.uses--;
  }

  get anonymous(): boolean {
    return this.spec.flags.includes('anonymous');
  }

  /** Chains that the verdicts of its elements name. */
  *chains(): Iterable<Chain> {
    for (const { verdict } of this.all()) if (verdict?.chain != null) yield verdict.chain;
  }

  has(flag: SetSpec['flags'][number]): boolean {
    return this.spec.flags.includes(flag);
  }

  /** nft_set_do_lookup() with the catch-all behind it (nft_lookup_eval). */
  lookup(words: Uint32Array, at: number, now: number): Element | null {
    const found = this.backend.lookup(words, at, now);
    if (found !== null || this.catchall === null) return found;
    return this.catchall.expires > now ? this.catchall : null;
  }

  insert(element: Element): void {
    // Put back where a refused batch took it out, it keeps its place.
    if (element.order === 0) element.order = ++this.#order;
    element.dead = false;
    if (element.catchall) this.catchall = element;
    else this.backend.insert(element);
  }

  remove(element: Element): void {
    element.dead = true;
    if (!element.catchall) this.backend.remove(element);
    else if (this.catchall === element) this.catchall = null;
  }

  /** A packet deletes: the element's place is free when the collector comes round. */
  removeLater(element: Element, now: number): void {
    this.remove(element);
    if (now >= this.#deadUntil) this.#dead = 0;
    this.#dead++;
    this.#deadUntil = (Math.floor(now / this.#gcInterval) + 1) * this.#gcInterval;
  }

  /** nft_set_gc_interval() */
  get #gcInterval(): number {
    return (this.spec.gcInterval ?? 0) * NS_PER_MS || NS_PER_SECOND;
  }

  /** Places taken, also by what is dead or over and was not collected in time. */
  placesTaken(now: number): number {
    const round = Math.floor(now / this.#gcInterval) * this.#gcInterval;
    if (this.size >= (this.spec.size ?? 0)) this.collect(round);
    return this.size + (now < this.#deadUntil ? this.#dead : 0);
  }

  get size(): number {
    return this.backend.size + (this.catchall === null ? 0 : 1);
  }

  /** All elements, expired ones too, the catch-all last. */
  all(): Element[] {
    const all = this.backend.elements();
    if (this.catchall !== null) all.push(this.catchall);
    return all;
  }

  /** Live elements in the order they were put in, the catch-all last. */
  elements(now: number): Element[] {
    return this.all().filter((e) => e.expires > now);
  }

  /** Drops expired elements, as the set's garbage collector would; answers them. */
  collect(now: number): Element[] {
    if (this.timeout === 0 && !this.has('timeout')) return [];
    const gone = this.backend.elements().filter((e) => e.expires !== NEVER && e.expires <= now);
    for (const element of gone) this.remove(element);
    return gone;
  }
}
