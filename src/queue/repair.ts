// Lengths and checksums of an edited packet. What changed is found by comparing with the packet as
// it came; checksums are updated by the difference (RFC 1624), so that one that came in wrong stays
// as wrong as it was, and are summed anew where the difference does not say enough.

import { fold16, put16, u16 } from '../bytes/index.ts';
import {
  checksumOffset,
  findTransport,
  fixChecksums,
  hasPseudoHeader,
  type TransportPlace,
  transportPlace,
} from '../packet/index.ts';
import {
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_IGMP,
  IPPROTO_TCP,
  IPPROTO_UDP,
} from '../uapi/index.ts';

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const UDP_HEADER = 8;
const MOST = 0xffff;

/** Checksums that are a sum over everything up to the packet's end, and so can be updated. */
const isPlainSum = (protocol: number): boolean =>
  protocol === IPPROTO_TCP ||
  protocol === IPPROTO_UDP ||
  protocol === IPPROTO_ICMP ||
  protocol === IPPROTO_ICMPV6 ||
  protocol === IPPROTO_IGMP;

/** Where two versions of a packet differ; `first` is -1 where they do not. Offsets in the packet. */
interface Difference {
  first: number;
  last: number;
}
const difference: Difference = { first: -1, last: -1 };

function compare(old: Uint8Array, bytes: Uint8Array, start: number, length: number): Difference {
  difference.first = -1;
  let i = 0;
  while (i < length && old[i] === bytes[start + i]) i++;
  if (i === length) return difference;
  let last = length - 1;
  while (old[last] === bytes[start + last]) last--;
  difference.first = i;
  difference.last = last;
  return difference;
}

/** The 16-bit word at `at` of a packet of `length` bytes; a last odd byte is a high half. */
const word = (bytes: Uint8Array, at: number, end: number): number =>
  at + 1 < end ? u16(bytes, at) : bytes[at]! << 8;

/**
 * The difference of the sums over the words from `from` to `to`, folded: both are offsets in the
 * packet, `skip` is the word that holds the checksum itself.
 */
function sumDifference(
  old: Uint8Array,
  bytes: Uint8Array,
  start: number,
  from: number,
  to: number,
  end: number,
  skip: number,
): number {
  let sum = 0;
  for (let at = from; at < to; at += 2) {
    if (at === skip) continue;
    sum += (~word(old, at, end) & 0xffff) + word(bytes, start + at, start + end);
    if (sum > 0x3fff0000) sum = fold16(sum);
  }
  return fold16(sum);
}

const updated = (check: number, sum: number): number => ~fold16((~check & 0xffff) + sum) & 0xffff;

/** The header's checksum, where words of the header changed. */
function repairIPv4(old: Uint8Array, bytes: Uint8Array, start: number, header: number): void {
  const check = u16(old, 10);
  const sum = sumDifference(old, bytes, start, 0, header, header, 10);
  put16(bytes, start + 10, updated(check, sum));
}

const even = (n: number): number => n & ~1;

/** The transport checksum by the difference of what it covers; false where that is not enough. */
function repairTransport(
  old: Uint8Array,
  bytes: Uint8Array,
  start: number,
  { first, last }: Difference,
  place: TransportPlace,
): boolean {
  const { protocol, offset } = place;
  if (!isPlainSum(protocol)) return false;
  const isUdp = protocol === IPPROTO_UDP;
  const field = offset + checksumOffset(protocol);
  const end = isUdp ? Math.min(place.end, offset + u16(old, offset + 4)) : place.end;
  if (field + 2 > place.end || (isUdp && end < offset + UDP_HEADER)) return false;
  const isIPv4 = old[0]! >>> 4 === 4;
  const check = u16(old, field);
  // RFC 768: nothing was summed, or from now on nothing shall be.
  if (isUdp && isIPv4 && (check === 0 || u16(bytes, start + field) === 0)) {
    put16(bytes, start + field, 0);
    return true;
  }
  const addresses = isIPv4 ? 12 : 8;
  const after = isIPv4 ? IPV4_HEADER : IPV6_HEADER;
  let sum = 0;
  if (hasPseudoHeader(protocol) && first < after && last >= addresses) {
    // Options and routing headers may name another destination.
    if (offset !== after) return false;
    sum = sumDifference(old, bytes, start, addresses, after, after, -1);
  }
  const from = offset + even(Math.max(0, first - offset));
  sum += sumDifference(old, bytes, start, from, Math.min(last + 1, end), end, field);
  const value = updated(check, fold16(sum));
  put16(bytes, start + field, isUdp && value === 0 ? 0xffff : value);
  return true;
}

