// The source keys of GRE: a packet of PPTP carries its receiver's call id alone, so the helper of the
// control connection tells which id goes with it (nf_ct_gre_keymap_add(), nf_conntrack_proto_gre.c).

import type { Tuple } from './tuple.ts';
import { l3Of, T_PORTS } from './tuple.ts';

/** Addresses and destination key, which every packet shows. */
const keyOf = (tuple: Tuple): string =>
  `${l3Of(tuple)}/${tuple.subarray(0, 8).join()}/${tuple[T_PORTS]! & 0xffff}`;

export class GreKeys {
  readonly #sources = new Map<string, number>();
  readonly #ofMaster = new Map<number, readonly [Tuple, Tuple]>();

  get size(): number {
    return this.#sources.size;
  }

  /** False where the connection has a pair of keys already, and this is not it again. */
  add(master: number, tuples: readonly [Tuple, Tuple]): boolean {
    const keys = tuples.map(keyOf);
    const known = this.#ofMaster.get(master)?.map(keyOf);
    if (known !== undefined) return keys.every((key) => known.includes(key));
    for (const [i, tuple] of tuples.entries()) this.#sources.set(keys[i]!, tuple[T_PORTS]! >>> 16);
    this.#ofMaster.set(master, [tuples[0].slice(), tuples[1].slice()]);
    return true;
  }

  /** The control connections with the tuples of their calls. */
  list(): Iterable<readonly [master: number, tuples: readonly [Tuple, Tuple]]> {
    return this.#ofMaster;
  }

  /** nf_ct_gre_keymap_destroy() */
  remove(master: number): void {
    for (const tuple of this.#ofMaster.get(master) ?? []) this.#sources.delete(keyOf(tuple));
    this.#ofMaster.delete(master);
  }

  /** gre_keymap_lookup(): writes the source key into the tuple of a packet; 0 where there is none. */
  complete(tuple: Tuple): void {
    if (this.#sources.size === 0) return;
    tuple[T_PORTS] = (tuple[T_PORTS]! & 0xffff) | ((this.#sources.get(keyOf(tuple)) ?? 0) << 16);
  }
}
