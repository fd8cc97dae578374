// What routing decided about a packet: struct rtable and rt6_info, and the cache of them.

import { u32 } from '../bytes/index.ts';
import type { FibRoute } from './fib.ts';
import type { Interface } from './interface.ts';
import type { Neighbour } from './neighbour.ts';
import { RTN_UNICAST } from './numbers.ts';

/** What to do with a packet that took this route in: dst->input. */
export type RouteInput = 'forward' | 'local' | 'error' | 'discard';

export class Route {
  input: RouteInput = 'forward';
  /** RTN_*. */
  type = RTN_UNICAST;
  /** errno behind `error` and `discard`. */
  error = 0;
  /** Where it goes out; the loopback device for local addresses. */
  iface: Interface | null = null;
  gateway: Uint8Array | null = null;
  source: Uint8Array | null = null;
  /** 0 for that of the device. */
  mtu = 0;
  table = 0;
  realm = 0;
  /** Length of the prefix that matched. */
  length = 0;
  /** The sender should be told a better gateway (IPSKB_DOREDIRECT). */
  redirect = false;
  /** Made for a packet of this host (rt_is_output_route). */
  output = false;
  /** It leads to an anycast address. */
  anycast = false;
  neighbour: Neighbour | null = null;
  generation = 0;
  /** The entry of the table it came from. */
  fib: FibRoute | null = null;
  // The cache's key: 4 or 16 bytes as signed words, so that engines keep small integers.
  readonly key = new Int32Array(8);
  iif = 0;
  mark = 0;
  tos = 0;

  /** dst_mtu(). */
  currentMtu(): number {
    return this.mtu !== 0 ? this.mtu : (this.iface?.device.mtu ?? 0);
  }
}

const SLOTS = 1 << 13;

/**
 * A direct-mapped cache of input routes: one slot a hash, the newer one stays. The kernel gave its
 * route cache up for fear of floods; this one is of fixed size and a miss costs a look-up.
 */
export class RouteCache {
  readonly #slots: (Route | undefined)[] = new Array<Route | undefined>(SLOTS).fill(undefined);
  readonly #words: number;

  /** @param words 32-bit words of an address, 1 or 4 */
  constructor(words: 1 | 4) {
    this.#words = words;
  }

  #hash(buf: Uint8Array, at: number): number {
    let h = 0;
    for (let i = 0; i < 2 * this.#words; i++)
      h = Math.imul(h ^ u32(buf, at + 4 * i), 0x9e3779b1) ^ (h >>> 15);
    return (h ^ (h >>> 16)) & (SLOTS - 1);
  }

  /** @param at offset of source and destination address, one behind the other */
  find(
    buf: Uint8Array,
    at: number,
    iif: number,
    mark: number,
    tos: number,
    generation: number,
  ): Route | undefined {
    const route = this.#slots[this.#hash(buf, at)];
    if (route === undefined || route.generation !== generation || route.iif !== iif)
      return undefined;
    if (route.mark !== (mark | 0) || route.tos !== tos) return undefined;
    for (let i = 0; i < 2 * this.#words; i++)
      if (route.key[i] !== (u32(buf, at + 4 * i) | 0)) return undefined;
    return route;
  }

  insert(
    route: Route,
    buf: Uint8Array,
    at: number,
    iif: number,
    mark: number,
    tos: number,
    generation: number,
  ): void {
    for (let i = 0; i < 2 * this.#words; i++) route.key[i] = u32(buf, at + 4 * i);
    route.iif = iif;
    route.mark = mark | 0;
    route.tos = tos;
    route.generation = generation;
    this.#slots[this.#hash(buf, at)] = route;
  }
}
