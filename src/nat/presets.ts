// Ranges that are not written in a rule but found for a packet.

import { put32, u32 } from '../bytes/index.ts';
import { NFPROTO_IPV4, NFPROTO_IPV6 } from '../conntrack/index.ts';
import type { HookPoint, NetworkLayer, Packet } from '../core/index.ts';
import type { Manip, NatRange } from './range.ts';
import { NF_NAT_MANIP_SRC, NF_NAT_RANGE_MAP_IPS } from './range.ts';

const LOOPBACK4 = 0x7f000001;

/** The packet's own source or destination address, a copy. */
function addressOf(packet: Packet, family: string, destination: boolean): Uint8Array {
  const { buf, network } = packet;
  const length = family === 'ip' ? 4 : 16;
  const at = network + (family === 'ip' ? 12 : 8) + (destination ? length : 0);
  return buf.slice(at, at + length);
}

const familyOf = (point: HookPoint): 'ip' | 'ip6' => (point.family === 'ip' ? 'ip' : 'ip6');

/** Ports and flags of `from`, all at one address. */
function single(out: NatRange, from: NatRange, address: Uint8Array): void {
  out.copy(from);
  out.setAddresses(address.length === 4 ? NFPROTO_IPV4 : NFPROTO_IPV6, address, 0);
}

/** The address towards the next hop (IPv4) or the destination (IPv6). False if there is none. */
export function masqueradeRange(
  out: NatRange,
  from: NatRange,
  packet: Packet,
  point: HookPoint,
  network: NetworkLayer,
): boolean {
  const device = packet.oif;
  if (device === null) return false;
  const family = familyOf(point);
  const daddr = addressOf(packet, family, true);
  const route = family === 'ip' ? network.routeOf(packet) : null;
  const address = network.sourceAddress(family, device, route?.gateway ?? daddr);
  if (address === null) return false;
  single(out, from, address);
  return true;
}

export function redirectRange(
  out: NatRange,
  from: NatRange,
  packet: Packet,
  point: HookPoint,
  network: NetworkLayer | null,
): boolean {
  const family = familyOf(point);
  if (point.hook === 'output') {
    const loopback = new Uint8Array(family === 'ip' ? 4 : 16);
    if (family === 'ip') put32(loopback, 0, LOOPBACK4);
    else loopback[15] = 1;
    single(out, from, loopback);
    return true;
  }
  if (network === null || packet.iif === null) return false;
  const daddr = addressOf(packet, family, true);
  const address = isLinkScoped(daddr)
    ? network.sourceAddress(family, packet.iif, daddr)
    : network.firstAddress(family, packet.iif);
  if (address === null) return false;
  single(out, from, address);
  return true;
}

/** What ipv6_addr_scope() tells of an address of the link or of a group there. */
const isLinkScoped = (address: Uint8Array): boolean =>
  address.length === 16 &&
  ((address[0] === 0xfe && (address[1]! & 0xc0) === 0x80) ||
    (address[0] === 0xff && (address[1]! & 0x0f) === 2));

/**
 * The bits in which first and last address of the range agree come from the range, the others from the
 * packet's own address.
 */
export function netmapRange(
  out: NatRange,
  from: NatRange,
  packet: Packet,
  point: HookPoint,
  manip: Manip,
): void {
  const family = familyOf(point);
  const address = addressOf(packet, family, manip !== NF_NAT_MANIP_SRC);
  out.copy(from);
  for (let i = 0; i < address.length / 4; i++) {
    const mask = ~(from.min[i]! ^ from.max[i]!);
    const word = (u32(address, 4 * i) & ~mask) | (from.min[i]! & mask);
    out.min[i] = word;
    out.max[i] = word;
  }
  out.flags |= NF_NAT_RANGE_MAP_IPS;
}
