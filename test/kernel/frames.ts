// Packets of the cases as bytes, and what of a frame is chance.

import { hex, put16, u16, unhex } from '../../src/bytes/index.ts';
import { parsePacketNotation } from '../../src/packet/index.ts';
import type { Case, Interface } from './case.ts';
import { type Cookie, withoutCookie } from './cookie.ts';

export const toHex = hex;
export const fromHex = unhex;

/** A packet of the notation, from its network header on. */
export function packetOf(packet: string | Uint8Array): Uint8Array {
  if (typeof packet !== 'string') return packet;
  const spec = parsePacketNotation(packet);
  if ('message' in spec) throw new Error(`${packet}: ${spec.message}`);
  return spec.bytes;
}

/** The notation gives a link header to what names hardware addresses, and to ARP. */
const hasLinkHeader = (notation: string): boolean =>
  /^(arp|frame)\b| from [0-9a-f]{2}:|\bvlan\b/.test(notation);

const macBytes = (text: string): number[] =>
  text.split(':').map((byte) => Number.parseInt(byte, 16));

/** The packet as it arrives on the link: from the peer's address to the interface's. */
export function frameFor(packet: string | Uint8Array, link: Interface): Uint8Array {
  const bytes = packetOf(packet);
  if (typeof packet === 'string' && hasLinkHeader(packet)) return bytes;
  const type = bytes[0]! >> 4 === 6 ? [0x86, 0xdd] : [0x08, 0x00];
  return Uint8Array.from([...macBytes(link.mac), ...macBytes(link.peerMac), ...type, ...bytes]);
}

const ETH = 14;
const ICMP_ERRORS = [3, 4, 5, 11, 12];

const isIpv4 = (f: Uint8Array): boolean => f[12] === 0x08 && f[13] === 0x00;
const headerEnd = (f: Uint8Array): number => ETH + (f[ETH]! & 15) * 4;

/** The kernel counts identifications per destination from a random start (ip_select_ident). */
const hasRandomId = (f: Uint8Array): boolean =>
  isIpv4(f) &&
  f[ETH + 9] === 1 &&
  (ICMP_ERRORS.includes(f[headerEnd(f)]!) || f[headerEnd(f)] === 0);

const isFragment6 = (f: Uint8Array): boolean => f[12] === 0x86 && f[ETH + 6] === 44;

const [ICMP, TCP, UDP, ICMPV6, SCTP, UDPLITE] = [1, 6, 17, 58, 132, 136];
const IP6_FRAGMENT = 44;
const ICMP_HEADER = 8;
const TCP_CHECKSUM = 16;

/** Of the packet whose network header is there; of extension headers only that of a first fragment is skipped. */
/** Hop-by-hop, routing and destination options. */
const EXTENSIONS = [0, 43, 60];

/** Behind extension headers, and in the first piece only. */
function transport6(f: Uint8Array, network: number): { l4: number; protocol: number } {
  let protocol = f[network + 6]!;
  let l4 = network + 40;
  while (l4 + 8 <= f.length) {
    const isFirst = protocol === IP6_FRAGMENT && (u16(f, l4 + 2) & 0xfff8) === 0;
    if (!isFirst && !EXTENSIONS.includes(protocol)) break;
    const next = f[l4]!;
    l4 += protocol === IP6_FRAGMENT ? 8 : (f[l4 + 1]! + 1) * 8;
    protocol = next;
  }
  return { l4, protocol };
}

const transportOf = (f: Uint8Array, network: number): { l4: number; protocol: number } =>
  f[network]! >> 4 === 6
    ? transport6(f, network)
    : { l4: network + Math.max(f[network]! & 15, 5) * 4, protocol: f[network + 9]! };

const quotes = (protocol: number, type: number): boolean =>
  protocol === ICMP ? ICMP_ERRORS.includes(type) : protocol === ICMPV6 && type < 128;

