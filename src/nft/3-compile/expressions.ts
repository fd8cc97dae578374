// Typed expressions as loads into a register: netlink_linearize.c of nft is the model, since
// listings and bytecode are compared with it.

import type {
  Expr,
  ExthdrLoadExpr,
  InnerExpr,
  MetaLoadExpr,
  PayloadBase,
  PayloadLoadExpr,
} from '../../program/index.ts';
import {
  type BinopX,
  bytesOf,
  type ConcatX,
  type HashX,
  isConstant,
  type MapX,
  type MatchStmt,
  type MetaX,
  ones,
  type PayloadX,
  prefixMask,
  type SetRefX,
  type Typed,
  type TypedKind,
  type UnaryX,
  type ValueX,
} from '../2-check/index.ts';
import { basetypeOf, isBitmask } from '../types/index.ts';
import { boundsHex, hexOf } from './hex.ts';
import { Registers, registerOf, slotsOfBits } from './registers.ts';

/** The expressions of the rule so far, and the registers in use. */
export class Emitter {
  readonly exprs: Expr[] = [];
  readonly registers = new Registers();

  emit(expr: Expr): void {
    this.exprs.push(expr);
  }

  /** Loads a value into registers that stay taken until `step` is done. */
  withValue<T>(x: Typed, step: (slot: number) => T): T {
    const slot = this.registers.take(x);
    load(this, x, slot);
    const result = step(slot);
    this.registers.release(x);
    return result;
  }
}

const BASES: Readonly<Record<PayloadX['base'], PayloadBase>> = {
  ll: 'link',
  nh: 'network',
  th: 'transport',
  ih: 'inner',
};

type Inner = NonNullable<PayloadX['inner']>;

const inside = ({ type, hdrsize, flags }: Inner, expr: InnerExpr['expr']): InnerExpr => ({
  kind: 'inner',
  type,
  hdrsize,
  flags,
  expr,
});

function loadPayload(em: Emitter, x: PayloadX, slot: number): void {
  const expr: PayloadLoadExpr = {
    kind: 'payload',
    // The tunnel's own header has a base to itself inside nft_inner.c.
    base: x.inner !== undefined && x.base === 'ih' ? 'tunnel' : BASES[x.base],
    offset: Math.floor(x.offset / 8),
    len: bytesOf(x.len),
    dreg: registerOf(slot),
  };
  em.emit(x.inner === undefined ? expr : inside(x.inner, expr));
}

function loadMeta(em: Emitter, x: MetaX, slot: number): void {
  const expr: MetaLoadExpr = { kind: 'meta', key: x.key.kernel, dreg: registerOf(slot) };
  em.emit(x.inner === undefined ? expr : inside(x.inner, expr));
}

function loadExthdr(em: Emitter, x: Typed & { kind: 'exthdr' }, slot: number): void {
  const expr: ExthdrLoadExpr = {
    kind: 'exthdr',
    op: x.op,
    type: x.number,
    offset: Math.floor(x.offset / 8),
    len: bytesOf(x.len),
    present: x.present,
    dreg: registerOf(slot),
  };
  em.emit(expr);
}

function loadConcat(em: Emitter, x: ConcatX, slot: number): void {
  let at = slot;
  for (const item of x.items) {
    load(em, item, at);
    at += slotsOfBits(item.len);
  }
}

function loadMap(em: Emitter, x: MapX, slot: number): void {
  const extra = x.key.kind === 'concat' ? slotsOfBits(x.key.len) : 0;
  em.registers.takeSlots(extra);
  load(em, x.key, slot);
  em.registers.releaseSlots(extra);
  em.emit({
    kind: 'lookup',
    set: (x.mapping as SetRefX).set.name,
    sreg: registerOf(slot),
    dreg: registerOf(slot),
    invert: false,
  });
}

/** A verdict map: the verdict goes to register 0. */
export function emitVerdictMap(em: Emitter, x: MapX): void {
  em.withValue(x.key, (slot) =>
    em.emit({
      kind: 'lookup',
      set: (x.mapping as SetRefX).set.name,
      sreg: registerOf(slot),
      dreg: 0,
      invert: false,
    }),
  );
}

function loadUnary(em: Emitter, x: UnaryX, slot: number): void {
  const bits = x.arg.len;
  load(em, x.arg, slot);
  const reg = registerOf(slot);
  const size = bits % 64 === 0 ? 8 : bits % 32 === 0 ? 4 : 2;
  em.emit({ kind: 'byteorder', sreg: reg, dreg: reg, op: x.op, len: bytesOf(x.len), size });
}

function loadShift(em: Emitter, x: BinopX, slot: number): void {
  load(em, x.left, slot);
  const reg = registerOf(slot);
  const op = x.op === '<<' ? 'lshift' : 'rshift';
  const shift = Number((x.right as ValueX).value);
  em.emit({ kind: 'bitwise', sreg: reg, dreg: reg, len: bytesOf(x.len), op, shift });
}

