// payload: bytes of the packet into registers, net/netfilter/nft_payload.c.

import { u16 } from '../../bytes/index.ts';
import type { PayloadBase, PayloadLoadExpr } from '../../program/index.ts';
import { NETWORK } from '../endianness.ts';
import { refuse } from '../errno.ts';
import type { Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { bytesToWords, spanOf, wordsIn } from '../registers.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';

const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
/** Ethernet addresses end here, and a tag that was taken off would follow (struct vlan_ethhdr). */
const ETH_TYPE = 12;
const VLAN_ETH_HLEN = 18;
const VLAN_HLEN = 4;
const IPPROTO_IPIP = 4;
const IPPROTO_GRE = 47;
const GRE_VERSION = 0x0007;
const GRE_ROUTING = 0x4000;
/** GRE_CSUM, GRE_KEY, GRE_SEQ. */
const GRE_FIELDS = [0x8000, 0x2000, 0x1000] as const;

/** nft_payload_inner_offset(): where what the transport header carries begins, or -1. */
export function innerOffset(pkt: PktInfo): number {
  if (pkt.inner < 0 && pkt.transportOk) pkt.inner = behindTransport(pkt);
  return pkt.inner;
}

function behindTransport({ tprot, bytes, transport, end }: PktInfo): number {
  switch (tprot) {
    case IPPROTO_UDP:
      return transport + 8;
    case IPPROTO_TCP:
      return transport + 20 <= end ? transport + ((bytes[transport + 12]! >>> 4) << 2) : -1;
    case IPPROTO_GRE:
      return transport + 4 <= end ? behindGre(bytes, transport) : -1;
    case IPPROTO_IPIP:
      return transport;
    default:
      return -1;
  }
}

/** Version 0 without routing; checksum, key and sequence number add four bytes each (RFC 2890). */
function behindGre(bytes: Uint8Array, transport: number): number {
  const flags = u16(bytes, transport);
  if ((flags & (GRE_VERSION | GRE_ROUTING)) !== 0) return -1;
  let at = transport + 4;
  for (const bit of GRE_FIELDS) if ((flags & bit) !== 0) at += 4;
  return at;
}

/** Where a base begins in the packet's bytes, or -1 where the packet has none. */
export function baseOffset(base: PayloadBase, pkt: PktInfo): number {
  switch (base) {
    case 'link':
      return pkt.packet.mac >= 0 && pkt.packet.mac < pkt.network ? pkt.packet.mac : -1;
    case 'network':
      return pkt.network;
    case 'transport':
      return pkt.transportOk ? pkt.transport : -1;
    case 'inner':
      return innerOffset(pkt);
    default:
      return -1;
  }
}

/** Why a base is missing, or a load does not fit. */
export function whyNoPayload(base: PayloadBase, pkt: PktInfo): string {
  if (baseOffset(base, pkt) >= 0) return 'short packet';
  if (base === 'link') return 'no link header';
  if (pkt.fragoff !== 0) return 'not the first fragment';
  return base === 'network' ? 'short packet' : 'no transport header';
}

/** The header as it was before the receiving device took the tag off (nft_payload_copy_vlan). */
function vlanByte(pkt: PktInfo, mac: number, at: number): number {
  const { packet } = pkt;
  if (at < ETH_TYPE) return pkt.bytes[mac + at]!;
  if (at >= VLAN_ETH_HLEN) return pkt.bytes[mac + at - VLAN_HLEN]!;
  const half = at < 14 ? packet.vlanProto : at < 16 ? packet.vlanTci : packet.protocol;
  return (at & 1) === 0 ? (half >>> 8) & 0xff : half & 0xff;
}

function copyVlan(pkt: PktInfo, mac: number, load: PayloadLoadExpr, regs: Registers, at: number) {
  if (mac + load.offset + load.len - VLAN_HLEN > pkt.end) return NFT_BREAK;
  for (let i = 0; i < load.len; i += 4) {
    let word = 0;
    for (let j = 0; j < 4; j++)
      word = (word << 8) | (i + j < load.len ? vlanByte(pkt, mac, load.offset + i + j) : 0);
    regs[at + (i >> 2)] = word;
  }
  return NFT_CONTINUE;
}

/** Any base and length. */
class PayloadLoad extends BaseOp<PayloadLoadExpr> {
  readonly writes: Span;
  readonly #at: number;

  constructor(expr: PayloadLoadExpr, at: number) {
    super(expr);
    this.#at = at;
    this.writes = { word: at, bytes: expr.len };
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const { base, offset, len } = this.expr;
    const start = baseOffset(base, pkt);
    if (start < 0) return NFT_BREAK;
    if (base === 'link' && pkt.packet.vlanTci >= 0 && offset + len > ETH_TYPE)
      return copyVlan(pkt, start, this.expr, regs, this.#at);
    if (start + offset + len > pkt.end) return NFT_BREAK;
    bytesToWords(pkt.bytes, start + offset, len, regs, this.#at);
    return NFT_CONTINUE;
  }

  why(_regs: Registers, pkt: PktInfo): string {
    return whyNoPayload(this.expr.base, pkt);
  }
}

/**
 * One to four bytes of the network or transport header (nft_payload_fast_ops). The kernel's fast path
 * does not ask for the fragment offset: of a later fragment it loads the payload in the place of the
 * header. (Seen on 6.18: `udp dport 53` matches a fragment at offset 8 that begins 0400 0035.)
 */
export class PayloadFast extends BaseOp<PayloadLoadExpr> {
  readonly word: number;
  readonly transport: boolean;
  readonly #offset: number;
  readonly #len: number;

  constructor(expr: PayloadLoadExpr, at: number) {
    super(expr);
    this.word = at;
    this.transport = expr.base === 'transport';
    this.#offset = expr.offset;
    this.#len = expr.len;
  }

  /** Made when a trace asks: a rule has several of these. */
  get writes(): Span {
    return { word: this.word, bytes: this.#len };
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const at = (this.transport ? pkt.transport : pkt.network) + this.#offset;
    if ((this.transport && !pkt.l4) || at + this.#len > pkt.end) return NFT_BREAK;
    const { bytes } = pkt;
    if (this.#len === 1) regs[this.word] = bytes[at]! << 24;
    else if (this.#len === 2) regs[this.word] = (bytes[at]! << 24) | (bytes[at + 1]! << 16);
    else if (this.#len === 3)
      regs[this.word] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8);
    else
      regs[this.word] =
        (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    return NFT_CONTINUE;
  }

  why(_regs: Registers, pkt: PktInfo): string {
    return whyNoPayload(this.expr.base, pkt);
  }
}

/** nft_payload_select_ops(); on the network header both paths are alike, so 3 bytes may go fast. */
function isFast({ base, offset, len }: PayloadLoadExpr): boolean {
  if (base === 'network') return len >= 1 && len <= 4;
  return base === 'transport' && (len === 1 || len === 2 || len === 4) && offset % len === 0;
}

export function preparePayload(expr: PayloadLoadExpr, cx: Prepare): Op {
  if (expr.len > 255 || expr.offset > 0xffff)
    refuse('ERANGE', `payload offset ${expr.offset} or length ${expr.len} is too large`);
  if (expr.base === 'tunnel') refuse('EOPNOTSUPP', 'tunnel payload outside of an inner expression');
  const at = spanOf(expr.dreg, expr.len);
  cx.endian.mark(at, wordsIn(expr.len), NETWORK);
  return isFast(expr) ? new PayloadFast(expr, at) : new PayloadLoad(expr, at);
}
