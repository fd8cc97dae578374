// A chain as the interpreter runs it: a list of integers with the common pairs of expressions
// fused into one instruction, as the kernel has its fast payload, cmp and bitwise ops. What has no
// instruction of its own is a call of its op.

import { MaskXorFast } from '../expr/bitwise.ts';
import { Cmp, CmpFast } from '../expr/cmp.ts';
import { Counter } from '../expr/counter.ts';
import { CtState } from '../expr/ct.ts';
import { ImmediateVerdict } from '../expr/immediate.ts';
import { MetaLoad } from '../expr/meta.ts';
import { PayloadFast } from '../expr/payload.ts';
import type { Op } from '../op.ts';
import { wordOf } from '../registers.ts';
import type { BoundVerdict } from '../set/element.ts';
import type { Chain, Rule } from '../state/chain.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';

/** No rule left: the implicit return. */
export const OP_END = 0;
/** op: evaluate; NFT_BREAK goes to the next rule. Operands: op, next rule. */
export const OP_CALL = 1;
/** The verdict of an immediate. Operands: verdict, next rule. */
export const OP_VERDICT = 2;
/** Operands: counter. */
export const OP_COUNTER = 3;
/**
 * Load, mask and compare. Operands: next rule, register word, offset, mask, value, negate.
 * One instruction per header and width.
 */
export const OP_NET1 = 4;
export const OP_NET2 = 5;
export const OP_NET4 = 6;
/** Three bytes: addresses under a /24. */
export const OP_NET3 = 7;
export const OP_TRANS1 = 8;
export const OP_TRANS2 = 9;
export const OP_TRANS4 = 10;
/** The same for `meta l4proto`, `meta nfproto`, `meta mark` and `ct state` (offset unused). */
export const OP_L4PROTO = 11;
export const OP_NFPROTO = 12;
export const OP_MARK = 13;
export const OP_CTSTATE = 14;
/**
 * `meta iifname` and `meta oifname` against a name or prefix. Operands: next rule, register word,
 * comparison, negate.
 */
export const OP_IIFNAME = 15;
export const OP_OIFNAME = 16;

export interface Image {
  readonly code: Int32Array;
  readonly ops: readonly Op[];
  readonly counters: readonly Counter[];
  readonly verdicts: readonly BoundVerdict[];
  readonly names: readonly Cmp[];
  /** Where each rule begins in `code`; one past the last is the end. */
  readonly starts: Int32Array;
}

class Builder {
  readonly code: number[] = [];
  readonly ops: Op[] = [];
  readonly counters: Counter[] = [];
  readonly verdicts: BoundVerdict[] = [];
  readonly names: Cmp[] = [];
  /** Places that are to hold the start of the rule behind the one at hand. */
  readonly #toNext: number[] = [];

  rule(rule: Rule): void {
    for (let i = 0; i < rule.ops.length; ) i += this.#emit(rule.ops, i);
    for (const at of this.#toNext) this.code[at] = this.code.length;
    this.#toNext.length = 0;
  }

  /** Emits one instruction; answers how many ops it took. */
  #emit(ops: readonly Op[], i: number): number {
    const op = ops[i]!;
    if (op instanceof ImmediateVerdict && isDecision(op.verdict.code)) {
      this.code.push(OP_VERDICT, this.verdicts.push(op.verdict) - 1);
      this.#next();
      return 1;
    }
    if (op instanceof Counter) {
      this.code.push(OP_COUNTER, this.counters.push(op) - 1);
      return 1;
    }
    return this.#fuse(ops, i) || this.#fuseName(ops, i) || this.#call(op);
  }