/** `&`, `|` and `^` with constants, however many, are one mask and one xor. */
function loadMaskXor(em: Emitter, x: BinopX, slot: number): void {
  const chain: BinopX[] = [];
  let at: Typed = x;
  while (at.kind === 'binop' && at.right.kind === 'value' && /[&|^]/.test(at.op)) {
    chain.push(at);
    at = at.left;
  }
  load(em, at, slot);
  const all = ones(x.len);
  let mask = all;
  let xor = 0n;
  for (const { op, right } of chain.reverse()) {
    const operand = (right as ValueX).value;
    // Each step is (r & keep) ^ flip; two of them make one of the same form.
    const keep = op === '&' ? operand : op === '|' ? all & ~operand : all;
    const flip = op === '&' ? 0n : operand;
    xor = flip ^ (xor & keep);
    mask &= keep;
  }
  const reg = registerOf(slot);
  const len = bytesOf(x.len);
  em.emit({
    kind: 'bitwise',
    sreg: reg,
    dreg: reg,
    len,
    op: 'mask-xor',
    mask: hexOf(mask, len),
    xor: hexOf(xor, len),
  });
}

const BOOLEAN_OPS = { '&': 'and', '|': 'or', '^': 'xor' } as const;

/** Both sides come from registers. */
function loadBoolean(em: Emitter, x: BinopX, slot: number): void {
  load(em, x.left, slot);
  const reg = registerOf(slot);
  em.withValue(x.right, (right) =>
    em.emit({
      kind: 'bitwise',
      sreg: reg,
      dreg: reg,
      len: bytesOf(x.len),
      op: BOOLEAN_OPS[x.op as keyof typeof BOOLEAN_OPS],
      sreg2: registerOf(right),
    }),
  );
}

function loadBinop(em: Emitter, x: BinopX, slot: number): void {
  if (x.op === '<<' || x.op === '>>') {
    loadShift(em, x, slot);
    return;
  }
  isConstant(x.right) ? loadMaskXor(em, x, slot) : loadBoolean(em, x, slot);
}

function loadHash(em: Emitter, x: HashX, slot: number): void {
  const common = {
    kind: 'hash',
    modulus: x.mod,
    offset: x.offset,
    dreg: registerOf(slot),
  } as const;
  if (x.expr === undefined) {
    em.emit({ ...common, type: 'sym' });
    return;
  }
  const { expr } = x;
  const source = em.withValue(expr, registerOf);
  const seed = { seed: x.seed ?? 0, autoSeed: x.seed === undefined };
  em.emit({ ...common, type: 'jenkins', sreg: source, len: bytesOf(expr.len), ...seed });
}

function loadValue(em: Emitter, x: ValueX, slot: number): void {
  const bytes = hexOf(x.value, bytesOf(x.len));
  em.emit({ kind: 'immediate', dreg: registerOf(slot), data: { kind: 'value', bytes } });
}

type Loader = (em: Emitter, x: never, slot: number) => void;

const loaders: Partial<Record<TypedKind, Loader>> = {
  value: loadValue,
  unary: loadUnary,
  binop: loadBinop,
  concat: loadConcat,
  map: loadMap,
  payload: loadPayload,
  meta: loadMeta,
  exthdr: loadExthdr,
  hash: loadHash,
  elem: (em: Emitter, x: Typed & { kind: 'elem' }, slot: number) => load(em, x.key, slot),
  ct: (em: Emitter, x: Typed & { kind: 'ct' }, slot: number) =>
    em.emit({
      kind: 'ct',
      key: x.key.kernel,
      dreg: registerOf(slot),
      ...(x.dir !== undefined && { dir: x.dir }),
    }),
  rt: (em: Emitter, x: Typed & { kind: 'rt' }, slot: number) =>
    em.emit({ kind: 'rt', key: x.key.kernel as 'classid', dreg: registerOf(slot) }),
  socket: (em: Emitter, x: Typed & { kind: 'socket' }, slot: number) =>
    em.emit({
      kind: 'socket',
      key: x.key.kernel as 'mark',
      ...(x.key.name === 'cgroupv2' && { level: x.level }),
      dreg: registerOf(slot),
    }),
  osf: (em: Emitter, x: Typed & { kind: 'osf' }, slot: number) =>
    em.emit({ kind: 'osf', dreg: registerOf(slot), ttl: x.ttl, flags: x.flags }),
  fib: (em: Emitter, x: Typed & { kind: 'fib' }, slot: number) =>
    em.emit({
      kind: 'fib',
      result: x.result,
      flags: x.present ? [...x.flags, 'present'] : x.flags,
      dreg: registerOf(slot),
    }),
  xfrm: (em: Emitter, x: Typed & { kind: 'xfrm' }, slot: number) =>
    em.emit({
      kind: 'xfrm',
      dir: x.dir,
      spnum: x.spnum,
      key: x.key.kernel as 'spi',
      dreg: registerOf(slot),
    }),
  tunnel: (em: Emitter, x: Typed & { kind: 'tunnel' }, slot: number) =>
    em.emit({ kind: 'tunnel', key: x.key.kernel as 'id', dreg: registerOf(slot) }),
  numgen: (em: Emitter, x: Typed & { kind: 'numgen' }, slot: number) =>
    em.emit({
      kind: 'numgen',
      type: x.mode,
      modulus: x.mod,
      offset: x.offset,
      dreg: registerOf(slot),
    }),
};

