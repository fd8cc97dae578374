// An address is looked for under every prefix length that there is, longest first: mtype_test_cidrs() of
// net/netfilter/ipset/ip_set_hash_gen.h.

import { type Key, maskWord } from './layout.ts';
import type { Nets } from './nets.ts';
import type { SetOptions } from './options.ts';
import type { Rows } from './rows.ts';

/** The hash in which it is looked. */
interface Table {
  readonly rows: Rows;
  readonly nets: readonly Nets[];
  lookup(asked: SetOptions | null): number;
}

/** Whether the key is an address, or addresses, and no network. */
export function isHost(key: Key): boolean {
  const { hostMask, cidrs } = key.layout;
  for (let i = 0; i < cidrs.length; i++) if (key.cidr(i) !== hostMask) return false;
  return true;
}

export class Prefixes {
  readonly #table: Table;
  readonly #key: Key;
  readonly #original: Uint32Array;
  /** hash:ip,port,net has its one prefix length at the second address. */
  readonly #first: number;

  constructor(table: Table) {
    this.#table = table;
    this.#key = table.rows.key;
    const { type, words } = this.#key.layout;
    this.#original = new Uint32Array(words);
    this.#first = type === 'hash:ip,port,net' ? 1 : 0;
  }

  test(asked: SetOptions | null): number {
    const { nets, rows } = this.#table;
    const outer = nets[0]!.lengths;
    this.#original.set(this.#key.words);
    for (let i = 0; i < outer.length && rows.multi === 0; i++) {
      if (nets.length === 2) this.#restoreSecond();
      this.#cut(this.#first, 0, outer[i]!);
      const found = nets.length === 2 ? this.#testSecond(asked) : this.#table.lookup(asked);
      if (found !== 0) return found;
    }
    return 0;
  }

  #testSecond(asked: SetOptions | null): number {
    const { nets, rows } = this.#table;
    const inner = nets[1]!.lengths;
    for (let i = 0; i < inner.length && rows.multi === 0; i++) {
      this.#cut(1, 1, inner[i]!);
      const found = this.#table.lookup(asked);
      if (found !== 0) return found;
    }
    return 0;
  }

  #cut(address: number, place: number, cidr: number): void {
    const { ipWords } = this.#key.layout;
    const { words } = this.#key;
    const from = address * ipWords;
    for (let i = 0; i < ipWords; i++) words[from + i] = words[from + i]! & maskWord(cidr, i);
    this.#key.setCidr(place, cidr);
  }

  /** mtype_data_reset_elem(). */
  #restoreSecond(): void {
    const { ipWords } = this.#key.layout;
    for (let i = ipWords; i < 2 * ipWords; i++) this.#key.words[i] = this.#original[i]!;
  }
}
