// SCTP (net/netfilter/nf_conntrack_proto_sctp.c; RFC 9260 for chunks and verification tags).

import type { HookPoint, Packet } from '../core/index.ts';
import type { Direction, TrackResult } from './constants.ts';
import { TRACK_ACCEPT } from './constants.ts';
import type { Store } from './store.ts';
import { SCTP_TIMEOUTS } from './sysctl.ts';

export function trackSctp(
  store: Store,
  packet: Packet,
  point: HookPoint,
  slot: number,
  dir: Direction,
): TrackResult {
  store.refresh(slot, store.timeout(slot, SCTP_TIMEOUTS, point.num === 0 ? 1 : 1));
  store.account(slot, dir, packet.length);
  return TRACK_ACCEPT;
}