/** Emits what brings the value of an expression into a slot. */
export function load(em: Emitter, x: Typed, slot: number): void {
  // TypeScript cannot relate a table to its own key union.
  const loader = loaders[x.kind] as ((em: Emitter, x: Typed, slot: number) => void) | undefined;
  if (loader === undefined) throw new TypeError(`nothing loads a ${x.kind}`);
  loader(em, x, slot);
}

const OPS = {
  implicit: 'eq',
  '==': 'eq',
  '!=': 'neq',
  '<': 'lt',
  '>': 'gt',
  '<=': 'lte',
  '>=': 'gte',
  '!': 'eq',
} as const;

/** `tcp flags syn`: whether any of the bits is set; `! syn`: whether none is. */
function matchFlags(em: Emitter, stmt: MatchStmt, right: ValueX): void {
  const len = bytesOf(stmt.left.len);
  const bits = hexOf(right.value, len);
  const zero = hexOf(0n, len);
  em.withValue(stmt.left, (slot) => {
    const reg = registerOf(slot);
    if (stmt.left.kind === 'binop') {
      em.emit({ kind: 'cmp', sreg: reg, op: 'eq', data: bits });
      return;
    }
    em.emit({ kind: 'bitwise', sreg: reg, dreg: reg, len, op: 'mask-xor', mask: bits, xor: zero });
    em.emit({ kind: 'cmp', sreg: reg, op: stmt.op === '!' ? 'eq' : 'neq', data: zero });
  });
}

function matchRange(em: Emitter, stmt: MatchStmt): void {
  const bytes = bytesOf(stmt.right.kind === 'range' ? stmt.right.from.len : stmt.right.len);
  const range = boundsHex(stmt.right, bytes);
  if (range === undefined) return;
  em.withValue(stmt.left, (slot) =>
    em.emit({
      kind: 'range',
      sreg: registerOf(slot),
      op: stmt.op === '!=' ? 'neq' : 'eq',
      from: range.low,
      to: range.high,
    }),
  );
}

/** Whole bytes of a prefix are compared by loading no more than those. */
function matchPrefix(em: Emitter, stmt: MatchStmt): void {
  const { left, right } = stmt;
  if (right.kind !== 'prefix' || right.prefix.kind !== 'value') return;
  const { prefixLen } = right;
  const isString = basetypeOf(left.type).name === 'string';
  const whole = right.byteorder === 'big' && prefixLen > 0 && prefixLen % 8 === 0;
  const full = bytesOf(right.len);
  const short = isString || whole;
  const bytes = short ? bytesOf(prefixLen) : full;
  const source = short ? { ...left, len: prefixLen } : left;
  em.withValue(source, (slot) => {
    const reg = registerOf(slot);
    if (!short) {
      const mask = hexOf(prefixMask(right.len, prefixLen), full);
      const xor = hexOf(0n, full);
      em.emit({ kind: 'bitwise', sreg: reg, dreg: reg, len: full, op: 'mask-xor', mask, xor });
    }
    const data = hexOf((right.prefix as ValueX).value, full).slice(0, bytes * 2);
    em.emit({ kind: 'cmp', sreg: reg, op: OPS[stmt.op], data });
  });
}

function matchSet(em: Emitter, stmt: MatchStmt, set: SetRefX): void {
  em.withValue(stmt.left, (slot) =>
    em.emit({
      kind: 'lookup',
      set: set.set.name,
      sreg: registerOf(slot),
      invert: stmt.op === '!=',
    }),
  );
}

export function emitMatch(em: Emitter, stmt: MatchStmt): void {
  const { left, right, op } = stmt;
  switch (right.kind) {
    case 'setref':
      matchSet(em, stmt, right);
      return;
    case 'range':
      matchRange(em, stmt);
      return;
    case 'prefix':
      matchPrefix(em, stmt);
      return;
    case 'value': {
      if ((op === 'implicit' || op === '!') && isBitmask(right.type)) {
        matchFlags(em, stmt, right);
        return;
      }
      const data = hexOf(right.value, bytesOf(right.len));
      const sreg = em.withValue(left, registerOf);
      em.emit({ kind: 'cmp', sreg, op: OPS[op], data });
      return;
    }
    default:
      throw new TypeError(`nothing compares with a ${right.kind}`);
  }
}
