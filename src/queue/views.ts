// Views of transport headers by protocol, and where the payload behind them begins.

import {
  DCCP_DATA_OFFSET,
  type DccpView,
  type IcmpView,
  type Icmpv6View,
  isMalformed,
  type Malformed,
  parseDccp,
  parseIcmp,
  parseIcmpv6,
  parseSctp,
  parseTcp,
  parseUdp,
  parseUdpLite,
  SCTP_HEADER_LENGTH,
  type SctpView,
  type TcpView,
  type TransportPlace,
  tcpHeaderLength,
  UDP_HEADER_LENGTH,
  type UdpLiteView,
  type UdpView,
} from '../packet/index.ts';
import {
  IPPROTO_DCCP,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../uapi/index.ts';

export type TransportView =
  | UdpView
  | TcpView
  | IcmpView
  | Icmpv6View
  | SctpView
  | UdpLiteView
  | DccpView;

function parse(bytes: Uint8Array, protocol: number): TransportView | Malformed | undefined {
  switch (protocol) {
    case IPPROTO_UDP:
      return parseUdp(bytes);
    case IPPROTO_TCP:
      return parseTcp(bytes);
    case IPPROTO_ICMP:
      return parseIcmp(bytes);
    case IPPROTO_ICMPV6:
      return parseIcmpv6(bytes);
    case IPPROTO_SCTP:
      return parseSctp(bytes);
    case IPPROTO_UDPLITE:
      return parseUdpLite(bytes);
    case IPPROTO_DCCP:
      return parseDccp(bytes);
    default:
      return undefined;
  }
}

/** The view of the header at `place`; undefined for other protocols and malformed headers. */
export function transportView(bytes: Uint8Array, place: TransportPlace): TransportView | undefined {
  const { protocol, offset, end } = place;
  if (protocol === IPPROTO_UDP && place.moreFragments) return firstFragment(bytes, place);
  const view = parse(bytes.subarray(offset, end), protocol);
  return isMalformed(view) ? undefined : view;
}

/** A first fragment's length is the whole datagram's. */
function firstFragment(bytes: Uint8Array, { offset, end }: TransportPlace): UdpView | undefined {
  const view = parseUdp(bytes.subarray(offset, end), true);
  return isMalformed(view) ? undefined : view;
}

function headerLength(bytes: Uint8Array, { protocol, offset }: TransportPlace): number {
  switch (protocol) {
    case IPPROTO_TCP:
      return tcpHeaderLength(bytes, offset);
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
      return UDP_HEADER_LENGTH;
    case IPPROTO_SCTP:
      return SCTP_HEADER_LENGTH;
    case IPPROTO_DCCP:
      return bytes[offset + DCCP_DATA_OFFSET]! << 2;
    default:
      return 0;
  }
}

/** Where the payload begins; where the header is cut short, the packet's end. */
export function payloadOffset(bytes: Uint8Array, place: TransportPlace): number {
  if (place.fragmentOffset !== 0) return place.offset;
  return Math.min(place.end, place.offset + headerLength(bytes, place));
}
