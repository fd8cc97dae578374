// One element of a set at run time (struct nft_set_ext).

import type { Expr, SetElement, VerdictData } from '../../program/index.ts';
import type { Op } from '../op.ts';
import { hexToWords, hexWord } from '../registers.ts';
import type { Chain } from '../state/chain.ts';
import type { NamedObj } from '../state/objects.ts';

/** Never: the expiry of elements without a timeout. */
export const NEVER = Number.POSITIVE_INFINITY;

/** A verdict an element or immediate holds, its chain resolved. */
export interface BoundVerdict {
  readonly code: number;
  readonly chain: Chain | null;
  readonly data: VerdictData;
  readonly queueNum: number;
  readonly queueFlags: number;
}

export class Element {
  // Made from `spec` when asked for: of a hundred thousand elements that were just loaded none is,
  // and two arrays each took half of the loading time and most of the memory.
  #key: Uint32Array | null;
  #end: Uint32Array | null;
  readonly catchall: boolean;
  verdict: BoundVerdict | null = null;
  data: Uint32Array | null = null;
  object: NamedObj | null = null;
  /** Nanoseconds; 0 for none. */
  timeout = 0;
  /** On the namespace's clock, nanoseconds. */
  expires = NEVER;
  /** Stateful expressions, evaluated when the element is found. */
  ops: readonly Op[] = NO_OPS;
  /** As it was written; kept for what the engine does not look at. */
  readonly spec: SetElement;
  /** Deleted elements stay reachable for a walk in progress. */
  dead = false;
  /** Order of insertion; the first of two that match wins. */
  order = 0;

  /** Without bounds they are those of `spec`, whose keys must have the set's length. */
  constructor(
    key: Uint32Array | null,
    end: Uint32Array | null,
    catchall: boolean,
    spec: SetElement,
  ) {
    this.#key = key;
    this.#end = end;
    this.catchall = catchall;
    this.spec = spec;
  }

  /** The key, or the lower end of each of its ranges. */
  get key(): Uint32Array {
    this.#key ??= hexToWords(this.spec.key);
    return this.#key;
  }

  /** The upper ends; the same array as `key` for exact keys. */
  get end(): Uint32Array {
    const { keyEnd } = this.spec;
    this.#end ??= keyEnd === undefined ? this.key : hexToWords(keyEnd);
    return this.#end;
  }

  /** One word of `key`, without making the array. */
  keyWord(i: number): number {
    return this.#key === null ? hexWord(this.spec.key, i * 8) : this.#key[i]!;
  }

  /** One word of `end`, likewise. */
  endWord(i: number): number {
    return this.#end === null ? hexWord(this.spec.keyEnd ?? this.spec.key, i * 8) : this.#end[i]!;
  }
}

const NO_OPS: readonly Op[] = Object.freeze([]);

/** The live state of an element's expressions. */
export const dumpOps = (ops: readonly Op[]): Expr[] => ops.map((op) => op.dump());
