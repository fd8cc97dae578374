// The socket a packet is for, asked before the packet has come so far: nf_sk_lookup_slow_v4() and
// nf_sk_lookup_slow_v6() (net/ipv4/netfilter/nf_socket_ipv4.c, net/ipv6/netfilter/nf_socket_ipv6.c).

import { u16 } from '../../bytes/index.ts';
import type { Conntrack } from '../../conntrack/index.ts';
import { IPS_SRC_NAT_DONE } from '../../conntrack/index.ts';
import type { Socket } from '../../core/index.ts';
import {
  IP_CT_ESTABLISHED_REPLY,
  IP_CT_RELATED_REPLY,
  ipv6ExtensionLength,
  isIpv6ExtensionHeader,
  Nfproto,
  SocketKey,
} from '../../core/index.ts';
import type { Env } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import { findIpv6, ipv6Found } from '../pktinfo.ts';

export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;
const IPPROTO_NONE = 59;
const IPPROTO_FRAGMENT = 44;
export const TCP_HEADER = 20;
export const UDP_HEADER = 8;
const ICMP_HEADER = 8;
/** icmp_is_err(): unreachable, source quench, redirect, time exceeded, parameter problem. */
const ICMP_ERRORS: readonly number[] = [3, 4, 5, 11, 12];
const ICMPV6_INFORMATIONAL = 0x80;

const key = new SocketKey();
const original = new Uint8Array(16);

/** Offsets of source and destination address, and the length of the header, by family. */
const PLACES = {
  ip: { source: 12, destination: 16 },
  ip6: { source: 8, destination: 24 },
} as const;

/** A packet that comes here: its source is the other end. */
function askIncoming(pkt: PktInfo, family: 'ip' | 'ip6', protocol: number, at: number): boolean {
  const { bytes, network } = pkt;
  if (at + (protocol === IPPROTO_UDP ? UDP_HEADER : TCP_HEADER) > pkt.end) return false;
  key.family = family;
  key.protocol = protocol;
  key.remote = bytes;
  key.remoteAt = network + PLACES[family].source;
  key.remotePort = u16(bytes, at);
  key.local = bytes;
  key.localAt = network + PLACES[family].destination;
  key.localPort = u16(bytes, at + 2);
  return true;
}

/** A packet that an ICMP error quotes was sent from here: its source is this end. */
function askQuoted(
  pkt: PktInfo,
  family: 'ip' | 'ip6',
  protocol: number,
  inner: number,
  ports: number,
): boolean {
  const { bytes, end } = pkt;
  if ((protocol !== IPPROTO_TCP && protocol !== IPPROTO_UDP) || ports + 4 > end) return false;
  key.family = family;
  key.protocol = protocol;
  key.local = bytes;
  key.localAt = inner + PLACES[family].source;
  key.localPort = u16(bytes, ports);
  key.remote = bytes;
  key.remoteAt = inner + PLACES[family].destination;
  key.remotePort = u16(bytes, ports + 2);
  return true;
}

function ask4(pkt: PktInfo): boolean {
  const { bytes, network, end } = pkt;
  const protocol = bytes[network + 9]!;
  const at = network + ((bytes[network]! & 15) << 2);
  if (protocol === IPPROTO_TCP || protocol === IPPROTO_UDP)
    return askIncoming(pkt, 'ip', protocol, at);
  if (protocol !== IPPROTO_ICMP) return false;
  const inner = at + ICMP_HEADER;
  if (inner + 20 > end || !ICMP_ERRORS.includes(bytes[at]!)) return false;
  return askQuoted(pkt, 'ip', bytes[inner + 9]!, inner, inner + ((bytes[inner]! & 15) << 2));
}

/** The source of a reply to a translated connection is looked for as its program has it. */
function undoTranslation(pkt: PktInfo, conntrack: Conntrack | null): void {
  const { ct, ctinfo } = pkt.packet;
  if (conntrack === null || ct === 0) return;
  const wanted =
    pkt.bytes[pkt.network + 9] === IPPROTO_ICMP ? IP_CT_RELATED_REPLY : IP_CT_ESTABLISHED_REPLY;
  if (ctinfo !== wanted || (conntrack.status(ct) & IPS_SRC_NAT_DONE) === 0) return;
  conntrack.putSource(ct, 0, original, 0);
  key.local = original;
  key.localAt = 0;
  key.localPort = conntrack.sourcePart(ct, 0);
}

function ask6(pkt: PktInfo): boolean {
  const { bytes, network, end } = pkt;
  if (!findIpv6(bytes, network, end, -1)) return false;
  const { proto, offset } = ipv6Found;
  if (proto === IPPROTO_TCP || proto === IPPROTO_UDP) return askIncoming(pkt, 'ip6', proto, offset);
  if (proto !== IPPROTO_ICMPV6 || offset + ICMP_HEADER > end) return false;
  if ((bytes[offset]! & ICMPV6_INFORMATIONAL) !== 0) return false;
  return askQuoted6(pkt, offset + ICMP_HEADER);
}

/** ipv6_skip_exthdr() behind the quoted header. */
function askQuoted6(pkt: PktInfo, inner: number): boolean {
  const { bytes, end } = pkt;
  let at = inner + 40;
  let protocol = bytes[inner + 6]!;
  if (at > end) return false;
  while (isIpv6ExtensionHeader(protocol)) {
    if (protocol === IPPROTO_NONE || at + 2 > end) return false;
    if (protocol === IPPROTO_FRAGMENT && (u16(bytes, at + 2) & ~7) !== 0) return false;
    const next = bytes[at]!;
    at += ipv6ExtensionLength(bytes, at, protocol);
    protocol = next;
  }
  return askQuoted(pkt, 'ip6', protocol, inner, at);
}

/** Null for what no socket takes, and for what did not come in by a device. */
export function lookUpSocket(pkt: PktInfo, env: Env): Socket | null {
  const { sockets } = env.netns;
  if (sockets === null || pkt.in === null) return null;
  if (pkt.pf === Nfproto.ip) {
    if (!ask4(pkt)) return null;
    undoTranslation(pkt, env.conntrack);
  } else if (pkt.pf !== Nfproto.ip6 || !ask6(pkt)) return null;
  key.device = pkt.in;
  return sockets.lookup(key);
}
