import type { Element } from './element.ts';

/** What holds the elements of one set, after the kernel's struct nft_set_ops. */
export interface SetBackend {
  readonly size: number;
  /** The live element that matches the words at `at`, or null. Allocates nothing. */
  lookup(words: Uint32Array, at: number, now: number): Element | null;
  /** The element with exactly these bounds, expired or not. */
  find(key: Uint32Array, end: Uint32Array): Element | null;
  /** An element that is in the way of these bounds, or null. Equal bounds are in the way, too. */
  conflict(key: Uint32Array, end: Uint32Array, now: number): Element | null;
  insert(element: Element): void;
  remove(element: Element): void;
  elements(): Element[];
}
