// Where the network header starts in a captured frame, by link type
// (https://www.tcpdump.org/linktypes.html).
import { put16, u16, u32, u32le, viewOf } from '../bytes/index.ts';
import {
  ETH_P_802_2,
  ETH_P_802_3_MIN,
  ETH_P_8021AD,
  ETH_P_8021Q,
  ETH_P_IP,
  ETH_P_IPV6,
} from '../uapi/index.ts';

/** LINKTYPE_ values this room understands. */
export const LinkType = {
  null: 0,
  ethernet: 1,
  ppp: 9,
  rawBsd: 12,
  rawOpenBsd: 14,
  pppHdlc: 50,
  pppEther: 51,
  raw: 101,
  ciscoHdlc: 104,
  loop: 108,
  linuxSll: 113,
  pppPppd: 166,
  pppWithDirection: 204,
  ipv4: 228,
  ipv6: 229,
  nflog: 239,
  linuxSll2: 276,
} as const;

/** PACKET_* of linux/if_packet.h. */
export type PacketType = 'host' | 'broadcast' | 'multicast' | 'otherhost' | 'outgoing';

/** Where the packet within a frame begins and what the capture says about its way. */
export interface NetworkPlace {
  readonly kind: 'network';
  /** ETH_P_ value; 0x0004 for LLC, 0x880b for PPP that carries no IP. */
  readonly ethertype: number;
  /** First byte of the network header. */
  readonly offset: number;
  /** 802.1Q tag control words, outermost first. */
  readonly vlans: readonly number[];
  readonly packetType: PacketType | undefined;
  readonly ifindex: number | undefined;
}

/** A frame whose link header cannot be read. */
export interface MalformedLink {
  readonly kind: 'malformed';
  readonly linkType: number;
  readonly reason: string;
}

const ETH_P_PPP = 0x880b;

const NO_VLANS: readonly number[] = Object.freeze([]);
const PACKET_TYPES: readonly PacketType[] = [
  'host',
  'broadcast',
  'multicast',
  'otherhost',
  'outgoing',
];

const place = (
  ethertype: number,
  offset: number,
  packetType?: PacketType,
  ifindex?: number,
  vlans: readonly number[] = NO_VLANS,
): NetworkPlace => ({ kind: 'network', ethertype, offset, vlans, packetType, ifindex });

type Locate = (frame: Uint8Array) => NetworkPlace | string;

const LOCATE: Readonly<Record<number, Locate>> = {
  [LinkType.null]: loopback,
  [LinkType.loop]: loopback,
  [LinkType.ethernet]: ethernet,
  [LinkType.rawBsd]: raw,
  [LinkType.rawOpenBsd]: raw,
  [LinkType.raw]: raw,
  [LinkType.ipv4]: () => place(ETH_P_IP, 0),
  [LinkType.ipv6]: () => place(ETH_P_IPV6, 0),
  [LinkType.ppp]: (f) => ppp(f, 0),
  [LinkType.pppHdlc]: hdlc,
  [LinkType.ciscoHdlc]: hdlc,
  [LinkType.pppEther]: (f) => ppp(f, 6), // the PPPoE header of RFC 2516 §4
  [LinkType.pppPppd]: directedPpp,
  [LinkType.pppWithDirection]: directedPpp,
  [LinkType.linuxSll]: cooked,
  [LinkType.linuxSll2]: cooked2,
  [LinkType.nflog]: nflog,
};

/** True if `networkOf` can read frames of this link type. */
export const isKnownLinkType = (linkType: number): boolean => Object.hasOwn(LOCATE, linkType);

/** Finds the network header of a frame. Never throws. */
export function networkOf(linkType: number, frame: Uint8Array): NetworkPlace | MalformedLink {
  const locate = isKnownLinkType(linkType) ? LOCATE[linkType] : undefined;
  const found = locate?.(frame) ?? `link type ${linkType} is not supported`;
  return typeof found === 'string' ? { kind: 'malformed', linkType, reason: found } : found;
}

const short = (what: string, frame: Uint8Array, least: number): string =>
  `${what} header needs ${least} bytes, the frame has ${frame.length}`;

function raw(frame: Uint8Array): NetworkPlace | string {
  const version = (frame[0] ?? 0) >>> 4;
  if (version === 4) return place(ETH_P_IP, 0);
  if (version === 6) return place(ETH_P_IPV6, 0);
  return frame.length === 0 ? 'an empty frame' : `IP version ${version}`;
}

function ethernet(frame: Uint8Array): NetworkPlace | string {
  if (frame.length < 14) return short('Ethernet', frame, 14);
  const type = u16(frame, 12);
  if (type === ETH_P_8021Q || type === ETH_P_8021AD) return tagged(frame);
  return ethertypeAt(frame, 12, NO_VLANS, destinationType(frame));
}

function tagged(frame: Uint8Array): NetworkPlace | string {
  const vlans: number[] = [];
  let at = 12;
  while (u16(frame, at) === ETH_P_8021Q || u16(frame, at) === ETH_P_8021AD) {
    if (frame.length < at + 6) return short('802.1Q', frame, at + 6);
    vlans.push(u16(frame, at + 2));
    at += 4;
  }
  return ethertypeAt(frame, at, vlans, destinationType(frame));
}

/** What eth_type_trans() can tell without knowing its own address. */
function destinationType(frame: Uint8Array): PacketType | undefined {
  if (((frame[0] ?? 0) & 1) === 0) return undefined;
  return u32(frame, 0) === 0xffffffff && u16(frame, 4) === 0xffff ? 'broadcast' : 'multicast';
}

