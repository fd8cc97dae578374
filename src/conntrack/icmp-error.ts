// ICMP errors belong to the connection whose packet they quote
// (nf_conntrack_inet_error() and its callers).

import type { HookPoint, Packet } from '../core/index.ts';
import { IP_CT_IS_REPLY, IP_CT_RELATED, IP_CT_UNTRACKED } from '../core/index.ts';
import {
  ICMP_DEST_UNREACH,
  ICMP_PARAMETERPROB,
  ICMP_REDIRECT,
  ICMP_SOURCE_QUENCH,
  ICMP_TIME_EXCEEDED,
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  ND_OPT_REDIRECT_HDR,
  NDISC_REDIRECT,
} from '../uapi/index.ts';
import { checksumHolds, mustCheck } from './checksum.ts';
import type { TrackResult } from './constants.ts';
import { NFPROTO_IPV4, NFPROTO_IPV6, TRACK_ACCEPT, TRACK_INVALID } from './constants.ts';
import type { Store } from './store.ts';
import type { L4Location } from './tuple.ts';
import { createTuple, invertTuple, locate, readTuple, T_DST } from './tuple.ts';
import type { Zone } from './zone.ts';

const HEADER = 8;
/** NR_ICMP_TYPES: the kernel knows no ICMP type above. */
const LAST_ICMP_TYPE = 18;
/** struct rd_msg: header, target, destination. */
const REDIRECT_LENGTH = 40;

const inner = createTuple();
const quoted = createTuple();
const location: L4Location = { offset: -1, protocol: 0 };

const isIcmpError = (type: number): boolean =>
  type === ICMP_DEST_UNREACH ||
  type === ICMP_SOURCE_QUENCH ||
  type === ICMP_REDIRECT ||
  type === ICMP_TIME_EXCEEDED ||
  type === ICMP_PARAMETERPROB;

/** MLD, neighbour discovery and multicast router discovery are never tracked (noct_valid_new). */
const isUntracked6 = (type: number): boolean =>
  (type >= 130 && type <= 136) || type === 143 || type === 151 || type === 152;

function invalid(store: Store, why: string): TrackResult {
  store.why = why;
  return TRACK_INVALID;
}

/**
 * nf_conntrack_inet_error(): the packet quoted at `at` was part of a connection, so the error is
 * RELATED to it; its receiver must be the one who sent the quoted packet.
 */
function relate(store: Store, packet: Packet, at: number, l3: number, zone: Zone): TrackResult {
  const { buf, network, end } = packet;
  if (!locate(buf, at, end, l3, location)) return invalid(store, 'quotes no whole packet');
  if (!readTuple(buf, at, location.offset, end, l3, location.protocol, quoted))
    return invalid(store, 'quotes too little of a packet');
  if (location.protocol === IPPROTO_GRE) store.greKeys.complete(quoted);
  // The quote is as the error's receiver sent it; what we have seen is the answer to it.
  if (!invertTuple(quoted, inner)) return invalid(store, 'quotes an ICMP message without answer');
  const link = store.find(inner, zone);
  if (link === 0) return invalid(store, 'about no known connection');
  const slot = link >>> 1;
  const dir = link & 1;
  store.table.readTuple(slot, dir, inner);
  readTuple(buf, network, packet.transport, end, l3, packet.l4proto, quoted);
  for (let i = T_DST; i < T_DST + 4; i++)
    if (quoted[i] !== inner[i])
      return invalid(store, 'sent to somebody else than the quoted sender');
  packet.ct = slot;
  packet.ctinfo = IP_CT_RELATED + (dir === 1 ? IP_CT_IS_REPLY : 0);
  return TRACK_ACCEPT;
}

function trackIcmp4(store: Store, packet: Packet, point: HookPoint, zone: Zone): TrackResult {
  const { buf, transport, end } = packet;
  if (transport + HEADER > end) return invalid(store, 'short ICMP header');
  if (mustCheck(store.netns, point) && !checksumHolds(packet, IPPROTO_ICMP))
    return invalid(store, 'bad ICMP checksum');
  const type = buf[transport]!;
  if (type > LAST_ICMP_TYPE) return invalid(store, 'unknown ICMP type');
  if (!isIcmpError(type)) return TRACK_ACCEPT;
  return relate(store, packet, transport + HEADER, NFPROTO_IPV4, zone);
}

/** nf_conntrack_icmpv6_redirect(): the redirected packet is quoted in an option (RFC 4861 §4.5). */
function trackRedirect6(store: Store, packet: Packet, zone: Zone): TrackResult {
  const { buf, network, transport, end } = packet;
  if (transport + REDIRECT_LENGTH > end) return invalid(store, 'short redirect');
  if (buf[transport + 1] !== 0) return TRACK_ACCEPT;
  const linkLocal = buf[network + 8] === 0xfe && (buf[network + 9]! & 0xc0) === 0x80;
  if (buf[network + 7] !== 255 || !linkLocal) return invalid(store, 'redirect from no neighbour');
  const option = transport + REDIRECT_LENGTH;
  if (option + 2 > end || buf[option + 1] === 0) return invalid(store, 'redirect without options');
  if (buf[option] !== ND_OPT_REDIRECT_HDR) return TRACK_ACCEPT;
  return relate(store, packet, option + 8, NFPROTO_IPV6, zone);
}

function trackIcmp6(store: Store, packet: Packet, point: HookPoint, zone: Zone): TrackResult {
  const { buf, transport, end } = packet;
  if (transport + HEADER > end) return invalid(store, 'short ICMPv6 header');
  if (mustCheck(store.netns, point) && !checksumHolds(packet, IPPROTO_ICMPV6))
    return invalid(store, 'bad ICMPv6 checksum');
  const type = buf[transport]!;
  if (isUntracked6(type)) {
    packet.ct = 0;
    packet.ctinfo = IP_CT_UNTRACKED;
    store.why = 'neighbour discovery is not tracked';
    return TRACK_ACCEPT;
  }
  if (type === NDISC_REDIRECT) return trackRedirect6(store, packet, zone);
  if (type >= 128) return TRACK_ACCEPT;
  return relate(store, packet, transport + HEADER, NFPROTO_IPV6, zone);
}

/**
 * nf_conntrack_handle_icmp(): sets `packet.ct` for an error about a known connection; leaves it alone
 * for a query, which goes on as a connection of its own. ICMP in IPv6 and ICMPv6 in IPv4 are left alone.
 */
export function trackIcmpError(
  store: Store,
  packet: Packet,
  point: HookPoint,
  zone: Zone,
): TrackResult {
  if (point.family === 'ip')
    return packet.l4proto === IPPROTO_ICMP ? trackIcmp4(store, packet, point, zone) : TRACK_ACCEPT;
  return packet.l4proto === IPPROTO_ICMPV6 ? trackIcmp6(store, packet, point, zone) : TRACK_ACCEPT;
}
