// Numbers of IPv4 packets and labels of IPv6 flows.

import { u32 } from '../bytes/index.ts';
import type { Random } from '../core/index.ts';

const BUCKETS = 2048;

/**
 * __ip_select_ident(), net/ipv4/route.c: counters in buckets by a keyed hash of the addresses and the
 * protocol, which move on by a random step that grows with idle time. Keys and steps come from
 * chance, so the values can only be compared as a property.
 */
export class IdentSource {
  readonly #random: Random;
  readonly #key: number;
  readonly #counters: Uint32Array;

  constructor(random: Random) {
    this.#random = random;
    this.#key = random.u32();
    this.#counters = new Uint32Array(BUCKETS);
    for (let i = 0; i < BUCKETS; i++) this.#counters[i] = random.u32();
  }

  #hash(words: readonly number[]): number {
    let h = this.#key;
    for (const word of words) h = Math.imul(h ^ word, 0x9e3779b1) ^ (h >>> 13);
    return (h ^ (h >>> 16)) >>> 0;
  }

  next4(saddr: number, daddr: number, protocol: number): number {
    const bucket = this.#hash([saddr, daddr, protocol]) % BUCKETS;
    const id = this.#counters[bucket]!;
    this.#counters[bucket] = id + 1;
    return id & 0xffff;
  }

  /** ipv6_proxy_select_ident() and friends: nothing but chance. */
  next6(): number {
    return this.#random.u32() || 1;
  }

  /** ip6_make_flowlabel() with auto_flowlabels: a keyed hash of the flow, 20 bits. */
  flowLabel(header: Uint8Array, at: number, protocol: number): number {
    const words = [protocol];
    for (let i = 0; i < 32; i += 4) words.push(u32(header, at + i));
    return this.#hash(words) & 0xfffff;
  }
}
