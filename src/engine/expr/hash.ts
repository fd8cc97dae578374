// hash: a number out of a key or out of the flow, net/netfilter/nft_hash.c.

import { u16, u32 } from '../../bytes/index.ts';
import { Nfproto } from '../../core/index.ts';
import type { HashExpr } from '../../program/index.ts';
import type { Order } from '../endianness.ts';
import { HOST16, HOST32 } from '../endianness.ts';
import { refuse } from '../errno.ts';
import { jhash, jhashWords } from '../jhash.ts';
import type { Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { bswap32, spanOf, wordsIn } from '../registers.ts';
import { NFT_CONTINUE } from '../verdict.ts';
import { requireSet } from './require.ts';

type Jenkins = Extract<HashExpr, { type: 'jenkins' }>;

/** reciprocal_scale() */
export const scale = (value: number, n: number): number => Math.floor((value / 0x100000000) * n);

class JenkinsHash extends BaseOp<HashExpr> {
  readonly reads: Span;
  readonly writes: Span;
  readonly #orders: readonly Order[];
  readonly #seed: number;
  readonly #key: Uint32Array;

  constructor(expr: Jenkins, from: number, to: number, orders: readonly Order[], seed: number) {
    super(expr);
    this.reads = { word: from, bytes: expr.len };
    this.writes = { word: to, bytes: 4 };
    this.#orders = orders;
    this.#seed = seed;
    this.#key = new Uint32Array(orders.length);
  }

  eval(regs: Registers): number {
    const key = this.#key;
    for (let i = 0; i < key.length; i++) {
      const word = regs[this.reads.word + i]!;
      const order = this.#orders[i]!;
      key[i] = order === HOST32 ? word : order === HOST16 ? word >>> 16 : bswap32(word);
    }
    const { modulus, offset } = this.expr;
    regs[this.writes.word] = offset + scale(jhash(key, this.reads.bytes, this.#seed), modulus);
    return NFT_CONTINUE;
  }
}

/**
 * __skb_get_hash_symmetric(): the same for both directions. The kernel keys it with a secret that
 * is new at every boot, so only its symmetry can be kept, not its values.
 */
class SymmetricHash extends BaseOp<HashExpr> {
  readonly writes: Span;
  readonly #seed: number;

  constructor(expr: HashExpr, to: number, seed: number) {
    super(expr);
    this.writes = { word: to, bytes: 4 };
    this.#seed = seed;
  }

  #flow(pkt: PktInfo): number {
    const { bytes, network, transport } = pkt;
    const v6 = pkt.pf === Nfproto.ip6;
    let addresses = 0;
    for (let at = v6 ? 8 : 12; at < (v6 ? 40 : 20); at += 4)
      addresses = (addresses + Math.imul(u32(bytes, network + at), 0x9e3779b1)) | 0;
    const ports = pkt.transportOk && transport + 4 <= pkt.end;
    const sum = ports ? u16(bytes, transport) + u16(bytes, transport + 2) : 0;
    return jhashWords(addresses, sum, pkt.tprot, this.#seed);
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const { modulus, offset } = this.expr;
    regs[this.writes.word] = offset + scale(this.#flow(pkt), modulus);
    return NFT_CONTINUE;
  }
}

export function prepareHash(expr: HashExpr, cx: Prepare): Op {
  if (expr.modulus < 1) refuse('ERANGE', 'hash modulus must be at least 1');
  if (expr.offset + expr.modulus - 1 > 0xffffffff)
    refuse('EOVERFLOW', 'hash offset and modulus together are too large');
  const to = spanOf(expr.dreg, 4);
  if (expr.type === 'sym') {
    cx.endian.mark(to, 1, HOST32);
    return new SymmetricHash(expr, to, cx.env.netns.random.u32());
  }
  if (expr.len === 0) refuse('ERANGE', 'a hash over no bytes');
  const from = spanOf(expr.sreg, expr.len);
  requireSet(cx, from, expr.len);
  const orders = Array.from({ length: wordsIn(expr.len) }, (_, i) => cx.endian.at(from + i));
  cx.endian.mark(to, 1, HOST32);
  const seed = expr.autoSeed ? cx.env.netns.random.u32() : expr.seed;
  return new JenkinsHash(expr, from, to, orders, seed);
}