/** Bytes that say how the rest is laid out: versions, lengths, protocols, fragments. */
function changesLayout(old: Uint8Array, bytes: Uint8Array, start: number, at: number): boolean {
  const differs = (from: number, to: number): boolean => {
    for (let i = from; i < to; i++) if (old[i] !== bytes[start + i]) return true;
    return false;
  };
  if (old[0]! >>> 4 !== 4) {
    // The flow label and traffic class lay nothing out; extension headers do.
    return old[0]! >>> 4 !== bytes[start]! >>> 4 || differs(4, 7) || differs(IPV6_HEADER, at);
  }
  return (
    differs(0, 1) || differs(2, 4) || differs(6, 8) || differs(9, 10) || differs(IPV4_HEADER, at)
  );
}

const place = transportPlace();

/**
 * Repairs a packet of the same length as it came in.
 * @param old the packet as it came, from its network header on
 * @param partial its checksum held the pseudo header's sum only (CHECKSUM_PARTIAL)
 * @returns false where nothing has changed
 */
export function repairInPlace(
  old: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
  partial: boolean,
): boolean {
  const found = compare(old, bytes, start, end - start);
  if (found.first < 0) return false;
  if (!findTransport(old, 0, end - start, place)) {
    repairWhole(bytes, start, end);
    return true;
  }
  const { offset, fragmentOffset } = place;
  const layout = found.first < offset + 6 && changesLayout(old, bytes, start, offset);
  const lengthField = place.protocol === IPPROTO_UDP && fragmentOffset === 0 ? offset + 4 : -1;
  const length = lengthField >= 0 && u16(old, lengthField) !== u16(bytes, start + lengthField);
  if (layout || length || partial) {
    repairWhole(bytes, start, end);
    return true;
  }
  if (old[0]! >>> 4 === 4 && found.first < IPV4_HEADER) repairIPv4(old, bytes, start, IPV4_HEADER);
  // What covers a later fragment is in the first one.
  if (fragmentOffset !== 0 || repairTransport(old, bytes, start, found, place)) return true;
  fixChecksums(bytes, start, end);
  return true;
}

/** Lengths as the bytes are, then all checksums anew. */
export function repairWhole(bytes: Uint8Array, start: number, end: number): void {
  setLengths(bytes, start, end);
  fixChecksums(bytes, start, end);
}

/** @throws RangeError when the packet is longer than its headers can say */
export function setLengths(bytes: Uint8Array, start: number, end: number): void {
  const version = bytes[start]! >>> 4;
  const length = end - start;
  if (length > MOST) throw new RangeError(`a packet of ${length} bytes: ${MOST} is the most`);
  if (version === 4 && length >= IPV4_HEADER) put16(bytes, start + 2, length);
  else if (version === 6 && length >= IPV6_HEADER) put16(bytes, start + 4, length - IPV6_HEADER);
  if (!findTransport(bytes, start, end, place) || place.fragmentOffset !== 0) return;
  if (
    place.protocol === IPPROTO_UDP &&
    !place.moreFragments &&
    place.end - place.offset >= UDP_HEADER
  )
    put16(bytes, place.offset + 4, place.end - place.offset);
}
