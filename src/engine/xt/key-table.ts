// A hash table whose keys are words, so that looking one up makes no object.

import { jhash } from '../jhash.ts';

export interface Keyed {
  readonly key: Uint32Array;
}

interface Link<E> {
  readonly entry: E;
  next: Link<E> | undefined;
}

const sameKey = (a: Uint32Array, b: Uint32Array): boolean => {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};

export class KeyTable<E extends Keyed> {
  readonly #heads = new Map<number, Link<E>>();
  size = 0;

  find(key: Uint32Array): E | undefined {
    let link = this.#heads.get(jhash(key, key.length * 4, 0));
    while (link !== undefined && !sameKey(link.entry.key, key)) link = link.next;
    return link?.entry;
  }

  /** @param entry has a key of its own, not the one it was looked up with */
  add(entry: E): void {
    const hash = jhash(entry.key, entry.key.length * 4, 0);
    this.#heads.set(hash, { entry, next: this.#heads.get(hash) });
    this.size++;
  }

  delete(entry: E): void {
    const hash = jhash(entry.key, entry.key.length * 4, 0);
    let link = this.#heads.get(hash);
    if (link?.entry === entry) this.#behead(hash, link.next);
    while (link !== undefined) {
      if (link.next?.entry === entry) {
        link.next = link.next.next;
        this.size--;
      }
      link = link.next;
    }
  }

  #behead(hash: number, next: Link<E> | undefined): void {
    if (next === undefined) this.#heads.delete(hash);
    else this.#heads.set(hash, next);
    this.size--;
  }

  clear(): void {
    this.#heads.clear();
    this.size = 0;
  }

  *entries(): Iterable<E> {
    for (const head of this.#heads.values())
      for (let link: Link<E> | undefined = head; link !== undefined; link = link.next)
        yield link.entry;
  }
}
