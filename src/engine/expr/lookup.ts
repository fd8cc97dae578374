// lookup: membership of a set, or the data of a map, net/netfilter/nft_lookup.c.

import type { LookupExpr } from '../../program/index.ts';
import { HOST16, HOST32, NETWORK } from '../endianness.ts';
import { refuse } from '../errno.ts';
import type { Env, Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { spanOf, wordOf, wordsIn, wordsToHex } from '../registers.ts';
import type { Element } from '../set/element.ts';
import type { RuntimeSet } from '../set/set.ts';
import type { Chain } from '../state/chain.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { giveVerdict } from './immediate.ts';
import { requireSet } from './require.ts';

/** nft_set_elem_update_expr(): an element's own expressions; a limit among them may break. */
export function runElement(element: Element, regs: Registers, pkt: PktInfo): number {
  const { ops } = element;
  for (let i = 0; i < ops.length; i++) if (ops[i]!.eval(regs, pkt) === NFT_BREAK) return NFT_BREAK;
  return NFT_CONTINUE;
}

/** Interval data are two values, one behind the other. */
const dataBytes = (set: RuntimeSet): number =>
  (set.spec.dataLen ?? 0) * (set.spec.dataInterval === true ? 2 : 1);

export class Lookup extends BaseOp<LookupExpr> {
  readonly reads: Span;
  readonly writes?: Span;
  readonly set: RuntimeSet;
  readonly #env: Env;
  readonly #to: number;

  constructor(expr: LookupExpr, set: RuntimeSet, from: number, to: number, env: Env) {
    super(expr);
    this.set = set;
    this.#env = env;
    this.#to = to;
    this.reads = { word: from, bytes: set.spec.keyLen };
    if (to > 0) this.writes = { word: to, bytes: dataBytes(set) };
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const element = this.set.lookup(regs, this.reads.word, this.#env.netns.clock.now());
    if ((element !== null) === this.expr.invert) return NFT_BREAK;
    if (element === null) return NFT_CONTINUE;
    if (element.verdict !== null && this.#to === 0) {
      const code = runElement(element, regs, pkt);
      return code === NFT_BREAK ? code : giveVerdict(element.verdict, pkt);
    }
    const { data } = element;
    if (data !== null && this.#to > 0)
      for (let i = 0; i < data.length; i++) regs[this.#to + i] = data[i]!;
    return element.ops.length === 0 ? NFT_CONTINUE : runElement(element, regs, pkt);
  }

  override dump(): LookupExpr {
    return { ...this.expr, set: this.set.name };
  }

  wanted(): string {
    return `${this.expr.invert ? 'not ' : ''}in @${this.set.name}`;
  }

  why(regs: Registers): string {
    const key = wordsToHex(regs, this.reads.word, this.reads.bytes);
    return `${key} is ${this.expr.invert ? '' : 'not '}in @${this.set.name}`;
  }

  jumps(): Iterable<Chain> {
    return this.set.isVerdictMap ? this.set.chains() : [];
  }

  activate(): void {
    this.set.bind();
  }

  deactivate(): void {
    this.set.unbind();
  }
}

export function prepareLookup(expr: LookupExpr, cx: Prepare): Op {
  const set = cx.setNamed(expr.set);
  const from = spanOf(expr.sreg, set.spec.keyLen);
  requireSet(cx, from, set.spec.keyLen);
  if (expr.dreg === undefined) {
    // A set with data may be asked for membership only where no verdict comes of it.
    return new Lookup(expr, set, from, -1, cx.env);
  }
  if (expr.invert) refuse('EINVAL', 'a map cannot be looked up inverted');
  if (!set.isMap) refuse('EINVAL', `${set.name} is not a map`);
  if (set.isVerdictMap !== (expr.dreg === 0))
    refuse('EINVAL', 'verdicts, and only they, go to the verdict register');
  if (set.isVerdictMap) return new Lookup(expr, set, from, 0, cx.env);
  const to = expr.dreg === 0 ? wordOf(0) : spanOf(expr.dreg, dataBytes(set));
  const host = set.spec.dataType === 'mark' || set.spec.dataType === 'integer';
  const number = dataBytes(set) === 2 ? HOST16 : HOST32;
  cx.endian.mark(to, wordsIn(dataBytes(set)), host ? number : NETWORK);
  return new Lookup(expr, set, from, to, cx.env);
}
