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
const ETHERNET = 14;
const VLAN_TAG = 4;
const GENEVE_HEADER = 8;
const IP_OFFSET = 0x1fff;

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
  protocol: 0,
  l4proto: 0,
};

function setTransport(at: number, protocol: number): void {
  inside.transport = at;
  inside.l4proto = protocol;
}

class Inner extends BaseOp<InnerExpr> {
  readonly writes: Span;

  constructor(expr: InnerExpr, at: number, bytes: number) {
    super(expr);
    this.writes = { word: at, bytes };
  }

  eval(regs: Registers, pkt: PktInfo): number {
    if (!this.#parse(pkt)) return NFT_BREAK;
    return this.expr.expr.kind === 'payload' ? this.#payload(regs, pkt) : this.#meta(regs);
  }

  /** nft_inner_parse(). */
  #parse(pkt: PktInfo): boolean {
    const { flags } = this.expr;
    inside.tunnel = -1;
    inside.link = -1;
    inside.network = -1;
    inside.transport = -1;
    inside.protocol = 0;
    const start = innerOffset(pkt);
    if (start < 0) return false;
    const at = (flags & NFT_INNER_HDRSIZE) === 0 ? start : this.#tunnel(pkt, start);
    if (at < 0) return false;
    if ((flags & (NFT_INNER_LL | NFT_INNER_NH)) !== 0) return this.#parseLink(pkt, at);
    if ((flags & NFT_INNER_TH) !== 0) inside.transport = at;
    return true;
  }

  /** nft_inner_parse_tunhdr(): behind the tunnel's header. GRE's is behind us already. */
  #tunnel(pkt: PktInfo, start: number): number {
    if (pkt.tprot === IPPROTO_GRE) {
      inside.tunnel = pkt.transport;
      return start;
    }
    if (pkt.tprot !== IPPROTO_UDP) return -1;
    inside.tunnel = start;
    const at = start + this.expr.hdrsize;
    if (this.expr.type !== 'geneve') return at;
    // Options make the header longer (RFC 8926 §3.4).
    return start + GENEVE_HEADER > pkt.end ? -1 : at + ((pkt.bytes[start]! & 0x3f) << 2);
  }

  /** nft_inner_parse_l2l3(): only IP counts, be it behind a VLAN tag. */
  #parseLink(pkt: PktInfo, at: number): boolean {
    const { bytes, end } = pkt;
    if ((this.expr.flags & NFT_INNER_LL) === 0) {
      if (at + 4 > end) return false;
      const version = bytes[at]! >>> 4;
      inside.protocol = version === 4 ? ETH_P_IP : version === 6 ? ETH_P_IPV6 : 0;
      return this.#parseNetwork(pkt, at, inside.protocol);
    }
    if (at + ETHERNET > end) return false;
    inside.link = at;
    inside.protocol = u16(bytes, at + 12);
    if (inside.protocol !== ETH_P_8021Q)
      return this.#parseNetwork(pkt, at + ETHERNET, inside.protocol);
    const tagged = at + ETHERNET + VLAN_TAG;
    return tagged <= end && this.#parseNetwork(pkt, tagged, u16(bytes, at + 16));
  }

  #parseNetwork(pkt: PktInfo, at: number, protocol: number): boolean {
    const { bytes, end } = pkt;
    if (protocol === ETH_P_IP) {
      const ihl = at + 20 <= end && bytes[at]! >>> 4 === 4 ? (bytes[at]! & 15) << 2 : 0;
      if (ihl < 20) return false;
      inside.network = at;
      if ((u16(bytes, at + 6) & IP_OFFSET) === 0) setTransport(at + ihl, bytes[at + 9]!);
      return true;
    }
    if (protocol !== ETH_P_IPV6 || at + 40 > end || bytes[at]! >>> 4 !== 6) return false;
    if (!findIpv6(bytes, at, end, -1)) return false;
    inside.network = at;
    // The kernel has the transport header behind the fixed one, whatever extensions there are.
    if (ipv6Found.fragoff === 0) setTransport(at + 40, ipv6Found.proto);
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
      regs[this.writes.word] = inside.protocol << 16;
      return NFT_CONTINUE;
    }
    if (inside.transport < 0) return NFT_BREAK;
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
