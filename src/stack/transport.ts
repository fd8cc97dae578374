// What TCP and UDP of a host do with segments nobody wants (net/ipv4/tcp_ipv4.c, udp.c).

import { checksum, fold16, put16, put32, sum16, u16, u32 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { PACKET_HOST } from '../core/index.ts';
import { IPPROTO_UDPLITE } from './numbers.ts';

export const TCP_HLEN = 20;
const UDP_HLEN = 8;
export const TCP_FIN = 0x01;
export const TCP_SYN = 0x02;
export const TCP_RST = 0x04;
export const TCP_ACK = 0x10;

/** '' for a sound segment, else why it is dropped. @param pseudo sum of the pseudo header */
export function checkTcp(packet: Packet, pseudo: number): string {
  const { buf, transport, end } = packet;
  if (packet.pktType !== PACKET_HOST) return 'NOT_SPECIFIED';
  const length = end - transport;
  const doff = (buf[transport + 12]! >> 4) << 2;
  if (length < TCP_HLEN || doff < TCP_HLEN || length < doff) return 'PKT_TOO_SMALL';
  if (packet.csumValid) return '';
  return fold16(sum16(buf, transport, length, pseudo)) === 0xffff ? '' : 'TCP_CSUM';
}

/** tcp_v4_send_reset() does not answer resets. */
export const answerReset = (packet: Packet): boolean =>
  (packet.buf[packet.transport + 13]! & TCP_RST) === 0;

/**
 * The reset in answer to `cause`, written at `made.transport` (RFC 9293 §3.10.7.1): with the sequence
 * number the other side expects, or acknowledging all it sent.
 */
export function writeReset(made: Packet, cause: Packet, pseudo: number): void {
  const { buf, transport } = made;
  const from = cause.buf;
  const at = cause.transport;
  const flags = from[at + 13]!;
  put16(buf, transport, u16(from, at + 2));
  put16(buf, transport + 2, u16(from, at));
  if ((flags & TCP_ACK) !== 0) {
    put32(buf, transport + 4, u32(from, at + 8));
    buf[transport + 13] = TCP_RST;
  } else {
    const sent = cause.end - at - ((from[at + 12]! >> 4) << 2);
    const phantom = ((flags & TCP_SYN) >> 1) + (flags & TCP_FIN);
    put32(buf, transport + 8, (u32(from, at + 4) + sent + phantom) >>> 0);
    buf[transport + 13] = TCP_RST | TCP_ACK;
  }
  buf[transport + 12] = (TCP_HLEN >> 2) << 4;
  put16(buf, transport + 16, checksum(buf, transport, TCP_HLEN, pseudo));
}

/**
 * Lengths and checksum of a datagram: '' where they are right. Trims what lies behind it.
 * @param strict a checksum of zero is an error (IPv6)
 */
export function checkUdp(
  packet: Packet,
  protocol: number,
  pseudo: number,
  strict: boolean,
): string {
  const { buf, transport, end } = packet;
  const length = end - transport;
  if (length < UDP_HLEN) return 'PKT_TOO_SMALL';
  const field = u16(buf, transport + 4);
  if (protocol === IPPROTO_UDPLITE) return checkUdpLite(packet, field, pseudo);
  if (field > length || (field < UDP_HLEN && !(strict && field === 0))) return 'PKT_TOO_SMALL';
  if (field !== 0) packet.end = transport + field;
  if (u16(buf, transport + 6) === 0) return strict ? 'UDP_CSUM' : '';
  if (packet.csumValid) return '';
  // The pseudo header holds the length of the datagram, not that of the packet.
  const ulen = packet.end - transport;
  const sum = sum16(buf, transport, ulen, pseudo + 0xffff * 2 - length + ulen);
  return fold16(sum) === 0xffff ? '' : 'UDP_CSUM';
}

/** RFC 3828 §3.1: the checksum covers the first `coverage` bytes, 0 for all. */
function checkUdpLite(packet: Packet, coverage: number, pseudo: number): string {
  const { buf, transport, end } = packet;
  const length = end - transport;
  if (coverage !== 0 && (coverage < UDP_HLEN || coverage > length)) return 'PKT_TOO_SMALL';
  if (u16(buf, transport + 6) === 0) return 'UDP_CSUM';
  const covered = coverage === 0 ? length : coverage;
  return fold16(sum16(buf, transport, covered, pseudo)) === 0xffff ? '' : 'UDP_CSUM';
}
