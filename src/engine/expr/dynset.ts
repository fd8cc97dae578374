// dynset: a packet adds, refreshes or deletes an element, net/netfilter/nft_dynset.c.

import { NS_PER_MS } from '../../core/index.ts';
import type { DynsetExpr } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { spanOf, wordOf, wordsToHex } from '../registers.ts';
import { Element } from '../set/element.ts';
import type { RuntimeSet } from '../set/set.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { runElement } from './lookup.ts';
import { requireNoTimeout, requireSet } from './require.ts';

/** What the kernel gives dynamic sets that were declared without a size. */
const DEFAULT_SIZE = 65535;

class Dynset extends BaseOp<DynsetExpr> {
  readonly reads: Span;
  readonly set: RuntimeSet;
  readonly #data: number;
  readonly #cx: Prepare;
  readonly #timeout: number;

  constructor(expr: DynsetExpr, set: RuntimeSet, key: number, data: number, cx: Prepare) {
    super(expr);
    this.reads = { word: key, bytes: set.spec.keyLen };
    this.set = set;
    this.#data = data;
    this.#cx = cx;
    this.#timeout = (expr.timeout ?? 0) * NS_PER_MS || set.timeout;
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const now = this.#cx.env.netns.clock.now();
    const set = this.set;
    let element = set.backend.lookup(regs, this.reads.word, now);
    if (this.expr.op === 'delete') {
      if (element !== null) set.removeLater(element, now);
      return NFT_CONTINUE;
    }
    if (element === null) element = this.#add(regs, now);
    else if (this.expr.op === 'update' && element.timeout !== 0)
      element.expires = now + this.#timeout;
    if (element === null) return this.expr.invert ? NFT_CONTINUE : NFT_BREAK;
    const code = element.ops.length === 0 ? NFT_CONTINUE : runElement(element, regs, pkt);
    return this.expr.invert ? NFT_BREAK : code;
  }

  /** nft_dynset_new(): null where the set is full. */
  #add(regs: Registers, now: number): Element | null {
    const set = this.set;
    const limit = set.spec.size ?? DEFAULT_SIZE;
    if (set.placesTaken(now) >= limit) return null;
    const key = regs.slice(this.reads.word, this.reads.word + set.words);
    const spec = { key: wordsToHex(key, 0, set.spec.keyLen) };
    const element = new Element(key, key, false, spec);
    if (this.#data > 0) element.data = regs.slice(this.#data, this.#data + set.dataWords);
    if (this.#timeout > 0) {
      element.timeout = this.#timeout;
      element.expires = now + this.#timeout;
    }
    const exprs = this.expr.exprs.length > 0 ? this.expr.exprs : set.spec.exprs;
    if (exprs.length > 0) element.ops = exprs.map((expr) => this.#cx.prepare(expr));
    set.insert(element);
    return element;
  }

  override dump(): DynsetExpr {
    return { ...this.expr, set: this.set.name };
  }

  why(): string {
    return this.expr.invert ? `already in @${this.set.name}` : `@${this.set.name} is full`;
  }

  activate(): void {
    this.set.bind();
  }

  deactivate(): void {
    this.set.unbind();
  }
}

export function prepareDynset(expr: DynsetExpr, cx: Prepare): Op {
  const set = cx.setNamed(expr.set);
  // nft_dynset_init(): only backends with an update operation.
  if (!set.updatable) refuse('EOPNOTSUPP', `${set.name} takes no updates, it is not dynamic`);
  if (set.has('constant')) refuse('EBUSY', `${set.name} is constant`);
  if (set.isObjectMap) refuse('EOPNOTSUPP', `${set.name} maps to objects`);
  const timed = set.has('timeout');
  if ((expr.timeout ?? 0) > 0 && !timed) refuse('EOPNOTSUPP', `${set.name} has no timeout flag`);
  requireNoTimeout(expr.exprs, set.spec);
  const key = spanOf(expr.sregKey, set.spec.keyLen);
  requireSet(cx, key, set.spec.keyLen);
  if (set.spec.size === undefined) set.spec = { ...set.spec, size: DEFAULT_SIZE };
  if (expr.sregData === undefined) {
    if (set.isMap) refuse('EINVAL', `${set.name} is a map, an element needs data`);
    return new Dynset(expr, set, key, wordOf(0), cx);
  }
  if (!set.isMap) refuse('EOPNOTSUPP', `${set.name} is not a map`);
  if (set.isVerdictMap) refuse('EOPNOTSUPP', `${set.name} maps to verdicts`);
  const data = spanOf(expr.sregData, set.spec.dataLen ?? 0);
  requireSet(cx, data, set.spec.dataLen ?? 0);
  return new Dynset(expr, set, key, data, cx);
}
