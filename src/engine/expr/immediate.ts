// immediate: a constant into registers, or a verdict, net/netfilter/nft_immediate.c.

import type { ImmediateExpr, VerdictData } from '../../program/index.ts';
import { HOST32, NETWORK } from '../endianness.ts';
import { refuse } from '../errno.ts';
import type { Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { hexToWords, spanOf } from '../registers.ts';
import type { BoundVerdict } from '../set/element.ts';
import type { Chain } from '../state/chain.ts';
import { codeOf, NFT_CONTINUE } from '../verdict.ts';

const plain = (code: 'accept' | 'drop'): BoundVerdict => {
  const data: VerdictData = { code };
  return { code: codeOf(data), chain: null, data, queueNum: 0, queueFlags: 0 };
};
/** Shared: most rules end with one of them. */
const ACCEPT = plain('accept');
const DROP = plain('drop');

/** nft_verdict_init(): a verdict with its chain found. */
export function bindVerdict(data: VerdictData, cx: Pick<Prepare, 'chainNamed'>): BoundVerdict {
  if (data.code === 'accept') return ACCEPT;
  if (data.code === 'drop') return DROP;
  const jump = data.code === 'jump' || data.code === 'goto';
  const chain = jump ? cx.chainNamed(data.chain) : null;
  if (chain?.base !== undefined)
    refuse('EOPNOTSUPP', `${chain.name} is a base chain and cannot be jumped to`);
  const queue = data.code === 'queue';
  return {
    code: codeOf(data),
    chain,
    data,
    queueNum: queue ? data.num : 0,
    queueFlags: queue ? data.flags : 0,
  };
}

/** Puts a verdict where the walk finds it. */
export function giveVerdict(verdict: BoundVerdict, pkt: PktInfo): number {
  pkt.target = verdict.chain;
  pkt.queueNum = verdict.queueNum;
  pkt.queueFlags = verdict.queueFlags;
  return verdict.code;
}

/** The verdict with its chain's name of now: chains can be renamed. */
export const dumpVerdict = ({ data, chain }: BoundVerdict): VerdictData =>
  chain !== null && (data.code === 'jump' || data.code === 'goto')
    ? { code: data.code, chain: chain.name }
    : data;

const NOWHERE: readonly Chain[] = [];

export class ImmediateVerdict extends BaseOp<ImmediateExpr> {
  readonly verdict: BoundVerdict;

  constructor(expr: ImmediateExpr, verdict: BoundVerdict) {
    super(expr);
    this.verdict = verdict;
  }

  eval(_regs: Registers, pkt: PktInfo): number {
    return giveVerdict(this.verdict, pkt);
  }

  override dump(): ImmediateExpr {
    const verdict = dumpVerdict(this.verdict);
    return { kind: 'immediate', dreg: this.expr.dreg, data: { kind: 'verdict', verdict } };
  }

  jumps(): Iterable<Chain> {
    return this.verdict.chain === null ? NOWHERE : [this.verdict.chain];
  }

  activate(): void {
    if (this.verdict.chain !== null) this.verdict.chain.uses++;
  }

  deactivate(): void {
    if (this.verdict.chain !== null) this.verdict.chain.uses--;
  }
}

class ImmediateData extends BaseOp<ImmediateExpr> {
  readonly writes: Span;
  readonly #words: Uint32Array;

  constructor(expr: ImmediateExpr, at: number, hex: string) {
    super(expr);
    this.writes = { word: at, bytes: hex.length >> 1 };
    this.#words = hexToWords(hex);
  }

  eval(regs: Registers): number {
    const { word } = this.writes;
    for (let i = 0; i < this.#words.length; i++) regs[word + i] = this.#words[i]!;
    return NFT_CONTINUE;
  }
}

export function prepareImmediate(expr: ImmediateExpr, cx: Prepare): Op {
  if (expr.data.kind === 'verdict') {
    if (expr.dreg !== 0) refuse('EINVAL', 'verdicts go to the verdict register');
    return new ImmediateVerdict(expr, bindVerdict(expr.data.verdict, cx));
  }
  const { bytes: hex } = expr.data;
  const at = spanOf(expr.dreg, hex.length >> 1);
  // What a constant means is not told; four bytes are a number of the host more often than not.
  cx.endian.mark(at, (hex.length + 7) >> 3, hex.length === 8 ? HOST32 : NETWORK);
  return new ImmediateData(expr, at, hex);
}