function ethertypeAt(
  frame: Uint8Array,
  at: number,
  vlans: readonly number[],
  packetType: PacketType | undefined,
): NetworkPlace | string {
  const type = u16(frame, at);
  if (type >= ETH_P_802_3_MIN) return place(type, at + 2, packetType, undefined, vlans);
  // LLC with the SNAP header of RFC 1042: aa aa 03, a zero OUI, an EtherType.
  const isSnap =
    frame.length >= at + 10 && u32(frame, at + 2) === 0xaaaa0300 && u16(frame, at + 6) === 0;
  if (isSnap) return place(u16(frame, at + 8), at + 10, packetType, undefined, vlans);
  return place(ETH_P_802_2, at + 2, packetType, undefined, vlans);
}

/**
 * BSD loopback: an address family in the byte order of the capturing host (null) or in network
 * order (loop). Families are small, so the order shows by itself.
 */
function loopback(frame: Uint8Array): NetworkPlace | string {
  if (frame.length < 4) return short('loopback', frame, 4);
  const family = Math.min(u32(frame, 0), u32le(frame, 0));
  if (family === 2) return place(ETH_P_IP, 4);
  // AF_INET6 of Linux, NetBSD/OpenBSD, FreeBSD and macOS.
  if ([10, 24, 28, 30].includes(family)) return place(ETH_P_IPV6, 4);
  return `address family ${family}`;
}

/** LINUX_SLL: packet type, ARPHRD, address length, address, protocol. */
function cooked(frame: Uint8Array): NetworkPlace | string {
  if (frame.length < 16) return short('Linux cooked', frame, 16);
  return place(u16(frame, 14), 16, PACKET_TYPES[u16(frame, 0)]);
}

/** LINUX_SLL2: protocol first, and the interface index. */
function cooked2(frame: Uint8Array): NetworkPlace | string {
  if (frame.length < 20) return short('Linux cooked v2', frame, 20);
  return place(u16(frame, 0), 20, PACKET_TYPES[frame[10] ?? 0], u32(frame, 4));
}

/** Address and control of HDLC are left out where both ends agreed to (RFC 1661 §6.6). */
function ppp(frame: Uint8Array, at: number, packetType?: PacketType): NetworkPlace | string {
  if (u16(frame, at) === 0xff03) at += 2;
  if (frame.length < at + 2) return short('PPP', frame, at + 2);
  // Protocol field compression: an odd first byte is the whole field (RFC 1661 §6.5).
  const compressed = ((frame[at] ?? 0) & 1) === 1;
  const protocol = compressed ? (frame[at] ?? 0) : u16(frame, at);
  const next = at + (compressed ? 1 : 2);
  if (protocol === 0x21) return place(ETH_P_IP, next, packetType);
  if (protocol === 0x57) return place(ETH_P_IPV6, next, packetType);
  return place(ETH_P_PPP, at, packetType);
}

/** One byte before the PPP header: 0 received, otherwise sent. */
function directedPpp(frame: Uint8Array): NetworkPlace | string {
  return ppp(frame, 1, frame[0] === 0 ? 'host' : 'outgoing');
}

/** PPP in HDLC-like framing, or Cisco HDLC, told apart by the address byte (0x0f unicast, 0x8f broadcast). */
function hdlc(frame: Uint8Array): NetworkPlace | string {
  if (frame[0] !== 0x0f && frame[0] !== 0x8f) return ppp(frame, 0);
  if (frame.length < 4) return short('Cisco HDLC', frame, 4);
  return place(u16(frame, 2), 4);
}

const NFULA_IFINDEX_INDEV = 4;
const NFULA_PAYLOAD = 9;

/** Records of nfnetlink_log: family, version, group, then attributes in the order of the host. */
function nflog(frame: Uint8Array): NetworkPlace | string {
  if (frame.length < 8) return short('NFLOG', frame, 8);
  const ethertype = frame[0] === 2 ? ETH_P_IP : frame[0] === 10 ? ETH_P_IPV6 : 0;
  if (ethertype === 0) return `NFLOG of address family ${frame[0]}`;
  const view = viewOf(frame);
  // The first attribute is never longer than 255 bytes, so the order shows by itself.
  const le = view.getUint8(4) !== 0;
  let ifindex: number | undefined;
  for (let at = 4; at + 4 <= frame.length; ) {
    const length = view.getUint16(at, le);
    const type = view.getUint16(at + 2, le) & 0x7fff;
    if (length < 4 || at + length > frame.length) return `NFLOG attribute of ${length} bytes`;
    if (type === NFULA_IFINDEX_INDEV && length >= 8) ifindex = view.getUint32(at + 4);
    if (type === NFULA_PAYLOAD) return place(ethertype, at + 4, undefined, ifindex);
    at += (length + 3) & ~3;
  }
  return 'an NFLOG record without a payload';
}

/**
 * The frame around another packet; `offset` is where `networkOf` found the one before. Link headers that
 * say how long it is say so again; what stood behind it (padding, a checksum) is left out.
 */
export function withPacket(
  linkType: number,
  frame: Uint8Array,
  offset: number,
  packet: Uint8Array,
): Uint8Array {
  const isNflog = linkType === LinkType.nflog;
  const end = offset + packet.length;
  const made = new Uint8Array(isNflog ? (end + 3) & ~3 : end);
  made.set(frame.subarray(0, offset));
  made.set(packet, offset);
  if (isNflog) viewOf(made).setUint16(offset - 4, packet.length + 4, made[4] !== 0);
  // An 802.3 length counts what follows it: LLC and SNAP are 8 bytes, the length itself 2 before them.
  else if (
    linkType === LinkType.ethernet &&
    offset >= 22 &&
    u16(made, offset - 10) < ETH_P_802_3_MIN
  )
    put16(made, offset - 10, packet.length + 8);
  return made;
}