/** The frame with what may differ by chance replaced. */
export function withoutChance(
  frame: string,
  { chance = [], ports = [] }: Pick<Case, 'chance' | 'ports'>,
  cookies?: ReadonlyMap<number, Cookie>,
): string {
  const f = unhex(frame);
  if (cookies !== undefined) withoutCookie(f, cookies);
  if (chance.includes('ipid') || hasRandomId(f)) f.set([0, 0], ETH + 4);
  if (chance.includes('ipid') || hasRandomId(f)) f.set([0, 0], ETH + 10);
  if (chance.includes('fragid') && isFragment6(f)) f.set([0, 0, 0, 0], ETH + 44);
  if (chance.includes('port')) blankPorts(f, ETH, ports);
  if (chance.includes('optime')) blankTimes(f, ETH);
  if (chance.includes('quoted')) blankQuotedSum(f);
  return hex(f);
}

const IPOPT_TS = 68;

/** Times in options of IPv4 by whether there is one, and no checksums; in the quotes of ICMP errors as well. */
function blankTimes(f: Uint8Array, network: number): void {
  if (f.length < network + 20 || f[network]! >> 4 !== 4) return;
  const { l4, protocol } = transportOf(f, network);
  for (let at = network + 20; at < l4 && f[at] !== 0; at += f[at] === 1 ? 1 : f[at + 1]! || l4) {
    if (f[at] === IPOPT_TS) blankSlots(f, at, Math.min(at + f[at + 1]!, l4));
  }
  put16(f, network + 10, 0);
  if (protocol !== ICMP || !quotes(protocol, f[l4]!)) return;
  put16(f, l4 + 2, 0);
  blankTimes(f, l4 + ICMP_HEADER);
}

function blankSlots(f: Uint8Array, option: number, end: number): void {
  const isTimeOnly = (f[option + 3]! & 15) === 0;
  for (let at = option + (isTimeOnly ? 4 : 8); at + 4 <= end; at += isTimeOnly ? 4 : 8) {
    const isStamped = f.subarray(at, at + 4).some((byte) => byte !== 0);
    f.set([0, 0, 0, Number(isStamped)], at);
  }
}

/**
 * The range the kernel chooses a new source port from (nf_nat_core.c), 1 to 3; the port itself where
 * it is one of those that the case knows.
 */
export const portClass = (port: number, known: readonly number[]): number =>
  known.includes(port) ? port : port < 512 ? 1 : port < 1024 ? 2 : 3;

/** Where each protocol with ports has its checksum, and how long that is. */
const SUM_OF: Readonly<Record<number, readonly [at: number, length: number]>> = {
  [TCP]: [16, 2],
  [UDP]: [6, 2],
  [UDPLITE]: [6, 2],
  [SCTP]: [8, 4],
};

/** Ports by their class, and no checksum over them; in the quotes of ICMP errors as well. */
function blankPorts(f: Uint8Array, network: number, known: readonly number[]): boolean {
  const { l4, protocol } = transportOf(f, network);
  // A quote may end behind the ports.
  if (l4 + 4 > f.length) return false;
  if (quotes(protocol, f[l4]!)) {
    const changed = blankPorts(f, l4 + ICMP_HEADER, known);
    if (changed) put16(f, l4 + 2, 0);
    return changed;
  }
  const sum = SUM_OF[protocol];
  if (sum === undefined) return false;
  const ports = [u16(f, l4), u16(f, l4 + 2)] as const;
  const [source, destination] = [portClass(ports[0], known), portClass(ports[1], known)];
  if (source === ports[0] && destination === ports[1]) return false;
  put16(f, l4, source);
  put16(f, l4 + 2, destination);
  if (l4 + sum[0] + sum[1] <= f.length) f.fill(0, l4 + sum[0], l4 + sum[0] + sum[1]);
  return true;
}

/** Checksums of a segment that an ICMP error quotes, and of the error. */
function blankQuotedSum(f: Uint8Array): void {
  const { l4, protocol } = transportOf(f, ETH);
  if (l4 + ICMP_HEADER + 20 > f.length || !quotes(protocol, f[l4]!)) return;
  const inner = transportOf(f, l4 + ICMP_HEADER);
  if (inner.protocol !== TCP || inner.l4 + 20 > f.length) return;
  put16(f, inner.l4 + TCP_CHECKSUM, 0);
  put16(f, l4 + 2, 0);
}
