// What happens when two packets of one flow both made an entry, and the other one was confirmed first
// (nf_ct_resolve_clash(), net/netfilter/nf_conntrack_core.c).

import { NS_PER_SECOND, type Packet } from '../core/index.ts';
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP } from '../uapi/index.ts';
import { IPS_FIXED_TIMEOUT, IPS_NAT_CLASH } from './constants.ts';
import { directionOf } from './entries.ts';
import { SIDE_ACCT } from './sides.ts';
import type { Store } from './store.ts';
import { CHUNK_MASK, W_PROTO, W_ZONE } from './table.ts';
import { createTuple } from './tuple.ts';
import { zoneIdFor } from './zone.ts';

/**
 * l4proto->allow_clash: protocols whose first packets may race without harm. TCP, SCTP, ICMP and ICMPv6
 * do not allow it; what has no tracker of its own does.
 */
export const allowsClash = (protocol: number): boolean =>
  protocol !== IPPROTO_TCP &&
  protocol !== IPPROTO_SCTP &&
  protocol !== IPPROTO_ICMP &&
  protocol !== IPPROTO_ICMPV6;

/** Whether direction `a` of one entry has the tuple and zone of direction `b` of another. */
function sameDirection(store: Store, one: number, a: number, other: number, b: number): boolean {
  const tuple = createTuple();
  store.table.readTuple(other, b, tuple);
  return (
    store.table.tupleEquals(one, a, tuple) &&
    zoneIdFor(store.table.get(one, W_ZONE), a) === zoneIdFor(store.table.get(other, W_ZONE), b)
  );
}

/** nf_ct_can_merge(): the same flow, seen from the same side or from the other. */
const canMerge = (store: Store, winner: number, loser: number): boolean =>
  (sameDirection(store, winner, 0, loser, 0) && sameDirection(store, winner, 1, loser, 1)) ||
  (sameDirection(store, winner, 0, loser, 1) && sameDirection(store, winner, 1, loser, 0));

/** nf_ct_acct_merge(): the loser has seen one packet. */
function mergeCounters(store: Store, winner: number, loser: number, dir: number): void {
  if (!store.sides.has(store.table, loser, SIDE_ACCT)) return;
  const at = (loser & CHUNK_MASK) * 4 + dir * 2;
  store.account(winner, dir, store.table.countersFor(loser)[at + 1]!);
}

function merge(store: Store, packet: Packet, winner: number): boolean {
  const loser = packet.ct;
  if (!canMerge(store, winner, loser)) return false;
  mergeCounters(store, winner, loser, directionOf(packet.ctinfo));
  packet.ct = winner;
  store.pending.release(loser);
  store.stats.clashResolve++;
  return true;
}

/**
 * The loser stays, reachable by its reply tuple only and for one second: the answer to its packet is
 * still translated back, everything else goes by the winner.
 */
function insertReplyOnly(store: Store, packet: Packet): boolean {
  const loser = packet.ct;
  const reply = createTuple();
  const zone = store.table.get(loser, W_ZONE);
  store.table.readTuple(loser, 1, reply);
  const other = store.findHashed(reply, zone, store.hash(reply, zoneIdFor(zone, 1)));
  if (other !== 0) return merge(store, packet, other >>> 1);
  store.table.setDeadline(loser, store.now + NS_PER_SECOND);
  store.addStatus(loser, IPS_FIXED_TIMEOUT | IPS_NAT_CLASH);
  store.insert(loser, false);
  store.stats.clashResolve++;
  return true;
}

/** True where the packet may go on, perhaps with the entry that was first. */
export function resolveClash(store: Store, packet: Packet, link: number): boolean {
  const winner = link >>> 1;
  const protocol = (store.table.get(winner, W_PROTO) >>> 8) & 0xff;
  if (!allowsClash(protocol)) return false;
  return merge(store, packet, winner) || insertReplyOnly(store, packet);
}
