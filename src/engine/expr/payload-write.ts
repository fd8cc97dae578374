// payload … set: registers into the packet, checksums kept right (nft_payload_set_eval in
// net/netfilter/nft_payload.c).

import { crc32c, fold16, put16, put32le, sum16, u16 } from '../../bytes/index.ts';
import type { PayloadWriteExpr } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { spanOf, wordsToBytes } from '../registers.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { baseOffset, whyNoPayload } from './payload.ts';
import { requireSet } from './require.ts';

const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const IPPROTO_ICMPV6 = 58;
const IPPROTO_SCTP = 132;
const IPPROTO_UDPLITE = 136;
const NFT_PAYLOAD_L4CSUM_PSEUDOHDR = 1;
const VLAN_ETH_PROTO_BEHIND = 16;

/** Longest payload attribute; the bytes to write pass through here on their way. */
const scratch = new Uint8Array(256);

/** nft_csum_replace(): a result of zero is written as its other form, 0xffff. */
function replaceChecksum(bytes: Uint8Array, at: number, before: number, after: number): void {
  const sum = (~u16(bytes, at) & 0xffff) + (~before & 0xffff) + after;
  put16(bytes, at, ~fold16(sum) & 0xffff || 0xffff);
}

/** nft_payload_l4csum_offset(): where the transport checksum is, or -1 where none needs care. */
function l4ChecksumOffset(pkt: PktInfo): number {
  if (pkt.fragoff !== 0 || !pkt.l4) return -1;
  const { transport, bytes } = pkt;
  switch (pkt.tprot) {
    case IPPROTO_TCP:
      return transport + 16;
    case IPPROTO_UDP:
      // RFC 768: zero says that the sender made no checksum, and stays.
      return transport + 8 <= pkt.end && u16(bytes, transport + 6) !== 0 ? transport + 6 : -1;
    case IPPROTO_UDPLITE:
      return transport + 6;
    case IPPROTO_ICMPV6:
      return transport + 2;
    default:
      return -1;
  }
}

function rewriteSctpChecksum(pkt: PktInfo): void {
  const { bytes, transport, end } = pkt;
  bytes.fill(0, transport + 8, transport + 12);
  put32le(bytes, transport + 8, crc32c(bytes, transport, end - transport));
}

class PayloadWrite extends BaseOp<PayloadWriteExpr> {
  readonly reads: Span;

  constructor(expr: PayloadWriteExpr, at: number) {
    super(expr);
    this.reads = { word: at, bytes: expr.len };
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const { base, offset, len, csumOffset } = this.expr;
    let start = baseOffset(base, pkt);
    if (start < 0) return NFT_BREAK;
    if (base === 'link' && pkt.packet.vlanTci >= 0 && offset + len > 12) {
      if (offset < VLAN_ETH_PROTO_BEHIND) return this.#writeTag(regs, pkt);
      start -= 4;
    }
    const at = start + offset;
    if (at + len > pkt.end) return NFT_BREAK;
    wordsToBytes(regs, this.reads.word, scratch, 0, len);
    if (!this.#fixChecksums(pkt, start + csumOffset, at)) return NFT_BREAK;
    for (let i = 0; i < len; i++) pkt.bytes[at + i] = scratch[i]!;
    if (this.expr.csumType === 'sctp' && pkt.tprot === IPPROTO_SCTP && pkt.transportOk)
      rewriteSctpChecksum(pkt);
    // What was read from the headers before may not hold any longer.
    pkt.packet.dissected = false;
    return NFT_CONTINUE;
  }

  /** Before the bytes change, as the kernel does: a checksum that lies in them is then lost. */
  #fixChecksums(pkt: PktInfo, csumAt: number, at: number): boolean {
    const { csumType, csumFlags, len } = this.expr;
    if (csumType !== 'inet' && csumFlags === 0) return true;
    const before = fold16(sum16(pkt.bytes, at, len));
    const after = fold16(sum16(scratch, 0, len));
    if (csumType === 'inet') {
      if (csumAt + 2 > pkt.end) return false;
      replaceChecksum(pkt.bytes, csumAt, before, after);
    }
    if (csumFlags === 0) return true;
    const l4 = l4ChecksumOffset(pkt);
    if (l4 < 0) return true;
    if (l4 + 2 > pkt.end) return false;
    replaceChecksum(pkt.bytes, l4, before, after);
    return true;
  }

  /** nft_payload_set_vlan(): the tag is not in the bytes, but beside them. */
  #writeTag(regs: Registers, pkt: PktInfo): number {
    const { offset, len } = this.expr;
    const word = regs[this.reads.word]!;
    const { packet } = pkt;
    if (offset === 12 && len === 2) packet.vlanProto = word >>> 16;
    else if (offset === 12 && len === 4) {
      packet.vlanProto = word >>> 16;
      packet.vlanTci = word & 0xffff;
    } else if (offset === 14 && len === 2) packet.vlanTci = word >>> 16;
    else return NFT_BREAK;
    return NFT_CONTINUE;
  }

  why(_regs: Registers, pkt: PktInfo): string {
    return whyNoPayload(this.expr.base, pkt);
  }
}

export function preparePayloadWrite(expr: PayloadWriteExpr, cx: Prepare): Op {
  if (expr.len > 255 || expr.offset > 0xffff || expr.csumOffset > 255)
    refuse('ERANGE', `payload offset ${expr.offset} or length ${expr.len} is too large`);
  if ((expr.csumFlags & ~NFT_PAYLOAD_L4CSUM_PSEUDOHDR) !== 0)
    refuse('EINVAL', `unknown checksum flags ${expr.csumFlags}`);
  if (expr.csumType === 'sctp' && (expr.base !== 'transport' || expr.csumOffset !== 8))
    refuse('EINVAL', 'an SCTP checksum lies at offset 8 of the transport header');
  if (expr.base === 'tunnel') refuse('EOPNOTSUPP', 'tunnel payload cannot be written');
  const at = spanOf(expr.sreg, expr.len);
  requireSet(cx, at, expr.len);
  return new PayloadWrite(expr, at);
}
