import type { Element } from './element.ts';

/** What holds the elements of one set, after the kernel's struct nft_set_ops. */
export interface SetBackend {
  readonly size: number;
  /** The live element that matches the words at `at`, or null. Allocates nothing. */
  lookup(words: Uint32Array, at: number, now: number): Element | null;
  /** The element that a deletion of these bounds is about, as nft_set_ops.deactivate finds it. */
  find(key: Uint32Array, end: Uint32Array, now: number): Element | null;
  /** An element that is in the way of these bounds, or null. Equal bounds are in the way, too. */
  conflict(key: Uint32Array, end: Uint32Array, now: number): Element | null;
  /** True where all elements lie below this one, so that nothing of it can be in the way. */
  isAbove?(element: Element): boolean;
  insert(element: Element): void;
  remove(element: Element): void;
  elements(): Element[];
}
