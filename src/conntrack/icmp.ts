// ICMP and ICMPv6 queries (nf_conntrack_proto_icmp.c, nf_conntrack_proto_icmpv6.c). Errors about other
// connections are in icmp-error.ts.

import type { HookPoint, Packet } from '../core/index.ts';
import {
  ICMP_ADDRESS,
  ICMP_ECHO,
  ICMP_INFO_REQUEST,
  ICMP_TIMESTAMP,
  ICMPV6_ECHO_REQUEST,
  ICMPV6_NI_QUERY,
} from '../uapi/index.ts';
import type { Direction, TrackResult } from './constants.ts';
import { IPS_CONFIRMED, TRACK_ACCEPT, TRACK_INVALID } from './constants.ts';
import type { Store } from './store.ts';
import type { Sysctl } from './sysctl.ts';
import { ICMP_TIMEOUTS, ICMPV6_TIMEOUTS } from './sysctl.ts';
import { W_TUPLE } from './table.ts';
import { T_PORTS } from './tuple.ts';

/** Type of the packet that began the connection. */
const firstType = (store: Store, slot: number): number =>
  (store.table.get(slot, W_TUPLE + T_PORTS) >>> 8) & 0xff;

const beginsIcmp = (type: number): boolean =>
  type === ICMP_ECHO ||
  type === ICMP_TIMESTAMP ||
  type === ICMP_INFO_REQUEST ||
  type === ICMP_ADDRESS;

function accept(
  store: Store,
  packet: Packet,
  slot: number,
  dir: Direction,
  timeouts: readonly Sysctl[],
): TrackResult {
  store.refresh(slot, store.timeout(slot, timeouts, 0));
  store.account(slot, dir, packet.length);
  return TRACK_ACCEPT;
}

export function trackIcmp(
  store: Store,
  packet: Packet,
  point: HookPoint,
  slot: number,
  dir: Direction,
): TrackResult {
  if (point.family !== 'ip' || !beginsIcmp(firstType(store, slot))) {
    store.why = 'this ICMP type begins no connection';
    return TRACK_INVALID;
  }
  return accept(store, packet, slot, dir, ICMP_TIMEOUTS);
}

export function trackIcmpv6(
  store: Store,
  packet: Packet,
  point: HookPoint,
  slot: number,
  dir: Direction,
): TrackResult {
  const type = firstType(store, slot);
  const begins = type === ICMPV6_ECHO_REQUEST || type === ICMPV6_NI_QUERY;
  const known = (store.status(slot) & IPS_CONFIRMED) !== 0;
  if (point.family !== 'ip6' || !(known || begins)) {
    store.why = 'this ICMPv6 type begins no connection';
    return TRACK_INVALID;
  }
  return accept(store, packet, slot, dir, ICMPV6_TIMEOUTS);
}
