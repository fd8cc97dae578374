// inner: payload and meta of the packet inside a tunnel, net/netfilter/nft_inner.c.

import { u16 } from '../../bytes/index.ts';
import type { InnerExpr } from '../../program/index.ts';
import { NETWORK } from '../endianness.ts';
import { refuse } from '../errno.ts';
import type { Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import { ETH_P_IP, ETH_P_IPV6, findIpv6, ipv6Found } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { bytesToWords, spanOf, wordsIn } from '../registers.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { innerOffset } from './payload.ts';

/** NFT_INNER_*: which headers the inner packet is parsed for. */
const NFT_INNER_HDRSIZE = 1;
const NFT_INNER_LL = 2;
const NFT_INNER_NH = 4;
const NFT_INNER_TH = 8;

const IPPROTO_UDP = 17;
const IPPROTO_GRE = 47;
const ETH_P_8021Q = 0x8100;

/** Offsets of the headers inside, -1 where there is none (struct nft_inner_tun_ctx). */
interface Inside {
  tunnel: number;
  link: number;
  network: number;
  transport: number;
  protocol: number;
  l4proto: number;
}

/** One for all: filled and read within one evaluation. */
const inside: Inside = {
  tunnel: -1,
  link: -1,
  network: -1,
  transport: -1,
  protocol: -1,
  l4proto: -1,
};

/** GRE_CSUM, GRE_KEY and GRE_SEQ each add four bytes (RFC 2784, RFC 2890). */
function greLength(flags: number): number {
  let length = 4;
  for (const bit of [0x8000, 0x2000, 0x1000]) if ((flags & bit) !== 0) length += 4;
  return length;
}

class Inner extends BaseOp<InnerExpr> {
  readonly writes: Span;

  constructor(expr: InnerExpr, at: number, bytes: number) {
    super(expr);
    this.writes = { word: at, bytes };
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const start = this.#tunnel(pkt);
    if (start < 0 || !this.#parse(pkt, start)) return NFT_BREAK;
    return this.expr.expr.kind === 'payload' ? this.#payload(regs, pkt) : this.#meta(regs);
  }

  /** nft_inner_parse_tunhdr() and its sizes: where the inner packet begins. */
  #tunnel(pkt: PktInfo): number {
    const { type, flags, hdrsize } = this.expr;
    const gre = type === 'gre' || type === 'gretap';
    if (pkt.tprot !== (gre ? IPPROTO_GRE : IPPROTO_UDP) || !pkt.transportOk) return -1;
    if (gre) {
      if (pkt.transport + 4 > pkt.end) return -1;
      inside.tunnel = pkt.transport;
      inside.protocol = u16(pkt.bytes, pkt.transport + 2);
      return pkt.transport + greLength(u16(pkt.bytes, pkt.transport));
    }
    const at = innerOffset(pkt);
    if (at < 0 || at + hdrsize > pkt.end) return -1;
    inside.tunnel = at;
    const size = (flags & NFT_INNER_HDRSIZE) !== 0 ? hdrsize : 0;
    // Geneve's options make its header longer (RFC 8926 §3.4).
    return at + size + (type === 'geneve' ? (pkt.bytes[at]! & 0x3f) << 2 : 0);
  }

  #parse(pkt: PktInfo, start: number): boolean {
    const { flags } = this.expr;
    const { bytes, end } = pkt;
    let at = start;
    inside.link = -1;
    inside.network = -1;
    inside.transport = -1;
    inside.l4proto = -1;
    if ((flags & NFT_INNER_LL) !== 0) {
      if (at + 14 > end) return false;
      inside.link = at;
      inside.protocol = u16(bytes, at + 12);
      at += 14;
      if (inside.protocol === ETH_P_8021Q) {
        if (at + 4 > end) return false;
        inside.protocol = u16(bytes, at + 2);
        at += 4;
      }
    }
    return this.#parseNetwork(pkt, at);
  }

  #parseNetwork(pkt: PktInfo, at: number): boolean {
    const { bytes, end } = pkt;
    if ((this.expr.flags & NFT_INNER_NH) === 0) return true;
    const wantTransport = (this.expr.flags & NFT_INNER_TH) !== 0;
    if (inside.protocol === ETH_P_IP) {
      const ihl = at + 20 <= end ? (bytes[at]! & 15) << 2 : 0;
      if (ihl < 20) return false;
      inside.network = at;
      if (wantTransport && (u16(bytes, at + 6) & 0x1fff) === 0) inside.transport = at + ihl;
      inside.l4proto = bytes[at + 9]!;
      return true;
    }
    if (inside.protocol !== ETH_P_IPV6) return true;
    if (at + 40 > end || bytes[at]! >>> 4 !== 6) return false;
    inside.network = at;
    if (!findIpv6(bytes, at, end, -1)) return false;
    if (wantTransport && ipv6Found.fragoff === 0) inside.transport = ipv6Found.offset;
    inside.l4proto = ipv6Found.proto;
    return true;
  }

  #payload(regs: Registers, pkt: PktInfo): number {
    const { expr } = this.expr;
    if (expr.kind !== 'payload') return NFT_BREAK;
    const bases = {
      tunnel: inside.tunnel,
      link: inside.link,
      network: inside.network,
      transport: inside.transport,
      inner: -1,
    };
    const at = bases[expr.base];
    if (at < 0 || at + expr.offset + expr.len > pkt.end) return NFT_BREAK;
    bytesToWords(pkt.bytes, at + expr.offset, expr.len, regs, this.writes.word);
    return NFT_CONTINUE;
  }

  /** nft_meta_inner_eval(): only the protocols are known of an inner packet. */
  #meta(regs: Registers): number {
    const { expr } = this.expr;
    if (expr.kind !== 'meta') return NFT_BREAK;
    if (expr.key === 'protocol') {
      if (inside.protocol < 0) return NFT_BREAK;
      regs[this.writes.word] = inside.protocol << 16;
      return NFT_CONTINUE;
    }
    if (inside.l4proto < 0) return NFT_BREAK;
    regs[this.writes.word] = inside.l4proto << 24;
    return NFT_CONTINUE;
  }

  why(): string {
    return `no ${this.expr.type} packet with that header inside`;
  }
}

export function prepareInner(expr: InnerExpr, cx: Prepare): Op {
  const { expr: inner } = expr;
  if (inner.kind === 'meta' && inner.key !== 'protocol' && inner.key !== 'l4proto')
    refuse('EOPNOTSUPP', `meta ${inner.key} of an inner packet`);
  const bytes = inner.kind === 'payload' ? inner.len : inner.key === 'protocol' ? 2 : 1;
  const at = spanOf(inner.dreg, bytes);
  cx.endian.mark(at, wordsIn(bytes), NETWORK);
  return new Inner(expr, at, bytes);
}
