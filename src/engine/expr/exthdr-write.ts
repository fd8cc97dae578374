// exthdr … set and reset: TCP options only, nft_exthdr_tcp_set_eval and nft_exthdr_tcp_strip_eval
// in net/netfilter/nft_exthdr.c.

import { put16, put32, u16, u32, updateChecksum16, updateChecksum32 } from '../../bytes/index.ts';
import type { ExthdrResetExpr, ExthdrWriteExpr } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { spanOf } from '../registers.ts';
import { NF_DROP, NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { optionLength, tcpHeaderLength } from './exthdr.ts';
import { requireSet } from './require.ts';

const TCPOPT_NOP = 1;
const TCPOPT_MSS = 2;
const TCP_CHECK = 16;

class TcpOptionWrite extends BaseOp<ExthdrWriteExpr> {
  readonly reads: Span;

  constructor(expr: ExthdrWriteExpr, at: number) {
    super(expr);
    this.reads = { word: at, bytes: expr.len };
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const { bytes, transport } = pkt;
    const header = tcpHeaderLength(pkt);
    if (header === 0) return NFT_BREAK;
    const end = transport + header;
    for (let at = transport + 20; at < end - 1; ) {
      const length = optionLength(bytes, at);
      if (bytes[at] === this.expr.type) {
        const { offset, len } = this.expr;
        if (at + length > end || offset + len > length) return NFT_BREAK;
        if (len === 2) this.#write16(pkt, at + offset, regs[this.reads.word]! >>> 16);
        else this.#write32(pkt, at + offset, regs[this.reads.word]!);
        return NFT_CONTINUE;
      }
      at += length;
    }
    // An option that is not there cannot be changed, and that is no failure.
    return NFT_CONTINUE;
  }

  #write16({ bytes, transport }: PktInfo, at: number, value: number): void {
    const old = u16(bytes, at);
    // A larger MSS than was offered could stall the connection.
    if (old === value || (this.expr.type === TCPOPT_MSS && old <= value)) return;
    put16(bytes, at, value);
    const check = transport + TCP_CHECK;
    put16(bytes, check, updateChecksum16(u16(bytes, check), old, value));
  }

  #write32({ bytes, transport }: PktInfo, at: number, value: number): void {
    const old = u32(bytes, at);
    if (old === value) return;
    put32(bytes, at, value);
    const check = transport + TCP_CHECK;
    put16(bytes, check, updateChecksum32(u16(bytes, check), old, value));
  }

  why(): string {
    return `no room in TCP option ${this.expr.type}`;
  }
}

class TcpOptionReset extends BaseOp<ExthdrResetExpr> {
  eval(_regs: Registers, pkt: PktInfo): number {
    const { bytes, transport } = pkt;
    const header = tcpHeaderLength(pkt);
    if (header === 0) return NFT_BREAK;
    const end = transport + header;
    for (let at = transport + 20; at < end - 1; ) {
      const length = optionLength(bytes, at);
      if (bytes[at] === this.expr.type) {
        if (at + length > end) return NF_DROP;
        for (let i = at; i < at + length; i++) this.#strip(pkt, i);
        return NFT_CONTINUE;
      }
      at += length;
    }
    return NFT_CONTINUE;
  }

  #strip({ bytes, transport }: PktInfo, at: number): void {
    const shift = ((at - transport) & 1) === 0 ? 8 : 0;
    const check = transport + TCP_CHECK;
    const sum = updateChecksum16(u16(bytes, check), bytes[at]! << shift, TCPOPT_NOP << shift);
    put16(bytes, check, sum);
    bytes[at] = TCPOPT_NOP;
  }

  why(): string {
    return 'no TCP header';
  }
}

export function prepareExthdrWrite(expr: ExthdrWriteExpr, cx: Prepare): Op {
  if (expr.op !== 'tcpopt') refuse('EOPNOTSUPP', 'only TCP options can be written');
  if (expr.len !== 2 && expr.len !== 4) refuse('EINVAL', 'TCP options are written by 2 or 4 bytes');
  if (expr.offset < 2) refuse('EOPNOTSUPP', 'kind and length of a TCP option stay');
  const at = spanOf(expr.sreg, expr.len);
  requireSet(cx, at, expr.len);
  return new TcpOptionWrite(expr, at);
}

export const prepareExthdrReset = (expr: ExthdrResetExpr): Op => new TcpOptionReset(expr);