  #call(op: Op): 1 {
    this.code.push(OP_CALL, this.ops.push(op) - 1);
    this.#next();
    return 1;
  }

  #fuseName(ops: readonly Op[], i: number): number {
    const load = ops[i];
    const cmp = ops[i + 1];
    if (!(load instanceof MetaLoad) || !(cmp instanceof Cmp)) return 0;
    const { key } = load.expr;
    if (key !== 'iifname' && key !== 'oifname') return 0;
    const equality = cmp.expr.op === 'eq' || cmp.expr.op === 'neq';
    if (!equality || cmp.reads.word !== load.writes.word || cmp.words.length > 4) return 0;
    this.code.push(key === 'iifname' ? OP_IIFNAME : OP_OIFNAME);
    this.#next();
    const negate = cmp.expr.op === 'neq' ? 1 : 0;
    this.code.push(load.writes.word, this.names.push(cmp) - 1, negate);
    return 2;
  }

  #next(): void {
    this.#toNext.push(this.code.length);
    this.code.push(0);
  }

  /** load, (mask,) cmp on one register word. */
  #fuse(ops: readonly Op[], i: number): number {
    const load = loadOf(ops[i]!);
    if (load === null) return 0;
    const second = ops[i + 1];
    const masked = second instanceof MaskXorFast && isPlainMask(second, load.word);
    const cmp = ops[i + (masked ? 2 : 1)];
    if (!(cmp instanceof CmpFast) || cmp.word !== load.word) return 0;
    // A comparison of fewer bytes than were loaded ignores the rest.
    const mask = masked ? second.mask & cmp.mask : cmp.mask;
    const stored = masked ? second.mask : 0xffffffff;
    // The register keeps what it would hold unfused: later expressions may read it.
    if ((stored & ~cmp.mask & load.bits) !== 0) return 0;
    this.code.push(load.code);
    this.#next();
    this.code.push(load.word, load.offset, mask | 0, cmp.value | 0, cmp.negate ? 1 : 0);
    return masked ? 3 : 2;
  }
}

/** `continue` and `break` spelled out decide nothing; as calls they act like any expression. */
const isDecision = (code: number): boolean => code !== NFT_CONTINUE && code !== NFT_BREAK;

const isPlainMask = (op: MaskXorFast, word: number): boolean =>
  op.xor === 0 && op.reads.word === word && op.writes.word === word;

interface FusedLoad {
  readonly code: number;
  readonly word: number;
  readonly offset: number;
  /** Which bits of the word the load can set. */
  readonly bits: number;
}

/** By length. */
const NET_CODES = [undefined, OP_NET1, OP_NET2, OP_NET3, OP_NET4];
const TRANS_CODES = [undefined, OP_TRANS1, OP_TRANS2, undefined, OP_TRANS4];

const META_CODES: Readonly<Record<string, number>> = {
  l4proto: OP_L4PROTO,
  nfproto: OP_NFPROTO,
  mark: OP_MARK,
};

function loadOf(op: Op): FusedLoad | null {
  if (op instanceof PayloadFast) {
    const { offset, len } = op.expr;
    const code = (op.transport ? TRANS_CODES : NET_CODES)[len];
    if (code === undefined) return null;
    return { code, word: op.word, offset, bits: len === 4 ? -1 : -1 << (32 - 8 * len) };
  }
  if (op instanceof CtState) return { code: OP_CTSTATE, word: op.writes.word, offset: 0, bits: -1 };
  if (!(op instanceof MetaLoad)) return null;
  const code = META_CODES[op.expr.key];
  if (code === undefined) return null;
  const bits = code === OP_MARK ? -1 : 0xff << 24;
  return { code, word: wordOf(op.expr.dreg), offset: 0, bits };
}

/** Links the rules of a chain. Jumps hold chains, so that others may be linked again alone. */
export function buildImage(chain: Chain): Image {
  const builder = new Builder();
  const starts = new Int32Array(chain.rules.length + 1);
  chain.rules.forEach((rule, i) => {
    starts[i] = builder.code.length;
    builder.rule(rule);
  });
  starts[chain.rules.length] = builder.code.length;
  builder.code.push(OP_END);
  const { code, ops, counters, verdicts, names } = builder;
  return { code: Int32Array.from(code), ops, counters, verdicts, names, starts };
}
