import { u16 } from '../../bytes/index.ts';
import {
  ETH_P_ARP,
  ETH_P_IP,
  ETH_P_IPV6,
  IP6_OFFSET,
  IPPROTO_AH,
  IPPROTO_COMP,
  IPPROTO_DCCP,
  IPPROTO_DSTOPTS,
  IPPROTO_ESP,
  IPPROTO_FRAGMENT,
  IPPROTO_GRE,
  IPPROTO_HOPOPTS,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_IGMP,
  IPPROTO_IPIP,
  IPPROTO_IPV6,
  IPPROTO_MH,
  IPPROTO_NONE,
  IPPROTO_ROUTING,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../../uapi/index.ts';
import { IPV4_HEADER_LENGTH, type IPv4View, parseIPv4Packet } from '../ipv4.ts';
import { IPV6_HEADER_LENGTH, type IPv6View, parseIPv6Packet } from '../ipv6.ts';
import { ipv6ExtensionLength } from '../ipv6-walk.ts';
import { describeMalformed, isMalformed } from '../malformed.ts';
import { printArp } from './arp.ts';
import { printDccp } from './dccp.ts';
import { printIcmp } from './icmp.ts';
import { printIcmpv6 } from './icmpv6.ts';
import { printIgmp } from './igmp.ts';
import { ipv4HeaderText } from './ip4.ts';
import { extensionText, ipv6HeaderText, printMobility } from './ip6.ts';
import { hex4 } from './names.ts';
import { printSctp } from './sctp.ts';
import {
  available,
  destinationText,
  headerBytes,
  isIPv6,
  type PrintOptions,
  type Spot,
  sourceText,
} from './spot.ts';
import { printTcp } from './tcp.ts';
import { printAh, printEsp, printGre } from './tunnel.ts';
import { printUdp, printUdpLite } from './udp.ts';

/**
 * Packets inside packets are printed this deep; beyond, bytes from the network could make the line
 * endless.
 */
const MAX_DEPTH = 8;

/** These print their addresses together with their ports. */
const PRINTS_PORTS = new Set([
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  IPPROTO_DCCP,
  IPPROTO_SCTP,
]);

const addressesText = (spot: Spot): string => `${sourceText(spot)} > ${destinationText(spot)}: `;

/** A packet within `spot`'s, from `offset` on. */
function printInner(spot: Spot, ethertype: number, offset: number): string {
  if (spot.depth >= MAX_DEPTH) return '[…]';
  const inner = spot.bytes.subarray(offset, spot.end);
  return printIp(inner, ethertype, spot.options, spot.depth + 1);
}

function greInner(spot: Spot, ethertype: number, offset: number): string | undefined {
  const isIp = ethertype === ETH_P_IP || ethertype === ETH_P_IPV6;
  if (isIp) return printInner(spot, ethertype, offset);
  // Transparent Ethernet bridging (RFC 1701, NVGRE): a whole frame is inside.
  if (ethertype !== 0x6558 || offset + 14 > spot.end) return undefined;
  const frameType = u16(spot.bytes, offset + 12);
  const known = frameType === ETH_P_IP || frameType === ETH_P_IPV6;
  if (known) return printInner(spot, frameType, offset + 14);
  if (frameType !== ETH_P_ARP) return undefined;
  return `ARP, ${printArp(spot.bytes.subarray(offset + 14, spot.end))}`;
}

function printAhThenNext(spot: Spot): string {
  if (spot.depth >= MAX_DEPTH) return '[…]';
  return printAh(spot, (protocol, headerLength) =>
    printTransport({
      ...spot,
      depth: spot.depth + 1,
      protocol,
      offset: spot.offset + headerLength,
      length: spot.length - headerLength,
    }),
  );
}

const isExtension = (protocol: number): boolean =>
  protocol === IPPROTO_HOPOPTS ||
  protocol === IPPROTO_ROUTING ||
  protocol === IPPROTO_FRAGMENT ||
  protocol === IPPROTO_DSTOPTS;

/** The spot after the extension header at `spot`, or undefined where that is cut short. */
function afterExtension(spot: Spot): Spot | undefined {
  const { bytes, offset, protocol } = spot;
  if (available(spot) < 8) return undefined;
  const length = ipv6ExtensionLength(bytes, offset, protocol);
  if (length > available(spot)) return undefined;
  return {
    ...spot,
    protocol: bytes[offset]!,
    offset: offset + length,
    length: spot.length - length,
    fragmented: spot.fragmented || protocol === IPPROTO_FRAGMENT,
  };
}

/**
 * All IPv6 extension headers from `first` on and what follows them. A loop: 64 KiB have room for
 * 8,000.
 */
function printExtensions(first: Spot): string {
  let text = '';
  let spot = first;
  while (isExtension(spot.protocol)) {
    const next = afterExtension(spot);
    if (next === undefined) return `${text} [|ip6]`;
    const { bytes, offset, protocol } = spot;
    text += extensionText(protocol, bytes.subarray(offset, next.offset), next.length);
    // Past the first fragment there is no header to print.
    const isFragment = protocol === IPPROTO_FRAGMENT;
    if (isFragment && (u16(bytes, offset + 2) & IP6_OFFSET) !== 0) return text.trimEnd();
    spot = next;
  }
  return text + printTransport(spot);
}

function printUnknown(spot: Spot): string {
  return ` ip-proto-${spot.protocol} ${spot.length}`;
}

/** The header at `spot` and everything after it. */
export function printTransport(spot: Spot): string {
  switch (spot.protocol) {
    case IPPROTO_TCP:
      return printTcp(spot);
    case IPPROTO_UDP:
      return printUdp(spot);
    case IPPROTO_UDPLITE:
      return printUdpLite(spot);
    case IPPROTO_SCTP:
      return printSctp(spot);
    case IPPROTO_DCCP:
      return printDccp(spot);
    case IPPROTO_ICMP:
      return printIcmp(spot, (quoted) => printQuoted(spot, quoted));
    case IPPROTO_ICMPV6:
      return printIcmpv6(spot);
    case IPPROTO_IGMP:
      return printIgmp(spot);
    case IPPROTO_GRE:
      return printGre(spot, (type, offset) => greInner(spot, type, offset));
    case IPPROTO_ESP:
      return printEsp(spot);
    case IPPROTO_AH:
      return printAhThenNext(spot);
    case IPPROTO_IPIP:
      return printInner(spot, ETH_P_IP, spot.offset);
    case IPPROTO_IPV6:
      return printInner(spot, ETH_P_IPV6, spot.offset);
    case IPPROTO_COMP:
      return available(spot) < 4
        ? ' [|ipcomp]'
        : `IPComp(cpi=${hex4(u16(spot.bytes, spot.offset + 2))})`;
    default:
      return printOther(spot);
  }
}

/** What only IPv6 has; in IPv4 the same numbers are unknown protocols. */
function printOther(spot: Spot): string {
  if (!isIPv6(spot)) return printUnknown(spot);
  if (isExtension(spot.protocol)) return printExtensions(spot);
  if (spot.protocol === IPPROTO_NONE) return 'no next header';
  if (spot.protocol === IPPROTO_MH) return printMobility(headerBytes(spot));
  return printUnknown(spot);
}

function printQuoted(spot: Spot, quoted: Uint8Array): string {
  if (spot.depth >= MAX_DEPTH) return '[…]';
  return printIp(quoted, ETH_P_IP, spot.options, spot.depth + 1);
}

function missingText(missing: number): string {
  return missing > 0 ? `truncated-ip - ${missing} bytes missing! ` : '';
}

function printIPv4(ip: IPv4View, options: PrintOptions, depth: number): string {
  const { bytes, headerLength, totalLength } = ip;
  const spot: Spot = {
    bytes,
    network: 0,
    offset: headerLength,
    end: bytes.length,
    length: totalLength - headerLength,
    protocol: ip.protocol,
    fragmented: ip.isFragment,
    options,
    depth,
  };
  const missing = depth === 0 ? missingText(totalLength - bytes.length) : '';
  const head = `IP ${missing}${ipv4HeaderText(ip)} `;
  if (ip.fragmentOffset !== 0) return `${head}${addressesText(spot)}ip-proto-${ip.protocol}`;
  const addresses = PRINTS_PORTS.has(ip.protocol) ? '' : addressesText(spot);
  return head + addresses + printTransport(spot);
}

function printIPv6(ip: IPv6View, options: PrintOptions, depth: number): string {
  const { bytes, payloadLength } = ip;
  const there = bytes.length - IPV6_HEADER_LENGTH;
  const spot: Spot = {
    bytes,
    network: 0,
    offset: IPV6_HEADER_LENGTH,
    end: bytes.length,
    length: payloadLength === 0 ? there : payloadLength,
    protocol: ip.nextHeader,
    fragmented: false,
    options,
    depth,
  };
  const missing = depth === 0 && payloadLength > there;
  const note = missing ? `truncated-ip6 - ${payloadLength - there} bytes missing!` : '';
  const addresses = PRINTS_PORTS.has(ip.nextHeader) ? '' : addressesText(spot);
  return `IP6 ${note}${ipv6HeaderText(ip)} ${addresses}${printTransport(spot)}`;
}

/** An IP packet, its header line in parentheses first; what is none is said to be malformed. */
export function printIp(
  bytes: Uint8Array,
  ethertype: number,
  options: PrintOptions,
  depth = 0,
): string {
  if (ethertype === ETH_P_IP) {
    const ip = parseIPv4Packet(bytes, true);
    if (!isMalformed(ip)) return printIPv4(ip, options, depth);
    return bytes.length < IPV4_HEADER_LENGTH ? 'IP [|ip]' : `IP [${describeMalformed(ip)}]`;
  }
  const ip = parseIPv6Packet(bytes, true);
  if (!isMalformed(ip)) return printIPv6(ip, options, depth);
  return bytes.length < IPV6_HEADER_LENGTH ? 'IP6 [|ip6]' : `IP6 [${describeMalformed(ip)}]`;
}
