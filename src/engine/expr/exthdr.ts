// exthdr: IPv6 extension headers, TCP, IPv4 and DCCP options, SCTP chunks,
// net/netfilter/nft_exthdr.c.

import { u16 } from '../../bytes/index.ts';
import { Nfproto } from '../../core/index.ts';
import type { ExthdrLoadExpr, ExthdrOp } from '../../program/index.ts';
import { NETWORK } from '../endianness.ts';
import { refuse } from '../errno.ts';
import type { Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import { findIpv6, ipv6Found } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { bytesToWords, spanOf, wordsIn } from '../registers.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { findIpv4Option, KNOWN_OPTIONS } from './ipv4-options.ts';

const IPPROTO_TCP = 6;
const IPPROTO_DCCP = 33;
const IPPROTO_SCTP = 132;
const TCPOPT_NOP = 1;

/** Finds a header's offset in the packet, or -1; `room` is how many bytes are asked of it. */
type Find = (pkt: PktInfo, type: number, room: number) => number;

function findExtension(pkt: PktInfo, type: number): number {
  // nft_exthdr_ipv6_eval(): the packet's own protocol decides, not the table's.
  if (pkt.pf !== Nfproto.ip6 && pkt.packet.protocol !== 0x86dd) return -1;
  return findIpv6(pkt.bytes, pkt.network, pkt.end, type) ? ipv6Found.offset : -1;
}

/** Length of the TCP header if all of it is there, else 0 (nft_tcp_header_pointer). */
export function tcpHeaderLength(pkt: PktInfo): number {
  if (!pkt.transportOk || pkt.tprot !== IPPROTO_TCP || pkt.transport + 20 > pkt.end) return 0;
  const length = (pkt.bytes[pkt.transport + 12]! >>> 4) << 2;
  return length >= 20 && pkt.transport + length <= pkt.end ? length : 0;
}

/** optlen(): zero-length options must not stop the walk. */
export function optionLength(bytes: Uint8Array, at: number): number {
  return bytes[at]! <= TCPOPT_NOP || bytes[at + 1] === 0 ? 1 : bytes[at + 1]!;
}

function findTcpOption(pkt: PktInfo, type: number, room: number): number {
  const { bytes, transport } = pkt;
  const end = transport + tcpHeaderLength(pkt);
  for (let at = transport + 20; at < end - 1; ) {
    const length = optionLength(bytes, at);
    if (bytes[at] === type) return at + length > end || room > length ? -1 : at;
    at += length;
  }
  return -1;
}

function findSctpChunk(pkt: PktInfo, type: number, room: number): number {
  const { bytes, end } = pkt;
  if (!pkt.transportOk || pkt.tprot !== IPPROTO_SCTP) return -1;
  for (let at = pkt.transport + 12; at + 4 <= end; ) {
    const length = u16(bytes, at + 2);
    if (length === 0) return -1;
    if (bytes[at] === type) return room > 0 && (room > length || at + length > end) ? -1 : at;
    at += (length + 3) & ~3;
  }
  return -1;
}

/** Extended sequence numbers make the DCCP header four bytes longer (RFC 4340 §5.1). */
const dccpHeaderLength = (x: number, type: number): number => {
  const basic = x === 0 ? 12 : 16;
  const extra = [4, 8, 0, 4, 8, 8, 8, 8, 8, 8][type] ?? 0;
  // With short sequence numbers the acknowledgement takes four bytes, not eight.
  return basic + (x === 0 && extra === 8 && type >= 3 ? 4 : extra);
};

function findDccpOption(pkt: PktInfo, type: number): number {
  const { bytes, transport, end } = pkt;
  if (!pkt.transportOk || pkt.tprot !== IPPROTO_DCCP || transport + 12 > end) return -1;
  const flags = bytes[transport + 8]!;
  const stop = transport + (bytes[transport + 4]! << 2);
  if (stop > end) return -1;
  for (let at = transport + dccpHeaderLength(flags & 1, (flags >>> 1) & 15); at < stop; ) {
    const single = bytes[at]! <= 31;
    if (!single && at + 1 >= stop) return -1;
    const length = single ? 1 : bytes[at + 1]!;
    if (!single && length < 2) return -1;
    if (bytes[at] === type) return at + length > stop ? -1 : at;
    at += length;
  }
  return -1;
}

const FINDERS: Readonly<Record<ExthdrOp, Find>> = {
  ipv6: findExtension,
  tcpopt: findTcpOption,
  ipv4: findIpv4Option,
  sctp: findSctpChunk,
  dccp: findDccpOption,
};

const NAMES: Readonly<Record<ExthdrOp, string>> = {
  ipv6: 'extension header',
  tcpopt: 'TCP option',
  ipv4: 'IP option',
  sctp: 'SCTP chunk',
  dccp: 'DCCP option',
};

class ExthdrLoad extends BaseOp<ExthdrLoadExpr> {
  readonly writes: Span;
  readonly #find: Find;

  constructor(expr: ExthdrLoadExpr, at: number) {
    super(expr);
    this.writes = { word: at, bytes: expr.present ? 1 : expr.len };
    this.#find = FINDERS[expr.op];
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const { type, offset, len, present, op } = this.expr;
    // A TCP option too short for the field counts as absent even where only presence is asked.
    const room = present && op !== 'tcpopt' ? 0 : offset + len;
    const at = this.#find(pkt, type, room);
    if (present) {
      regs[this.writes.word] = at >= 0 ? 1 << 24 : 0;
      return NFT_CONTINUE;
    }
    if (at < 0 || at + offset + len > pkt.end) return NFT_BREAK;
    bytesToWords(pkt.bytes, at + offset, len, regs, this.writes.word);
    return NFT_CONTINUE;
  }

  why(): string {
    return `no ${NAMES[this.expr.op]} ${this.expr.type}`;
  }
}

export function prepareExthdr(expr: ExthdrLoadExpr, cx: Prepare): Op {
  if (expr.type > 255 || expr.offset > 255 || expr.len > 255)
    refuse('ERANGE', 'extension header type, offset or length above 255');
  if (expr.op === 'ipv4' && !KNOWN_OPTIONS.includes(expr.type))
    refuse('EOPNOTSUPP', `the kernel does not look for IP option ${expr.type}`);
  if (expr.op === 'dccp' && !expr.present)
    refuse('EOPNOTSUPP', 'of DCCP options only the presence can be asked');
  const bytes = expr.present ? 1 : expr.len;
  const at = spanOf(expr.dreg, bytes);
  cx.endian.mark(at, wordsIn(bytes), NETWORK);
  return new ExthdrLoad(expr, at);
}
