import { u16 } from '../bytes/index.ts';
import {
  IP6_MF,
  IP6_OFFSET,
  NEXTHDR_AUTH,
  NEXTHDR_DEST,
  NEXTHDR_FRAGMENT,
  NEXTHDR_HOP,
  NEXTHDR_NONE,
  NEXTHDR_ROUTING,
} from '../uapi/index.ts';
import { IPV6_HEADER_LENGTH, IPV6_NEXT_HEADER } from './ipv6.ts';

/*
 * Walking IPv6 extension headers on raw bytes, with the meaning of net/ipv6/exthdrs_core.c.
 * Allocation free: the answer goes into an object of the caller's.
 */

/** Where a header was found. Make one and use it again. */
export interface HeaderPlace {
  /** Protocol number of the header at `offset`. */
  protocol: number;
  /** Offset in the bytes; meaningless where `fragmentOffset` is not 0. */
  offset: number;
  /** Offset of this fragment in bytes; 0 for whole packets and first fragments. */
  fragmentOffset: number;
  /** A fragment header was passed, even one of an "atomic" fragment. */
  isFragment: boolean;
  moreFragments: boolean;
  /** Offset of the fragment header, or -1. */
  fragmentHeader: number;
}

export const headerPlace = (): HeaderPlace => ({
  protocol: 0,
  offset: 0,
  fragmentOffset: 0,
  isFragment: false,
  moreFragments: false,
  fragmentHeader: -1,
});

/**
 * ipv6_ext_hdr(): what the kernel walks over. ESP and mobility, HIP and Shim6 headers end the walk
 * as transport protocols do.
 */
export const isIPv6Extension = (protocol: number): boolean =>
  protocol === NEXTHDR_HOP ||
  protocol === NEXTHDR_ROUTING ||
  protocol === NEXTHDR_FRAGMENT ||
  protocol === NEXTHDR_AUTH ||
  protocol === NEXTHDR_NONE ||
  protocol === NEXTHDR_DEST;

/**
 * Length in bytes of the extension header at `offset`; AH counts in words of four (RFC 4302 §2.2).
 */
export const ipv6ExtensionLength = (bytes: Uint8Array, offset: number, protocol: number): number =>
  protocol === NEXTHDR_FRAGMENT
    ? 8
    : protocol === NEXTHDR_AUTH
      ? (bytes[offset + 1]! + 2) << 2
      : (bytes[offset + 1]! + 1) << 3;

function resetPlace(out: HeaderPlace, offset: number, protocol: number): void {
  out.protocol = protocol;
  out.offset = offset;
  out.fragmentOffset = 0;
  out.isFragment = false;
  out.moreFragments = false;
  out.fragmentHeader = -1;
}

function noteFragment(bytes: Uint8Array, offset: number, out: HeaderPlace): void {
  const field = u16(bytes, offset + 2);
  out.isFragment = true;
  out.fragmentHeader = offset;
  out.moreFragments = (field & IP6_MF) !== 0;
  out.fragmentOffset = field & IP6_OFFSET;
}

/**
 * Flags of {@link findIPv6Header}, include/net/ipv6.h: with LAST_HEADER an AH header ends the walk,
 * as nf_tables wants it (connection tracking skips AH).
 */
export const IP6_FH_F_AUTH = 2;
/** Pass over routing headers that have no segments left. */
export const IP6_FH_F_SKIP_RH = 4;

/** No header: the value of `target` in {@link findIPv6Header} that asks for the last one. */
export const LAST_HEADER = -1;

/**
 * ipv6_find_hdr(): finds the header of protocol `target`, or with LAST_HEADER the transport header,
 * ESP or "no next header". `end` is one past the packet's last byte. False where the headers cannot
 * be read that far, where `target` is not there, and where `target` would be in another fragment.
 * `flags` are IP6_FH_F_*.
 */
export function findIPv6Header(
  bytes: Uint8Array,
  networkOffset: number,
  end: number,
  target: number,
  out: HeaderPlace,
  flags = 0,
): boolean {
  if (networkOffset + IPV6_HEADER_LENGTH > end) return false;
  resetPlace(out, networkOffset + IPV6_HEADER_LENGTH, bytes[networkOffset + IPV6_NEXT_HEADER]!);
  for (;;) {
    const { protocol, offset } = out;
    let found = protocol === target;
    if (!isIPv6Extension(protocol) || protocol === NEXTHDR_NONE) return found || target < 0;
    if (offset + 2 > end) return false;
    if (protocol === NEXTHDR_ROUTING) {
      if (offset + 4 > end) return false;
      if (flags & IP6_FH_F_SKIP_RH && bytes[offset + 3] === 0) found = false;
    }
    if (protocol === NEXTHDR_FRAGMENT) {
      if (offset + 4 > end) return false;
      noteFragment(bytes, offset, out);
      if (out.fragmentOffset !== 0) return laterFragment(bytes, target, out);
    }
    if (protocol === NEXTHDR_AUTH && flags & IP6_FH_F_AUTH && target < 0) return true;
    if (found) return true;
    out.protocol = bytes[offset]!;
    out.offset = offset + ipv6ExtensionLength(bytes, offset, protocol);
  }
}

/** Fragments after the first say what the protocol is, but its header is not in them. */
function laterFragment(bytes: Uint8Array, target: number, out: HeaderPlace): boolean {
  const next = bytes[out.offset]!;
  if (target >= 0 || (isIPv6Extension(next) && next !== NEXTHDR_NONE)) return false;
  out.protocol = next;
  return true;
}

/** {@link findIPv6Header} for the last header: what follows all extension headers. */
export const findIPv6Transport = (
  bytes: Uint8Array,
  networkOffset: number,
  end: number,
  out: HeaderPlace,
  flags = 0,
): boolean => findIPv6Header(bytes, networkOffset, end, LAST_HEADER, out, flags);

/**
 * ipv6_skip_exthdr(): skips extension headers from `start`, which holds a header of protocol
 * `nextHeader`; made for packets cut short in ICMPv6 errors. A fragment header that is not the
 * first fragment's ends the walk and is itself the place found. False after "no next header" and
 * where a header begins past `end`; the place may lie past `end`.
 */
export function skipIPv6Extensions(
  bytes: Uint8Array,
  start: number,
  end: number,
  nextHeader: number,
  out: HeaderPlace,
): boolean {
  resetPlace(out, start, nextHeader);
  while (isIPv6Extension(out.protocol)) {
    const { protocol, offset } = out;
    if (protocol === NEXTHDR_NONE || offset + 2 > end) return false;
    if (protocol === NEXTHDR_FRAGMENT) {
      if (offset + 4 > end) return false;
      noteFragment(bytes, offset, out);
      if (out.fragmentOffset !== 0) return true;
    }
    out.protocol = bytes[offset]!;
    out.offset = offset + ipv6ExtensionLength(bytes, offset, protocol);
  }
  return true;
}
