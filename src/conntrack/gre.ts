// GRE (net/netfilter/nf_conntrack_proto_gre.c), without PPTP's call ids.

import type { Packet } from '../core/index.ts';
import type { Direction, TrackResult } from './constants.ts';
import {
  IPCT_ASSURED,
  IPS_ASSURED,
  IPS_NAT_CLASH,
  IPS_SEEN_REPLY,
  TRACK_ACCEPT,
} from './constants.ts';
import type { Store } from './store.ts';
import { GRE_TIMEOUTS } from './sysctl.ts';

const UNREPLIED = 0;
const REPLIED = 1;

export function trackGre(store: Store, packet: Packet, slot: number, dir: Direction): TrackResult {
  const status = store.status(slot);
  const replied = (status & IPS_SEEN_REPLY) !== 0;
  store.refresh(slot, store.timeout(slot, GRE_TIMEOUTS, replied ? REPLIED : UNREPLIED));
  store.account(slot, dir, packet.length);
  if (replied && (status & (IPS_NAT_CLASH | IPS_ASSURED)) === 0) {
    store.addStatus(slot, IPS_ASSURED);
    store.cacheEvent(slot, IPCT_ASSURED);
  }
  return TRACK_ACCEPT;
}
