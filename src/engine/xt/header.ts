// Changes of header fields with their checksums, as the targets of xtables make them.

import { put16, u16, updateChecksum16 } from '../../bytes/index.ts';
import { Nfproto } from '../../core/index.ts';
import { headerPlace, skipIPv6Extensions } from '../../packet/index.ts';
import type { PktInfo } from '../pktinfo.ts';

const TCP_HEADER = 20;

/** What was read from the headers before may not hold any longer. */
export function touched({ packet }: PktInfo): void {
  packet.dissected = false;
}

/** ipv4_get_dsfield(), ipv6_get_dsfield() */
export function dsfield({ pf, bytes, network }: PktInfo): number {
  return pf === Nfproto.ip6 ? (u16(bytes, network) >>> 4) & 0xff : bytes[network + 1]!;
}

/**
 * ipv4_change_dsfield() in include/net/inet_ecn.h. Its way to the checksum gives 0 where others give
 * 0xffff, so it is kept as it is.
 */
function setDsfield4(bytes: Uint8Array, network: number, value: number): void {
  let check = u16(bytes, network + 10) + bytes[network + 1]!;
  if ((check + 1) >>> 16 !== 0) check = (check + 1) & 0xffff;
  check = (check - value) >>> 0;
  put16(bytes, network + 10, (check + (check >>> 16)) & 0xffff);
  bytes[network + 1] = value;
}

/** ipv4_change_dsfield(), ipv6_change_dsfield() */
export function setDsfield(pkt: PktInfo, value: number): void {
  const { pf, bytes, network } = pkt;
  if (pf === Nfproto.ip6) put16(bytes, network, (u16(bytes, network) & 0xf00f) | (value << 4));
  else setDsfield4(bytes, network, value);
  touched(pkt);
}

/** csum_replace2(): one 16-bit word of the header whose checksum is at `check`. */
export function replace16(bytes: Uint8Array, check: number, before: number, after: number): void {
  put16(bytes, check, updateChecksum16(u16(bytes, check), before, after));
}

const place = headerPlace();

/**
 * Where the TCP header begins: behind the IPv4 header whatever follows it, and behind the extension
 * headers of IPv6; -1 where those cannot be read.
 */
export function tcpOffset({ pf, bytes, network, end }: PktInfo): number {
  if (pf !== Nfproto.ip6) return network + ((bytes[network]! & 15) << 2);
  const found = skipIPv6Extensions(bytes, network + 40, end, bytes[network + 6]!, place);
  return found ? place.offset : -1;
}

/** Length of the TCP header at `tcp`, or -1 where it does not lie in the packet. */
export function tcpLength({ bytes, end }: PktInfo, tcp: number): number {
  if (tcp < 0 || tcp + TCP_HEADER > end) return -1;
  const length = (bytes[tcp + 12]! >>> 4) << 2;
  return tcp + length > end ? -1 : length;
}
