// objref: runs a named object, or the one a map finds, net/netfilter/nft_objref.c.

import type { ObjrefExpr } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Env, Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { spanOf } from '../registers.ts';
import type { RuntimeSet } from '../set/set.ts';
import type { NamedObj } from '../state/objects.ts';
import { NFT_BREAK } from '../verdict.ts';
import { requireSet } from './require.ts';

class Objref extends BaseOp<ObjrefExpr> {
  readonly #object: NamedObj;

  constructor(expr: ObjrefExpr, object: NamedObj) {
    super(expr);
    this.#object = object;
  }

  eval(regs: Registers, pkt: PktInfo): number {
    return this.#object.body.eval(regs, pkt);
  }

  why(): string {
    return `${this.#object.kind} ${this.#object.name}`;
  }

  activate(): void {
    this.#object.uses++;
  }

  deactivate(): void {
    this.#object.uses--;
  }
}

class ObjrefMap extends BaseOp<ObjrefExpr> {
  readonly reads: Span;
  readonly set: RuntimeSet;
  readonly #env: Env;

  constructor(expr: ObjrefExpr, set: RuntimeSet, at: number, env: Env) {
    super(expr);
    this.set = set;
    this.#env = env;
    this.reads = { word: at, bytes: set.spec.keyLen };
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const found = this.set.lookup(regs, this.reads.word, this.#env.netns.clock.now());
    return found?.object == null ? NFT_BREAK : found.object.body.eval(regs, pkt);
  }

  wanted(): string {
    return `in @${this.set.name}`;
  }

  activate(): void {
    this.set.bind();
  }

  deactivate(): void {
    this.set.unbind();
  }
}

export function prepareObjref(expr: ObjrefExpr, cx: Prepare): Op {
  const { ref } = expr;
  if ('name' in ref) return new Objref(expr, cx.objectNamed(ref.type, ref.name));
  const set = cx.setNamed(ref.set);
  if (!set.isObjectMap) refuse('EINVAL', `${set.name} does not map to objects`);
  const at = spanOf(ref.sreg, set.spec.keyLen);
  requireSet(cx, at, set.spec.keyLen);
  return new ObjrefMap(expr, set, at, cx.env);
}
