// UDP and UDP-Lite (net/netfilter/nf_conntrack_proto_udp.c).

import { u16 } from '../bytes/index.ts';
import type { HookPoint, Packet } from '../core/index.ts';
import { NS_PER_SECOND } from '../core/index.ts';
import { IPPROTO_UDP } from '../uapi/index.ts';
import { checksumHolds, l4ChecksumOk, mustCheck } from './checksum.ts';
import type { Direction, TrackResult } from './constants.ts';
import {
  IPCT_ASSURED,
  IPS_ASSURED,
  IPS_CONFIRMED,
  IPS_NAT_CLASH,
  IPS_SEEN_REPLY,
  TRACK_ACCEPT,
  TRACK_INVALID,
} from './constants.ts';
import type { Store } from './store.ts';
import { UDP_TIMEOUTS } from './sysctl.ts';

const HEADER = 8;
const LENGTH = 4;
const CHECK = 6;
const UNREPLIED = 0;
const REPLIED = 1;
/** A flow that lives longer than this and is answered is a stream. */
const STREAM_AFTER = 2 * NS_PER_SECOND;

/** udp_error(): what is wrong with the datagram, or ''. A checksum of 0 is none (RFC 768). */
function udpFault(store: Store, packet: Packet, point: HookPoint): string {
  const { buf, transport, end } = packet;
  if (transport + HEADER > end) return 'short UDP header';
  const length = u16(buf, transport + LENGTH);
  if (length > end - transport || length < HEADER) return 'UDP length does not fit the packet';
  if (u16(buf, transport + CHECK) === 0 || !mustCheck(store.netns, point)) return '';
  return checksumHolds(packet, IPPROTO_UDP) ? '' : 'bad UDP checksum';
}

function setAssured(store: Store, slot: number): void {
  if ((store.status(slot) & IPS_ASSURED) !== 0) return;
  store.addStatus(slot, IPS_ASSURED);
  store.cacheEvent(slot, IPCT_ASSURED);
}

export function trackUdp(
  store: Store,
  packet: Packet,
  point: HookPoint,
  slot: number,
  dir: Direction,
): TrackResult {
  store.why = udpFault(store, packet, point);
  if (store.why !== '') return TRACK_INVALID;
  const status = store.status(slot);
  if ((status & IPS_CONFIRMED) === 0) store.table.setStamp(slot, store.now + STREAM_AFTER);
  let which = UNREPLIED;
  if ((status & IPS_SEEN_REPLY) !== 0 && store.now > store.table.stamp(slot)) which = REPLIED;
  store.refresh(slot, store.timeout(slot, UDP_TIMEOUTS, which));
  store.account(slot, dir, packet.length);
  // A resolved clash times out soon and must stay easy to evict.
  if (which === REPLIED && (status & IPS_NAT_CLASH) === 0) setAssured(store, slot);
  return TRACK_ACCEPT;
}

/**
 * udplite_error(). Coverage 0 means everything (RFC 3828 §3.1). The kernel sums the pseudo header
 * with UDP's protocol number, not UDP-Lite's, and so do we.
 */
function udpLiteFault(store: Store, packet: Packet, point: HookPoint): string {
  const { buf, transport, end } = packet;
  if (transport + HEADER > end) return 'short UDP-Lite header';
  const coverage = u16(buf, transport + LENGTH) || end - transport;
  if (coverage < HEADER || coverage > end - transport) return 'bad UDP-Lite checksum coverage';
  if (u16(buf, transport + CHECK) === 0) return 'UDP-Lite checksum missing';
  if (!mustCheck(store.netns, point)) return '';
  return l4ChecksumOk(packet, IPPROTO_UDP, coverage) ? '' : 'bad UDP-Lite checksum';
}

/** As UDP, but the first answer makes a stream. */
export function trackUdpLite(
  store: Store,
  packet: Packet,
  point: HookPoint,
  slot: number,
  dir: Direction,
): TrackResult {
  store.why = udpLiteFault(store, packet, point);
  if (store.why !== '') return TRACK_INVALID;
  const status = store.status(slot);
  const replied = (status & IPS_SEEN_REPLY) !== 0;
  store.refresh(slot, store.timeout(slot, UDP_TIMEOUTS, replied ? REPLIED : UNREPLIED));
  store.account(slot, dir, packet.length);
  if (replied && (status & IPS_NAT_CLASH) === 0) setAssured(store, slot);
  return TRACK_ACCEPT;
}
