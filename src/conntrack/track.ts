// Sends a packet to the tracker of its protocol (nf_conntrack_handle_packet()).

import type { HookPoint, Packet } from '../core/index.ts';
import {
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../uapi/index.ts';
import type { Direction, TrackResult } from './constants.ts';
import { TRACK_ACCEPT } from './constants.ts';
import { trackGre } from './gre.ts';
import { trackIcmp, trackIcmpv6 } from './icmp.ts';
import { trackSctp } from './sctp.ts';
import type { Store } from './store.ts';
import { GENERIC_TIMEOUTS } from './sysctl.ts';
import { trackTcp } from './tcp.ts';
import { trackUdp, trackUdpLite } from './udp.ts';

export function trackPacket(
  store: Store,
  packet: Packet,
  point: HookPoint,
  slot: number,
  dir: Direction,
): TrackResult {
  switch (packet.l4proto) {
    case IPPROTO_TCP:
      return trackTcp(store, packet, point, slot, dir);
    case IPPROTO_UDP:
      return trackUdp(store, packet, point, slot, dir);
    case IPPROTO_ICMP:
      return trackIcmp(store, packet, point, slot, dir);
    case IPPROTO_ICMPV6:
      return trackIcmpv6(store, packet, point, slot, dir);
    case IPPROTO_UDPLITE:
      return trackUdpLite(store, packet, point, slot, dir);
    case IPPROTO_SCTP:
      return trackSctp(store, packet, point, slot, dir);
    case IPPROTO_GRE:
      return trackGre(store, packet, slot, dir);
    default:
      store.refresh(slot, store.timeout(slot, GENERIC_TIMEOUTS, 0));
      store.account(slot, dir, packet.length);
      return TRACK_ACCEPT;
  }
}
