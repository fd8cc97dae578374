// xt_pkttype.c

import {
  Nfproto,
  PACKET_BROADCAST,
  PACKET_LOOPBACK,
  PACKET_MULTICAST,
} from '../../../core/index.ts';
import type { PkttypeInfo } from '../../../program/index.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule } from '../extension.ts';
import { destinationAt } from '../read.ts';

/** A packet that came back by the loopback device is what its address says. */
function typeOf(pkt: PktInfo): number {
  const { pktType } = pkt.packet;
  if (pktType !== PACKET_LOOPBACK) return pktType;
  const first = pkt.bytes[destinationAt(pkt)]!;
  if (pkt.pf === Nfproto.ip && first >>> 4 === 14) return PACKET_MULTICAST;
  return pkt.pf === Nfproto.ip6 ? PACKET_MULTICAST : PACKET_BROADCAST;
}

const NAMES = ['unicast', 'broadcast', 'multicast', 'otherhost', 'outgoing', 'loopback'];

export const pkttype = matchModule<PkttypeInfo>({
  name: 'pkttype',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare: (info) => ({
    matches: (pkt) => (typeOf(pkt) === info.pkttype) !== info.invert,
    why: (pkt) => `it is ${NAMES[typeOf(pkt)] ?? typeOf(pkt)}`,
  }),
});
