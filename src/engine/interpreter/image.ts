// A chain as the interpreter runs it: a list of integers with the common runs of expressions fused
// into one instruction, as the kernel has its fast payload, cmp and bitwise ops. What has no
// instruction of its own is a call of its op.
//
// The first word of an instruction is its code in the low byte and flags above. A test (a fused
// load, mask and compare) is four words:
//
//   code | NEGATE | STORE | slot << 16 | register word << 24,  next rule,  mask,  value
//
// What to load is in `loads` under its slot, for one field is tested by many rules, and what was
// loaded once is remembered for the walk.

import { MaskXorFast } from '../expr/bitwise.ts';
import { Cmp, CmpFast } from '../expr/cmp.ts';
import { Counter } from '../expr/counter.ts';
import { CtState } from '../expr/ct.ts';
import { ImmediateVerdict } from '../expr/immediate.ts';
import { MetaLoad } from '../expr/meta.ts';
import { PayloadFast } from '../expr/payload.ts';
import type { Op } from '../op.ts';
import type { BoundVerdict } from '../set/element.ts';
import type { Chain, Rule } from '../state/chain.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { findRuns, newBody, type RuleCode, SkipTable, valueIn } from './skip.ts';

/** No rule left: the implicit return. */
export const OP_END = 0;
/** Evaluate an op; NFT_BREAK goes to the next rule. Words: code, next rule, op. */
export const OP_CALL = 1;
/** The verdict of an immediate. Words: code, next rule, verdict. */
export const OP_VERDICT = 2;
/** Words: code, counter. */
export const OP_COUNTER = 3;
/** `meta iifname` and `oifname` against a name or prefix. Words: code, next rule, comparison. */
export const OP_IIFNAME = 4;
export const OP_OIFNAME = 5;
/** A test as above. */
export const OP_TEST = 6;
/** Skips rules that cannot match; see `skip.ts`. Words: code | slot, end of run, table, position. */
export const OP_SKIP = 7;

export const CODE_MASK = 0xff;
export const NEGATE = 1 << 8;
/** The register is read again, so the loaded value must be put there. */
export const STORE = 1 << 9;
export const SLOT_SHIFT = 16;
export const SLOT_MASK = 0xff;
export const WORD_SHIFT = 24;

/** What a slot loads. */
export const LOAD_NET1 = 0;
export const LOAD_NET2 = 1;
export const LOAD_NET3 = 2;
export const LOAD_NET4 = 3;
export const LOAD_TRANS1 = 4;
export const LOAD_TRANS2 = 5;
export const LOAD_TRANS4 = 6;
export const LOAD_L4PROTO = 7;
export const LOAD_NFPROTO = 8;
export const LOAD_MARK = 9;
export const LOAD_CTSTATE = 10;

/** Slots of one chain; tests of further fields stay unfused. */
export const SLOTS = 256;

export interface Image {
  readonly tables: readonly SkipTable[];
  readonly code: Int32Array;
  /** By slot: what is loaded, and at which offset of its header. */
  readonly loads: Uint8Array;
  readonly offsets: Int32Array;
  readonly ops: readonly Op[];
  readonly counters: readonly Counter[];
  readonly verdicts: readonly BoundVerdict[];
  readonly names: readonly Cmp[];
}

interface FusedLoad {
  readonly load: number;
  readonly word: number;
  readonly offset: number;
  /** Which bits of the word the load can set. */
  readonly bits: number;
}

/** By length in bytes. */
const NET_LOADS = [undefined, LOAD_NET1, LOAD_NET2, LOAD_NET3, LOAD_NET4];
const TRANS_LOADS = [undefined, LOAD_TRANS1, LOAD_TRANS2, undefined, LOAD_TRANS4];
const META_LOADS: Readonly<Record<string, number>> = {
  l4proto: LOAD_L4PROTO,
  nfproto: LOAD_NFPROTO,
  mark: LOAD_MARK,
};

function loadOf(op: Op): FusedLoad | null {
  if (op instanceof PayloadFast) {
    const { offset, len } = op.expr;
    const load = (op.transport ? TRANS_LOADS : NET_LOADS)[len];
    if (load === undefined) return null;
    return { load, word: op.word, offset, bits: len === 4 ? -1 : -1 << (32 - 8 * len) };
  }
  if (op instanceof CtState)
    return { load: LOAD_CTSTATE, word: op.writes.word, offset: 0, bits: -1 };
  if (!(op instanceof MetaLoad)) return null;
  const load = META_LOADS[op.expr.key];
  if (load === undefined) return null;
  return { load, word: op.word, offset: 0, bits: load === LOAD_MARK ? -1 : 0xff << 24 };
}

/** `continue` and `break` spelled out decide nothing; as calls they act like any expression. */
const isDecision = (code: number): boolean => code !== NFT_CONTINUE && code !== NFT_BREAK;

const isPlainMask = (op: MaskXorFast, word: number): boolean =>
  op.xor === 0 && op.reads.word === word && op.writes.word === word;

/** Expressions that read no register at all. */
const READS_NOTHING = new Set(
  'immediate counter payload meta ct limit quota connlimit last log reject notrack exthdr fib rt numgen'.split(
    ' ',
  ),
);

/** Whether nothing from `ops[from]` on can see a value left in register word `word`. */
function isUnread(ops: readonly Op[], from: number, word: number): boolean {
  for (let i = from; i < ops.length; i++) {
    const op = ops[i]!;
    if (op instanceof ImmediateVerdict) continue;
    const { kind } = op.dump();
    if (READS_NOTHING.has(kind)) {
      // Overwritten whole: what was there before is gone.
      if (op.writes?.word === word) return true;
      continue;
    }
    if (!(op instanceof CmpFast) || op.word === word) return false;
  }
  return true;
}

