// xt_TCPMSS.c

import { put16, put32, u16, u32, updateChecksum32 } from '../../../bytes/index.ts';
import { type NetworkLayer, Nfproto } from '../../../core/index.ts';
import {
  type HookName,
  type TcpmssTargetInfo,
  XT_TCPMSS_CLAMP_PMTU,
} from '../../../program/index.ts';
import { IPPROTO_TCP } from '../../../uapi/index.ts';
import { optionLength } from '../../expr/exthdr.ts';
import { pathMtu } from '../../expr/rt.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { NF_DROP, NFT_CONTINUE } from '../../verdict.ts';
import { targetModule } from '../extension.ts';
import { replace16, tcpLength, tcpOffset, touched } from '../header.ts';

const TCPOPT_MSS = 2;
const TCPOLEN_MSS = 4;
const TCP_HEADER = 20;
const LONGEST_HEADER = 60;
/** What a host without the option takes: RFC 9293 §3.7.1. */
const DEFAULT_MSS = { ip: 536, ip6: 1220 } as const;

/** Place of the option in the header at `tcp`, or -1. */
function findMss({ bytes }: PktInfo, tcp: number, header: number): number {
  for (let i = TCP_HEADER; i <= header - TCPOLEN_MSS; i += optionLength(bytes, tcp + i))
    if (bytes[tcp + i] === TCPOPT_MSS && bytes[tcp + i + 1] === TCPOLEN_MSS) return tcp + i;
  return -1;
}

/** Only ever smaller: a host may rely on what it offered. */
function lower({ bytes }: PktInfo, tcp: number, at: number, mss: number): void {
  const old = u16(bytes, at + 2);
  if (old <= mss) return;
  put16(bytes, at + 2, mss);
  replace16(bytes, tcp + 16, old, mss);
}

/** Makes room for 4 bytes behind the packet's last. */
function grow(pkt: PktInfo): void {
  const { packet } = pkt;
  if (packet.end + TCPOLEN_MSS > packet.buf.length) {
    const larger = new Uint8Array(packet.buf.length + LONGEST_HEADER);
    larger.set(packet.buf);
    packet.buf = larger;
  }
  packet.end += TCPOLEN_MSS;
  pkt.bytes = packet.buf;
  pkt.end = packet.end;
  pkt.length += TCPOLEN_MSS;
}

/** Puts the option in front of the others; the TCP length is part of the pseudo-header. */
function insert(pkt: PktInfo, tcp: number, length: number, mss: number): void {
  grow(pkt);
  const { bytes } = pkt;
  const options = tcp + TCP_HEADER;
  bytes.copyWithin(options + TCPOLEN_MSS, options, tcp + length);
  replace16(bytes, tcp + 16, length, length + TCPOLEN_MSS);
  put32(bytes, options, (TCPOPT_MSS << 24) | (TCPOLEN_MSS << 16) | mss);
  put16(bytes, tcp + 16, updateChecksum32(u16(bytes, tcp + 16), 0, u32(bytes, options)));
  const before = u16(bytes, tcp + 12);
  const after = before + ((TCPOLEN_MSS >>> 2) << 12);
  put16(bytes, tcp + 12, after);
  replace16(bytes, tcp + 16, before, after);
}

function lengthen({ pf, bytes, network }: PktInfo): void {
  const at = network + (pf === Nfproto.ip6 ? 4 : 2);
  const before = u16(bytes, at);
  put16(bytes, at, before + TCPOLEN_MSS);
  if (pf !== Nfproto.ip6) replace16(bytes, network + 10, before, before + TCPOLEN_MSS);
}

/** tcpmss_mangle_packet(): false drops the packet. */
function mangle(pkt: PktInfo, tcp: number, mss: number): boolean {
  const header = tcpLength(pkt, tcp);
  if (header < TCP_HEADER) return false;
  touched(pkt);
  const at = findMss(pkt, tcp, header);
  if (at >= 0) lower(pkt, tcp, at, mss);
  // Data cannot be moved without making the segment too large, nor can a full header grow.
  else if (pkt.end - tcp === header && header < LONGEST_HEADER) {
    insert(pkt, tcp, header, Math.min(mss, DEFAULT_MSS[pkt.pf === Nfproto.ip6 ? 'ip6' : 'ip']));
    lengthen(pkt);
  }
  return true;
}

/** The size that the ways there and back carry, or 0 where that is not known. */
function clamped(pkt: PktInfo, network: NetworkLayer | null): number {
  const headers = (pkt.pf === Nfproto.ip6 ? 40 : 20) + TCP_HEADER;
  const there = network?.routeOf(pkt.packet) ?? null;
  if (network === null || there === null) return 0;
  const mtu = pathMtu(pkt, there, network);
  return mtu <= headers ? 0 : Math.min(mtu - headers, 0xffff);
}

const CLAMP_HOOKS: readonly HookName[] = ['forward', 'output', 'postrouting'];

export const tcpmss = targetModule<TcpmssTargetInfo>({
  name: 'TCPMSS',
  placement: { families: ['ip', 'ip6'], protocols: [IPPROTO_TCP] },
  prepare({ mss }, { env: { netns } }) {
    const clamps = mss === XT_TCPMSS_CLAMP_PMTU;
    return {
      ...(clamps ? { hooks: CLAMP_HOOKS } : {}),
      run(pkt) {
        const tcp = tcpOffset(pkt);
        if (tcp < 0) return NF_DROP;
        if (pkt.fragoff !== 0) return NFT_CONTINUE;
        if (tcpLength(pkt, tcp) < TCP_HEADER) return NF_DROP;
        const size = clamps ? clamped(pkt, netns.network) : mss;
        if (clamps && size === 0) return NF_DROP;
        return mangle(pkt, tcp, size) ? NFT_CONTINUE : NF_DROP;
      },
    };
  },
});
