// The parts of an element from a packet: ip4addr(), ip_set_get_ip4_port(), ip_set_get_ip6_port()
// (net/netfilter/ipset/ip_set_getport.c).

import { Nfproto, type Packet } from '../../core/index.ts';
import { findIpv6, ipv6Found } from '../pktinfo.ts';
import type { SetPacket } from './options.ts';

const IPPROTO_ICMP = 1;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const IPPROTO_ICMPV6 = 58;
const IPPROTO_SCTP = 132;
const IPPROTO_UDPLITE = 136;
const ETH_HLEN = 14;

/** ip_set_proto_with_ports(). */
export const hasPorts = (proto: number): boolean =>
  proto === IPPROTO_TCP ||
  proto === IPPROTO_UDP ||
  proto === IPPROTO_SCTP ||
  proto === IPPROTO_UDPLITE;

/** Bytes the kernel asks of the transport header before it reads a port from it. */
function headerLength(proto: number): number {
  switch (proto) {
    case IPPROTO_TCP:
      return 20;
    case IPPROTO_SCTP:
      return 12;
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
      return 8;
    default:
      return 0;
  }
}

/** What `findPort` found; one for all, read at once. */
export const found = { port: 0, proto: 0 };

function findTransport(from: SetPacket): number {
  const { packet } = from;
  const { buf, network } = packet;
  if (from.pf === Nfproto.ip6) {
    if (!findIpv6(buf, network, packet.end, -1) || ipv6Found.fragoff !== 0) return -1;
    found.proto = ipv6Found.proto;
    return ipv6Found.offset;
  }
  found.proto = buf[network + 9]!;
  const fragment = ((buf[network + 6]! & 0x1f) << 8) | buf[network + 7]!;
  return found.proto === 0 || fragment !== 0 ? -1 : network + ((buf[network]! & 15) << 2);
}

/** Port and protocol of the side, into `found`; false where the packet has none that can be read. */
export function findPort(from: SetPacket, source: boolean): boolean {
  const transport = findTransport(from);
  const { buf, end } = from.packet;
  if (transport < 0 || transport + headerLength(found.proto) > end) return false;
  const { proto } = found;
  found.port = 0;
  if (hasPorts(proto)) {
    const at = transport + (source ? 0 : 2);
    found.port = (buf[at]! << 8) | buf[at + 1]!;
  } else if (proto === IPPROTO_ICMP || proto === IPPROTO_ICMPV6)
    found.port = (buf[transport]! << 8) | buf[transport + 1]!;
  return true;
}

/** ip_set_get_ip_port(): a port of TCP or UDP alone. */
export const findBarePort = (from: SetPacket, source: boolean): boolean =>
  findPort(from, source) && (found.proto === IPPROTO_TCP || found.proto === IPPROTO_UDP);

/** Where the address of the side lies. */
export function addressAt(from: SetPacket, source: boolean): number {
  const { network } = from.packet;
  if (from.pf === Nfproto.ip6) return network + (source ? 8 : 24);
  return network + (source ? 12 : 16);
}

/** Where the Ethernet address of the side lies, or -1 without such a header. */
export function macAt(packet: Packet, source: boolean): number {
  if (packet.mac < 0 || packet.mac + ETH_HLEN > packet.network) return -1;
  return packet.mac + (source ? 6 : 0);
}
