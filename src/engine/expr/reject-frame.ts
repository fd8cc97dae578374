// Answers of reject where there is no IP stack below: families netdev and bridge send a frame back
// the way it came, made of the headers at hand (net/ipv4/netfilter/nf_reject_ipv4.c,
// nf_reject_skb_v4_unreach and its siblings, and net/netfilter/nft_reject_netdev.c).

import {
  checksum,
  fold16,
  pseudoHeaderSum4,
  pseudoHeaderSum6,
  put16,
  put32,
  sum16,
  u16,
  u32,
} from '../../bytes/index.ts';
import { HEADROOM, Packet } from '../../core/index.ts';
import type { PktInfo } from '../pktinfo.ts';
import { ETH_P_IP, ETH_P_IPV6 } from '../pktinfo.ts';

const ETH_HLEN = 14;
const IPPROTO_ICMP = 1;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const IPPROTO_ICMPV6 = 58;
const HOP_LIMIT = 64;
/** As much of the packet as fits into 576 bytes (RFC 1812 §4.3.2.3), or 1280 for IPv6. */
const QUOTE4 = 536;
const QUOTE6 = 1220;
const TCP_FIN = 1;
const TCP_SYN = 2;
const TCP_RST = 4;
const TCP_ACK = 16;

/** A frame with swapped addresses and an IP header whose payload takes `length` bytes. */
function answerTo(pkt: PktInfo, protocol: number, length: number): Packet {
  const { bytes, network } = pkt;
  const { mac } = pkt.packet;
  const v4 = pkt.packet.protocol === ETH_P_IP;
  const header = v4 ? 20 : 40;
  const frame = new Uint8Array(ETH_HLEN + header + length);
  frame.set(bytes.subarray(mac + 6, mac + 12), 0);
  frame.set(bytes.subarray(mac, mac + 6), 6);
  put16(frame, 12, pkt.packet.protocol);
  if (v4) {
    frame.set([0x45, 0, 0, 0, 0, 0, 0x40, 0, HOP_LIMIT, protocol], ETH_HLEN);
    put16(frame, ETH_HLEN + 2, header + length);
    frame.set(bytes.subarray(network + 16, network + 20), ETH_HLEN + 12);
    frame.set(bytes.subarray(network + 12, network + 16), ETH_HLEN + 16);
    put16(frame, ETH_HLEN + 10, checksum(frame, ETH_HLEN, 20));
  } else {
    frame.set([0x60, 0, 0, 0, 0, 0, protocol, HOP_LIMIT], ETH_HLEN);
    put16(frame, ETH_HLEN + 4, length);
    frame.set(bytes.subarray(network + 24, network + 40), ETH_HLEN + 8);
    frame.set(bytes.subarray(network + 8, network + 24), ETH_HLEN + 24);
  }
  const packet = new Packet();
  packet.fill(frame, ETH_HLEN);
  packet.protocol = pkt.packet.protocol;
  packet.l4proto = protocol;
  packet.transport = HEADROOM + ETH_HLEN + header;
  packet.local = true;
  return packet;
}

/** The transport checksum, at `at` bytes into it, over all of an answer. */
function finish(packet: Packet, at: number): Packet {
  const { buf, network, transport, end, l4proto } = packet;
  const length = end - transport;
  let initial = 0;
  if (packet.protocol === ETH_P_IPV6) initial = pseudoHeaderSum6(buf, network, l4proto, length);
  else if (l4proto !== IPPROTO_ICMP) initial = pseudoHeaderSum4(buf, network, l4proto, length);
  put16(buf, transport + at, checksum(buf, transport, length, initial));
  return packet;
}

/** Where the packet ends by its own header, or -1 where the header is not sound. */
function soundEnd(pkt: PktInfo): number {
  const { bytes, network, end } = pkt;
  if (!pkt.l4) return -1;
  const v4 = pkt.packet.protocol === ETH_P_IP;
  const length = v4 ? u16(bytes, network + 2) : u16(bytes, network + 4) + 40;
  return network + length <= end ? network + length : -1;
}

/** nf_reject_v4_csum_ok(): nobody is told about what may have been garbled. */
function isIntact(pkt: PktInfo, end: number): boolean {
  const { bytes, network, transport, tprot } = pkt;
  if (tprot === IPPROTO_UDP && u16(bytes, transport + 6) === 0) return true;
  if (tprot !== IPPROTO_TCP && tprot !== IPPROTO_UDP) return true;
  const length = end - transport;
  const pseudo = pkt.packet.protocol === ETH_P_IP ? pseudoHeaderSum4 : pseudoHeaderSum6;
  return fold16(sum16(bytes, transport, length, pseudo(bytes, network, tprot, length))) === 0xffff;
}

/** nf_skb_is_icmp_unreach(): no error about an error. */
function isUnreachable(pkt: PktInfo): boolean {
  const type = pkt.bytes[pkt.transport];
  return (pkt.tprot === IPPROTO_ICMP && type === 3) || (pkt.tprot === IPPROTO_ICMPV6 && type === 1);
}

/** An ICMP error about the packet, as a frame for the device it came by; null if there is none. */
export function unreachableFrame(pkt: PktInfo, code: number): Packet | null {
  const end = soundEnd(pkt);
  if (end < 0 || pkt.fragoff !== 0 || pkt.packet.mac < 0) return null;
  if (isUnreachable(pkt) || !isIntact(pkt, end)) return null;
  const v4 = pkt.packet.protocol === ETH_P_IP;
  const quoted = Math.min(end - pkt.network, v4 ? QUOTE4 : QUOTE6);
  const packet = answerTo(pkt, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, 8 + quoted);
  packet.buf.set([v4 ? 3 : 1, code], packet.transport);
  packet.buf.set(pkt.bytes.subarray(pkt.network, pkt.network + quoted), packet.transport + 8);
  return finish(packet, 2);
}

/** A reset in answer to a TCP segment, as a frame; null if there is none. */
export function resetFrame(pkt: PktInfo): Packet | null {
  const { bytes, transport } = pkt;
  const end = soundEnd(pkt);
  if (end < 0 || pkt.tprot !== IPPROTO_TCP || !pkt.transportOk || transport + 20 > end) return null;
  const flags = bytes[transport + 13]!;
  if ((flags & TCP_RST) !== 0 || pkt.packet.mac < 0 || !isIntact(pkt, end)) return null;
  const packet = answerTo(pkt, IPPROTO_TCP, 20);
  const { buf, transport: to } = packet;
  put16(buf, to, u16(bytes, transport + 2));
  put16(buf, to + 2, u16(bytes, transport));
  if ((flags & TCP_ACK) !== 0) put32(buf, to + 4, u32(bytes, transport + 8));
  else {
    const data = end - transport - ((bytes[transport + 12]! >>> 4) << 2);
    const taken = data + ((flags & TCP_SYN) !== 0 ? 1 : 0) + (flags & TCP_FIN);
    put32(buf, to + 8, (u32(bytes, transport + 4) + taken) >>> 0);
  }
  buf[to + 12] = 5 << 4;
  buf[to + 13] = TCP_RST | ((flags & TCP_ACK) !== 0 ? 0 : TCP_ACK);
  return finish(packet, 16);
}
