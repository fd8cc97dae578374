// Where the transport header is. Read once per packet, cached in the packet, used by every room.

import { u16 } from '../bytes/index.ts';
import {
  ETH_P_IP,
  ETH_P_IPV6,
  IP_OFFSET,
  IP6_OFFSET,
  NEXTHDR_AUTH,
  NEXTHDR_DEST,
  NEXTHDR_FRAGMENT,
  NEXTHDR_HOP,
  NEXTHDR_NONE,
  NEXTHDR_ROUTING,
} from '../uapi/index.ts';
import type { Packet } from './packet.ts';

const IPV4_MIN = 20;
const IPV6_LEN = 40;

/** ipv6_ext_hdr(), net/ipv6/exthdrs_core.c: the headers that may be skipped, and "no next header". */
export const isIpv6ExtensionHeader = (protocol: number): boolean =>
  protocol === NEXTHDR_HOP ||
  protocol === NEXTHDR_ROUTING ||
  protocol === NEXTHDR_FRAGMENT ||
  protocol === NEXTHDR_AUTH ||
  protocol === NEXTHDR_NONE ||
  protocol === NEXTHDR_DEST;

/**
 * Length in bytes of the extension header at `offset`: AH counts words of 4 bytes beyond two
 * (RFC 4302 §2.2), a fragment header has 8, others count units of 8 beyond the first.
 */
export function ipv6ExtensionLength(buf: Uint8Array, offset: number, protocol: number): number {
  if (protocol === NEXTHDR_AUTH) return (buf[offset + 1]! + 2) << 2;
  if (protocol === NEXTHDR_FRAGMENT) return 8;
  return (buf[offset + 1]! + 1) << 3;
}

/** The conditions of __nft_set_pktinfo_ipv4_validate(), include/net/netfilter/nf_tables_ipv4.h. */
function dissectIpv4(packet: Packet): void {
  const { buf, network } = packet;
  const length = packet.end - network;
  const headerLength = (buf[network]! & 0x0f) << 2;
  const total = u16(buf, network + 2);
  if (length < IPV4_MIN || buf[network]! >>> 4 !== 4 || headerLength < IPV4_MIN) return;
  if (total > length || total < headerLength) return;
  packet.l4proto = buf[network + 9]!;
  packet.transport = network + headerLength;
  packet.fragOffset = (u16(buf, network + 6) & IP_OFFSET) << 3;
}

/**
 * ipv6_find_hdr() with no target, net/ipv6/exthdrs_core.c: the first header that is not an extension
 * header. A later fragment names its protocol only where no more extension headers follow.
 */
function dissectIpv6(packet: Packet): void {
  const { buf, network, end } = packet;
  if (end - network < IPV6_LEN || buf[network]! >>> 4 !== 6) return;
  let protocol = buf[network + 6]!;
  let at = network + IPV6_LEN;
  while (isIpv6ExtensionHeader(protocol) && protocol !== NEXTHDR_NONE) {
    if (at + 2 > end) return;
    const next = buf[at]!;
    if (protocol === NEXTHDR_FRAGMENT) {
      if (at + 4 > end) return;
      packet.fragOffset = u16(buf, at + 2) & IP6_OFFSET;
      if (packet.fragOffset > 0 && isIpv6ExtensionHeader(next) && next !== NEXTHDR_NONE) return;
    }
    const last = packet.fragOffset > 0;
    at += ipv6ExtensionLength(buf, at, protocol);
    protocol = next;
    if (last) break;
  }
  packet.l4proto = protocol;
  packet.transport = at;
}

/**
 * Sets `protocol` (where it is 0: from the version nibble), `l4proto`, `transport` and `fragOffset`
 * from the bytes. Does nothing while `dissected` holds: whoever changes the network header or its
 * place clears that flag. A header that cannot be parsed leaves `l4proto` at -1. `transport` may lie
 * past `end` when the packet is cut there; check lengths before reading.
 */
export function dissectNetwork(packet: Packet): void {
  if (packet.dissected) return;
  packet.dissected = true;
  packet.l4proto = -1;
  packet.fragOffset = 0;
  packet.transport = packet.network;
  if (packet.protocol === 0 && packet.end > packet.network) {
    const version = packet.buf[packet.network]! >>> 4;
    packet.protocol = version === 4 ? ETH_P_IP : version === 6 ? ETH_P_IPV6 : 0;
  }
  if (packet.protocol === ETH_P_IP) dissectIpv4(packet);
  else if (packet.protocol === ETH_P_IPV6) dissectIpv6(packet);
}
