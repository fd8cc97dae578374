// Route tables: the longest prefix wins, then the smallest metric (net/ipv4/fib_trie.c,
// net/ipv6/ip6_fib.c). Looked up behind the route cache, so plain maps do.

import type { NetDevice } from '../core/index.ts';
import { RT_SCOPE_HOST, RT_SCOPE_LINK, RTN_LOCAL, RTN_UNICAST } from './numbers.ts';

export interface Nexthop {
  readonly device: NetDevice | null;
  /** Null where the destination itself is on the link. */
  readonly gateway: Uint8Array | null;
  readonly weight: number;
  /** nhc_scope: RT_SCOPE_HOST where the destination is on the link, RT_SCOPE_LINK behind a gateway. */
  readonly scope: number;
}

export interface FibRoute {
  readonly type: number;
  readonly table: number;
  readonly prefix: Uint8Array;
  readonly length: number;
  readonly metric: number;
  readonly tos: number;
  readonly scope: number;
  readonly source: Uint8Array | null;
  readonly nexthops: readonly Nexthop[];
  /** 0 for that of the device. */
  readonly mtu: number;
  readonly realm: number;
}

export interface FibResult {
  readonly route: FibRoute;
  /** Null for types that lead nowhere. */
  readonly nexthop: Nexthop | null;
}

/** What a table look-up is asked with. */
export interface FibKey {
  readonly address: Uint8Array;
  readonly offset: number;
  readonly tos: number;
  /** Only nexthops of this device; 0 for any. */
  readonly oif: number;
  /** Chooses among equal nexthops. */
  readonly hash: number;
}

const nexthopScope = (gateway: Uint8Array | null): number =>
  gateway === null ? RT_SCOPE_HOST : RT_SCOPE_LINK;

export const nexthop = (
  device: NetDevice | null,
  gateway: Uint8Array | null,
  weight = 1,
): Nexthop => ({ device, gateway, weight, scope: nexthopScope(gateway) });

/** An address of this host is that whether its device is up or down. */
const usable = ({ type }: FibRoute, { device }: Nexthop, oif: number): boolean =>
  device !== null && (device.up || type === RTN_LOCAL) && (oif === 0 || device.index === oif);

/** fib_select_multipath() with policy 0, but a hash of our own: the kernel's is keyed at boot. */
function selectNexthop(route: FibRoute, key: FibKey): Nexthop | null {
  let total = 0;
  for (const hop of route.nexthops) if (usable(route, hop, key.oif)) total += hop.weight;
  if (total === 0) return null;
  let at = key.hash % total;
  for (const hop of route.nexthops) {
    if (!usable(route, hop, key.oif)) continue;
    if (at < hop.weight) return hop;
    at -= hop.weight;
  }
  return null;
}

/** Latin-1 text of the masked bytes: a key for Map, made on slow paths only. */
function prefixKey(address: Uint8Array, offset: number, width: number, length: number): string {
  let key = '';
  for (let i = 0; i < width && 8 * i < length; i++) {
    const bits = Math.min(8, length - 8 * i);
    key += String.fromCharCode(address[offset + i]! & (0xff00 >> bits) & 0xff);
  }
  return key;
}

interface Level {
  readonly length: number;
  readonly routes: Map<string, FibRoute[]>;
}

export class FibTable {
  readonly id: number;
  readonly #width: number;
  /** Longest prefix first. */
  readonly #levels: Level[] = [];

  /** @param width bytes of an address, 4 or 16 */
  constructor(id: number, width: number) {
    this.id = id;
    this.#width = width;
  }

  add(route: FibRoute): void {
    const list = this.#listOf(route);
    const at = list.findIndex(
      (r) => r.tos < route.tos || (r.tos === route.tos && r.metric > route.metric),
    );
    if (at < 0) list.push(route);
    else list.splice(at, 0, route);
  }

  /** Takes away the routes that `drop` picks; answers how many. */
  removeIf(drop: (route: FibRoute) => boolean): number {
    let count = 0;
    for (const { routes } of this.#levels) {
      for (const [key, list] of routes) {
        const kept = list.filter((route) => !drop(route));
        count += list.length - kept.length;
        if (kept.length > 0) routes.set(key, kept);
        else routes.delete(key);
      }
    }
    return count;
  }

  /** The routes of exactly this prefix. */
  at(prefix: Uint8Array, length: number): readonly FibRoute[] {
    const key = prefixKey(prefix, 0, this.#width, length);
    return this.#levels.find((level) => level.length === length)?.routes.get(key) ?? [];
  }

  list(): FibRoute[] {
    return this.#levels.flatMap(({ routes }) => [...routes.values()].flat());
  }

  /** fib_table_lookup(): a prefix whose nexthops cannot be used gives way to a shorter one. */
  lookup(key: FibKey): FibResult | null {
    for (const { length, routes } of this.#levels) {
      const list = routes.get(prefixKey(key.address, key.offset, this.#width, length));
      if (list === undefined) continue;
      for (const route of list) {
        if (route.tos !== 0 && route.tos !== key.tos) continue;
        if (route.nexthops.length === 0 && route.type !== RTN_UNICAST)
          return { route, nexthop: null };
        const hop = selectNexthop(route, key);
        if (hop !== null) return { route, nexthop: hop };
      }
    }
    return null;
  }

  #listOf(route: FibRoute): FibRoute[] {
    let level = this.#levels.find((l) => l.length === route.length);
    if (level === undefined) {
      level = { length: route.length, routes: new Map() };
      this.#levels.push(level);
      this.#levels.sort((a, b) => b.length - a.length);
    }
    const key = prefixKey(route.prefix, 0, this.#width, route.length);
    let list = level.routes.get(key);
    if (list === undefined) {
      list = [];
      level.routes.set(key, list);
    }
    return list;
  }
}
