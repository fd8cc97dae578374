// Packets of the cases as bytes, and what of a frame is chance.

import { hex, put16, u16, unhex } from '../../src/bytes/index.ts';
import { parsePacketNotation } from '../../src/packet/index.ts';
import type { Interface } from './case.ts';

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

/** The frame with what may differ by chance replaced. */
export function withoutChance(frame: string, chance: readonly string[]): string {
  const f = unhex(frame);
  if (chance.includes('ipid') || hasRandomId(f)) f.set([0, 0], ETH + 4);
  if (chance.includes('ipid') || hasRandomId(f)) f.set([0, 0], ETH + 10);
  if (chance.includes('fragid') && isFragment6(f)) f.set([0, 0, 0, 0], ETH + 44);
  if (chance.includes('port')) blankPorts(f);
  return hex(f);
}

/** The ranges the kernel chooses a new source port from (nf_nat_core.c). */
export const portClass = (port: number): number => (port < 512 ? 1 : port < 1024 ? 2 : 3);

/** Ports of TCP and UDP by their class, and no checksum. */
function blankPorts(f: Uint8Array): void {
  const at = isIpv4(f) ? headerEnd(f) : ETH + 40;
  const protocol = isIpv4(f) ? f[ETH + 9] : f[ETH + 6];
  if (protocol !== 6 && protocol !== 17) return;
  put16(f, at, portClass(u16(f, at)));
  put16(f, at + 2, portClass(u16(f, at + 2)));
  put16(f, at + (protocol === 6 ? 16 : 6), 0);
}
