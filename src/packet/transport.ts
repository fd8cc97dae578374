import { u16 } from '../bytes/index.ts';
import { IP_MF, IP_OFFSET, IPPROTO_AH } from '../uapi/index.ts';
import {
  IPV4_FLAGS_FRAGMENT,
  IPV4_HEADER_LENGTH,
  IPV4_PROTOCOL,
  IPV4_TOTAL_LENGTH,
  ipv4HeaderLength,
} from './ipv4.ts';
import { IPV6_HEADER_LENGTH, IPV6_PAYLOAD_LENGTH } from './ipv6.ts';
import { findIPv6Transport, type HeaderPlace, headerPlace } from './ipv6-walk.ts';

/** Where the transport header of an IPv4 or IPv6 packet is. Make one and use it again. */
export interface TransportPlace extends HeaderPlace {
  /** One past the packet's last byte, as its own length field says. */
  end: number;
}

export const transportPlace = (): TransportPlace => ({ ...headerPlace(), end: 0 });

function findIPv4Transport(
  bytes: Uint8Array,
  networkOffset: number,
  end: number,
  out: TransportPlace,
): boolean {
  const headerLength = ipv4HeaderLength(bytes, networkOffset);
  const total = u16(bytes, networkOffset + IPV4_TOTAL_LENGTH);
  if (headerLength < IPV4_HEADER_LENGTH || total < headerLength) return false;
  if (networkOffset + total > end) return false;
  const fragment = u16(bytes, networkOffset + IPV4_FLAGS_FRAGMENT);
  out.protocol = bytes[networkOffset + IPV4_PROTOCOL]!;
  out.offset = networkOffset + headerLength;
  out.fragmentOffset = (fragment & IP_OFFSET) << 3;
  out.moreFragments = (fragment & IP_MF) !== 0;
  out.isFragment = (fragment & (IP_MF | IP_OFFSET)) !== 0;
  out.fragmentHeader = -1;
  out.end = networkOffset + total;
  return true;
}

/**
 * Finds the transport header of the IPv4 or IPv6 packet at `networkOffset`. False for other
 * versions, wrong lengths, and IPv6 extension headers that cannot be read. Allocation free. AH is
 * the transport protocol of an IPv4 packet, as in the kernel; {@link skipAh} goes on.
 */
export function findTransport(
  bytes: Uint8Array,
  networkOffset: number,
  end: number,
  out: TransportPlace,
): boolean {
  const version = bytes[networkOffset]! >>> 4;
  if (version === 4) {
    if (networkOffset + IPV4_HEADER_LENGTH > end) return false;
    return findIPv4Transport(bytes, networkOffset, end, out);
  }
  if (version !== 6 || networkOffset + IPV6_HEADER_LENGTH > end) return false;
  const payload = u16(bytes, networkOffset + IPV6_PAYLOAD_LENGTH);
  const stop = networkOffset + IPV6_HEADER_LENGTH + payload;
  if (stop > end) return false;
  // A payload length of zero is a jumbogram's (RFC 2675 §2): all there is belongs to it.
  out.end = payload === 0 ? end : stop;
  return findIPv6Transport(bytes, networkOffset, out.end, out) && out.offset <= out.end;
}

/** Moves `place` from an AH header to what it protects; false where it is not AH or cut short. */
export function skipAh(bytes: Uint8Array, place: TransportPlace): boolean {
  if (place.protocol !== IPPROTO_AH || place.offset + 12 > place.end) return false;
  const next = place.offset + ((bytes[place.offset + 1]! + 2) << 2);
  if (next > place.end) return false;
  place.protocol = bytes[place.offset]!;
  place.offset = next;
  return true;
}
