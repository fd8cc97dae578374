// Bytecode to statements: registers are followed until something is done with what they hold
// (the netlink_parse_* functions of nftables). What the loads mean is found out afterwards.

import type {
  BitwiseExpr,
  Data,
  Expr,
  ExprKind,
  Hex,
  Table,
  VerdictData,
} from '../../program/index.ts';
import { NO_SPAN, type SelectorExpression, type VerdictExpression } from '../ast/index.ts';
import { type Base, integerType, PROTOCOLS } from '../types/index.ts';
import type { Match } from './layers.ts';
import { liftDynset, liftMangle, liftNat, liftObjref, liftQueue } from './lift-statements.ts';
import { type Lifted, Machine } from './machine.ts';
import {
  type BinopOperand,
  type ConcatOperand,
  constantOf,
  type ExthdrOperand,
  type Operand,
  ones,
  paddedBits,
  setOperand,
  type ValueOperand,
} from './operand.ts';
import { rawPayload } from './payload.ts';
import { metaSelector, selectorOf } from './selectors.ts';
import { simpleStatement, statefulStatement } from './simple.ts';

const span = NO_SPAN;
type Of<K extends ExprKind> = Extract<Expr, { kind: K }>;

const BASES: Readonly<Record<Of<'payload'>['base'], Base>> = {
  link: 'll',
  network: 'nh',
  transport: 'th',
  inner: 'ih',
  tunnel: 'ih',
};

const match = (op: Match['op'], left: Operand, right: Operand): Match => ({
  kind: 'match',
  op,
  left,
  right,
  dead: false,
});

function verdictExpression(verdict: VerdictData): VerdictExpression {
  switch (verdict.code) {
    case 'jump':
    case 'goto':
      return {
        kind: 'verdict',
        span,
        verdict: verdict.code,
        target: { name: verdict.chain, span },
      };
    case 'queue':
    case 'break':
      // Neither can be written as a verdict; both only reach here from foreign bytecode.
      return { kind: 'verdict', span, verdict: 'continue' };
    default:
      return { kind: 'verdict', span, verdict: verdict.code };
  }
}

function liftImmediate(e: Of<'immediate'>, m: Machine): void {
  if (e.data.kind === 'value') m.set(e.dreg, constantOf(e.data.bytes));
  else m.done({ kind: 'verdict', span, verdict: verdictExpression(e.data.verdict) });
}

/** `data` as an expression of the tree, for elements of verdict maps. */
export const verdictOf = (data: Extract<Data, { kind: 'verdict' }>): VerdictExpression =>
  verdictExpression(data.verdict);

function liftCmp(e: Of<'cmp'>, m: Machine): void {
  const right = constantOf(e.data);
  const left = m.get(e.sreg);
  if (left.bits > 0 && left.bits < right.bits) {
    const concat = m.getConcat(e.sreg, right.bits);
    if (concat.kind === 'concat') {
      m.emit(match(e.op, concat, splitLike(concat, e.data)));
      return;
    }
  }
  m.emit(match(e.op, left, right));
}

/** A constant cut into the fields of a concatenation. */
function splitLike(concat: ConcatOperand, hex: Hex): ConcatOperand {
  let at = 0;
  const items = concat.items.map((item) => {
    const value = constantOf(hex.slice(at, at + item.bits / 4));
    at += paddedBits(item.bits) / 4;
    return value;
  });
  return { kind: 'concat', bits: concat.bits, items };
}

function liftLookup(e: Of<'lookup'>, m: Machine): void {
  const set = m.findSet(e.set);
  const key = m.getConcat(e.sreg, set.keyLen * 8);
  const mapping = setOperand(set);
  if (e.dreg === undefined) {
    m.emit(match(e.invert ? 'neq' : 'eq', key, mapping));
  } else if (e.dreg === 0) {
    m.emit({ kind: 'vmap', key, mapping });
  } else {
    m.set(e.dreg, { kind: 'map', bits: (set.dataLen ?? 4) * 8, key, mapping });
  }
}

/** `x & a & b` is one mask: the second may be left of a shift that the values took over. */
function masked(left: Operand, mask: ValueOperand): BinopOperand {
  if (left.kind !== 'binop' || left.op !== '&' || left.right.kind !== 'value') {
    return binop('&', left, mask);
  }
  return binop('&', left.left, { ...mask, value: left.right.value & mask.value });
}

const binop = (op: BinopOperand['op'], left: Operand, right: Operand): BinopOperand => ({
  kind: 'binop',
  op,
  bits: left.bits,
  left,
  right,
});

/**
 * (x & mask) ^ xor, taken apart into the and, xor and or a person would write: bits outside the
 * mask that are set were or-ed in.
 */
function liftMaskXor(e: Extract<BitwiseExpr, { op: 'mask-xor' }>, left: Operand): Operand {
  const mask = constantOf(e.mask);
  const xor = constantOf(e.xor);
  let m = mask.value;
  let x = xor.value;
  let o = 0n;
  if (m !== ones(mask.bits) || x !== 0n) {
    o = (m & x) ^ x;
    x &= m;
    m |= o;
  }
  let result = left;
  const constant = (value: bigint): ValueOperand => ({ kind: 'value', bits: mask.bits, value });
  const covers = left.bits > 0 && (m & ones(left.bits)) === ones(left.bits);
  if (!covers) result = masked(result, constant(m));
  if (x !== 0n) result = binop('^', result, constant(x));
  if (o !== 0n) result = binop('|', result, constant(o));
  return result;
}

