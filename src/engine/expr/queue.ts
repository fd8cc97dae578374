// queue: hands the packet to a program, net/netfilter/nft_queue.c.

import { u32 } from '../../bytes/index.ts';
import type { QueueExpr } from '../../program/index.ts';
import { HOST32 } from '../endianness.ts';
import { refuse } from '../errno.ts';
import { jhashWords } from '../jhash.ts';
import type { Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import { ETH_P_IP, ETH_P_IPV6 } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { spanOf } from '../registers.ts';
import type { Chain } from '../state/chain.ts';
import { NF_QUEUE } from '../verdict.ts';
import { requireSet } from './require.ts';
import { requireHooks } from './validate.ts';

const NFT_QUEUE_FLAG_CPU_FANOUT = 2;

/** What nfqueue_hash() starts from: both directions of a flow come to the same number. */
function flowHash(pkt: PktInfo, seed: number): number {
  const { bytes, network } = pkt;
  if (pkt.packet.protocol === ETH_P_IP) {
    const a = u32(bytes, network + 12);
    const b = u32(bytes, network + 16);
    return jhashWords(Math.min(a, b), Math.max(a, b), bytes[network + 9]!, seed);
  }
  if (pkt.packet.protocol !== ETH_P_IPV6) return 0;
  // hash_v6(): the last words of the addresses, and the smaller of their second ones.
  const a = u32(bytes, network + 20);
  const b = u32(bytes, network + 36);
  const c = Math.min(u32(bytes, network + 12), u32(bytes, network + 28));
  return jhashWords(Math.min(a, b), Math.max(a, b), c, seed);
}

/** nfqueue_hash(): reciprocal_scale() of the hash, counted from the first queue. */
export function queueOf(pkt: PktInfo, first: number, total: number, seed: number): number {
  const share = Math.floor((flowHash(pkt, seed) / 0x100000000) * total);
  return (first + share) & 0xffff;
}

class Queue extends BaseOp<QueueExpr> {
  readonly reads?: Span;
  readonly #total: number;
  readonly #seed: number;
  readonly #wide: boolean;

  constructor(expr: QueueExpr, at: number, seed: number, wide = false) {
    super(expr);
    if (at > 0) this.reads = { word: at, bytes: 2 };
    this.#total = expr.total ?? 1;
    this.#seed = seed;
    this.#wide = wide;
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const { num = 0, flags } = this.expr;
    pkt.queueFlags = flags;
    if (this.reads !== undefined) pkt.queueNum = this.#numberIn(regs[this.reads.word]!);
    else if (this.#total <= 1 || (flags & NFT_QUEUE_FLAG_CPU_FANOUT) !== 0) pkt.queueNum = num;
    else pkt.queueNum = queueOf(pkt, num, this.#total, this.#seed);
    return NF_QUEUE;
  }

  /** The low half of a number of the host, which one of 16 bits has in its first two bytes here. */
  #numberIn(word: number): number {
    return this.#wide ? word & 0xffff : word >>> 16;
  }

  validate(base: Chain): void {
    requireHooks(base, ['prerouting', 'input', 'forward', 'output', 'postrouting'], 'queue');
  }
}

export function prepareQueue(expr: QueueExpr, cx: Prepare): Op {
  // nft_queue_validate(): in the others nothing goes on with a packet that comes back.
  if (cx.family === 'netdev' || cx.family === 'arp')
    refuse('EOPNOTSUPP', `queue is not for family ${cx.family}`);
  if ((expr.flags & ~3) !== 0) refuse('EINVAL', `unknown queue flags ${expr.flags}`);
  if (expr.sregQnum !== undefined) {
    const at = spanOf(expr.sregQnum, 4);
    requireSet(cx, at, 4);
    return new Queue(expr, at, 0, cx.endian.at(at) === HOST32);
  }
  const total = expr.total ?? 1;
  if (total === 0) refuse('EINVAL', 'a queue range of none');
  if ((expr.num ?? 0) + total - 1 > 0xffff) refuse('ERANGE', 'the last queue is above 65535');
  return new Queue(expr, 0, cx.env.netns.random.u32());
}
