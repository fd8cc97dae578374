// Large packets: segments of one TCP connection that a device puts together before anybody sees them
// (generic receive offload, net/core/gro.c).

import { IPPROTO_TCP } from '../uapi/index.ts';
import type { Packet } from './packet.ts';

/**
 * The network length of each segment of a large packet, 0 for others (skb_gso_network_seglen()). Nothing
 * longer than the MTU comes over a link, so such a packet of a capture was put together.
 */
export const segmentLengthOf = ({ iif, length }: Packet, protocol: number): number =>
  protocol === IPPROTO_TCP && iif !== null && length > iif.mtu ? iif.mtu : 0;