class Builder {
  readonly loads = new Uint8Array(SLOTS);
  readonly offsets = new Int32Array(SLOTS);
  readonly ops: Op[] = [];
  readonly counters: Counter[] = [];
  readonly verdicts: BoundVerdict[] = [];
  readonly names: Cmp[] = [];
  readonly #slots = new Map<string, number>();
  #body: RuleCode = newBody();

  rule(rule: Rule): RuleCode {
    this.#body = newBody();
    for (let i = 0; i < rule.ops.length; ) i += this.#emit(rule.ops, i);
    return this.#body;
  }

  /** Emits one instruction; answers how many ops it took. */
  #emit(ops: readonly Op[], i: number): number {
    const op = ops[i]!;
    if (op instanceof ImmediateVerdict && isDecision(op.verdict.code)) {
      this.#instruction(OP_VERDICT, this.verdicts.push(op.verdict) - 1);
      return 1;
    }
    if (op instanceof Counter) {
      this.#body.code.push(OP_COUNTER, this.counters.push(op) - 1);
      this.#body.pure = false;
      return 1;
    }
    const fused = this.#fuse(ops, i) || this.#fuseName(ops, i);
    if (fused > 0) return fused;
    this.#body.pure = false;
    this.#instruction(OP_CALL, this.ops.push(op) - 1);
    return 1;
  }

  /** code, next rule, and up to two operands. */
  #instruction(code: number, ...operands: readonly number[]): void {
    const { code: words, toNext } = this.#body;
    words.push(code);
    toNext.push(words.length);
    words.push(0, ...operands);
  }

  #slotOf({ load, offset }: FusedLoad): number {
    const key = `${load} ${offset}`;
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const slot = this.#slots.size;
    if (slot >= SLOTS) return -1;
    this.#slots.set(key, slot);
    this.loads[slot] = load;
    this.offsets[slot] = offset;
    return slot;
  }

  /** load, (mask,) cmp on one register word. */
  #fuse(ops: readonly Op[], i: number): number {
    const load = loadOf(ops[i]!);
    if (load === null) return 0;
    const second = ops[i + 1];
    const masked = second instanceof MaskXorFast && isPlainMask(second, load.word);
    const taken = masked ? 3 : 2;
    const cmp = ops[i + taken - 1];
    if (!(cmp instanceof CmpFast) || cmp.word !== load.word) return 0;
    const unread = isUnread(ops, i + taken, load.word);
    const kept = masked ? second.mask : 0xffffffff;
    // A comparison of fewer bytes than the register holds: what is stored would be too little.
    if (!unread && (kept & ~cmp.mask & load.bits) !== 0) return 0;
    const slot = this.#slotOf(load);
    if (slot < 0) return 0;
    const flags = (cmp.negate ? NEGATE : 0) | (unread ? 0 : STORE);
    const code = OP_TEST | flags | (slot << SLOT_SHIFT) | (load.word << WORD_SHIFT);
    const mask = (kept & cmp.mask) | 0;
    const value = cmp.value | 0;
    this.#instruction(code, mask, value);
    if (this.#body.pure && !cmp.negate) this.#body.tests.push({ slot, mask, value });
    return taken;
  }

  #fuseName(ops: readonly Op[], i: number): number {
    const load = ops[i];
    const cmp = ops[i + 1];
    if (!(load instanceof MetaLoad) || !(cmp instanceof Cmp || cmp instanceof CmpFast)) return 0;
    const { key } = load.expr;
    if (key !== 'iifname' && key !== 'oifname') return 0;
    const equality = cmp.expr.op === 'eq' || cmp.expr.op === 'neq';
    const { word } = load;
    if (!equality || cmp.reads.word !== word || cmp.reads.bytes > 16) return 0;
    for (let w = word; w < word + 4; w++) if (!isUnread(ops, i + 2, w)) return 0;
    const code = key === 'iifname' ? OP_IIFNAME : OP_OIFNAME;
    const whole = cmp instanceof Cmp ? cmp : new Cmp(cmp.expr, word);
    this.#instruction(code | (cmp.expr.op === 'neq' ? NEGATE : 0), this.names.push(whole) - 1);
    return 2;
  }
}

/** Links the rules of a chain. Jumps hold chains, so that others may be linked again alone. */
export function buildImage(chain: Chain): Image {
  const builder = new Builder();
  const bodies = chain.rules.map((rule) => builder.rule(rule));
  const { code, tables } = assemble(bodies);
  const { loads, offsets, ops, counters, verdicts, names } = builder;
  return { code: Int32Array.from(code), tables, loads, offsets, ops, counters, verdicts, names };
}

/** Lays the rules behind one another, runs of alike ones with their skips. */
function assemble(bodies: readonly RuleCode[]): { code: number[]; tables: SkipTable[] } {
  const code: number[] = [];
  const tables: SkipTable[] = [];
  const runs = findRuns(bodies);
  let run = runs.shift();
  const ends: { readonly at: number; readonly last: number }[] = [];
  bodies.forEach((body, i) => {
    if (run !== undefined && i >= run.to) run = runs.shift();
    if (run !== undefined && i >= run.from) {
      if (i === run.from) tables.push(new SkipTable(run.slot, run.mask));
      ends.push({ at: code.length + 1, last: run.to });
      code.push(OP_SKIP | (run.slot << SLOT_SHIFT), 0, tables.length - 1, i - run.from);
      tables.at(-1)!.add(valueIn(body, run), i - run.from, code.length);
    }
    const start = code.length;
    for (const word of body.code) code.push(word);
    for (const at of body.toNext) code[start + at] = code.length;
    while (ends.length > 0 && ends[0]!.last === i + 1) code[ends.shift()!.at] = code.length;
  });
  code.push(OP_END);
  return { code, tables };
}