function liftBitwise(e: BitwiseExpr, m: Machine): void {
  const left = m.get(e.sreg);
  switch (e.op) {
    case 'mask-xor':
      m.set(e.dreg, liftMaskXor(e, left));
      return;
    case 'lshift':
    case 'rshift': {
      const shift: Operand = { kind: 'value', bits: 32, value: BigInt(e.shift) };
      const op = e.op === 'lshift' ? '<<' : '>>';
      m.set(e.dreg, { ...binop(op, left, shift), bits: e.len * 8 });
      return;
    }
    default: {
      const op = ({ and: '&', or: '|', xor: '^' } as const)[e.op];
      m.set(e.dreg, binop(op, left, m.get(e.sreg2)));
    }
  }
}

const exthdr = (e: Of<'exthdr'> | Of<'exthdr-write'>, present: boolean): ExthdrOperand => ({
  kind: 'exthdr',
  op: e.op,
  type: e.type,
  offset: e.offset * 8,
  bits: e.len * 8,
  present,
});

/** A load inside a tunnel: of the tunnel's own header, or of a packet it carries. */
function liftInner(e: Of<'inner'>, m: Machine): void {
  const { expr, type } = e;
  if (expr.kind === 'meta') {
    m.set(expr.dreg, metaSelector(expr.key, type));
    return;
  }
  const base = BASES[expr.base];
  const operand = rawPayload(base, expr.offset * 8, expr.len * 8, type);
  const proto = PROTOCOLS.get(type);
  const field = proto?.fields.find((f) => f.offset === operand.offset && f.len === operand.bits);
  if (base === 'ih' && proto !== undefined && field !== undefined) {
    operand.proto = proto;
    operand.field = field;
  }
  m.set(expr.dreg, operand);
}

function liftHash(e: Of<'hash'>, m: Machine): void {
  if (e.type === 'sym') {
    const expr: SelectorExpression = { kind: 'symhash', span, mod: e.modulus, offset: e.offset };
    m.set(e.dreg, { kind: 'selector', bits: 32, expr, type: integerType });
    return;
  }
  m.set(e.dreg, {
    kind: 'jhash',
    bits: 32,
    arg: m.getConcat(e.sreg, e.len * 8),
    modulus: e.modulus,
    offset: e.offset,
    ...(e.autoSeed ? {} : { seed: e.seed }),
  });
}

type Lifters = { readonly [K in ExprKind]?: (e: Of<K>, m: Machine) => void };

const lifters: Lifters = {
  immediate: liftImmediate,
  payload: (e, m) => m.set(e.dreg, rawPayload(BASES[e.base], e.offset * 8, e.len * 8)),
  'payload-write': (e, m) =>
    m.emit({
      kind: 'payload write',
      target: rawPayload(BASES[e.base], e.offset * 8, e.len * 8),
      value: m.get(e.sreg),
    }),
  cmp: liftCmp,
  range: (e, m) =>
    m.emit(
      match(e.op, m.get(e.sreg), {
        kind: 'range',
        bits: e.from.length * 4,
        from: constantOf(e.from),
        to: constantOf(e.to),
      }),
    ),
  bitwise: liftBitwise,
  // Values are kept as on a big-endian host, where a change of byte order changes nothing.
  byteorder: (e, m) => m.set(e.dreg, m.get(e.sreg)),
  'meta-set': liftMangle,
  'ct-set': liftMangle,
  lookup: liftLookup,
  dynset: liftDynset,
  reject: (e, m) => m.emit({ kind: 'reject', expr: e }),
  nat: (e, m) => liftNat(e.type, e, m),
  masq: (e, m) => liftNat('masquerade', e, m),
  redir: (e, m) => liftNat('redirect', e, m),
  tproxy: (e, m) => {
    const addr = m.getOptional(e.regAddr);
    const port = m.getOptional(e.regPort);
    m.emit({ kind: 'tproxy', family: e.family, ...(addr && { addr }), ...(port && { port }) });
  },
  queue: liftQueue,
  dup: (e, m) => {
    const addr = m.getOptional(e.sregAddr);
    const dev = m.getOptional(e.sregDev);
    m.emit({ kind: 'dup', ...(addr && { addr }), ...(dev && { dev }) });
  },
  fwd: (e, m) => {
    const addr = m.getOptional(e.sregAddr);
    m.emit({ kind: 'fwd', dev: m.get(e.sregDev), nfproto: e.nfproto ?? 0, ...(addr && { addr }) });
  },
  exthdr: (e, m) => m.set(e.dreg, exthdr(e, e.present)),
  'exthdr-write': (e, m) =>
    m.emit({ kind: 'exthdr write', target: exthdr(e, false), value: m.get(e.sreg) }),
  'exthdr-reset': (e, m) =>
    m.emit({
      kind: 'exthdr write',
      target: { kind: 'exthdr', op: e.op, type: e.type, offset: 0, bits: 8, present: true },
    }),
  hash: liftHash,
  objref: liftObjref,
  inner: liftInner,
};

function liftOne(e: Expr, m: Machine): void {
  const loaded = selectorOf(e);
  if (loaded !== undefined && 'dreg' in e) {
    m.set(e.dreg, loaded);
    return;
  }
  const stateful = statefulStatement(e);
  const simple = stateful ?? simpleStatement(e);
  if (simple !== undefined) {
    m.done(simple);
    return;
  }
  // TypeScript cannot relate a table to its own key union; the mapped type is the proof.
  const lift = lifters[e.kind] as ((e: Expr, m: Machine) => void) | undefined;
  lift?.(e, m);
}

/** The statements of a rule, their operands still raw. */
export function lift(exprs: readonly Expr[], table: Table): Lifted[] {
  const machine = new Machine(table);
  for (const expr of exprs) liftOne(expr, machine);
  return machine.out;
}
