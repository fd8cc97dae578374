// Bytecode to statements: registers are followed until something is done with what they hold
// (the netlink_parse_* functions of nftables). What the loads mean is found out afterwards.

import type {
  BitwiseExpr,
  Data,
  Expr,
  ExprKind,
  Hex,
  NatExpr,
  Register,
  SetSpec,
  Table,
  VerdictData,
} from '../../program/index.ts';
import {
  type MangleKey,
  NO_SPAN,
  type SelectorExpression,
  type Statement,
  type VerdictExpression,
} from '../ast/index.ts';
import { type Base, type Datatype, integerType, PROTOCOLS } from '../types/index.ts';
import type { Match } from './layers.ts';
import {
  type BinopOperand,
  type ConcatOperand,
  cloneOperand,
  constantOf,
  type ExthdrOperand,
  type MapOperand,
  type Operand,
  ones,
  type PayloadOperand,
  paddedBits,
  type SetOperand,
  setOperand,
  type ValueOperand,
} from './operand.ts';
import { rawPayload } from './payload.ts';
import { ctKey, metaKey, metaSelector, selectorOf } from './selectors.ts';
import { simpleStatement, statefulStatement } from './simple.ts';

const span = NO_SPAN;
type Of<K extends ExprKind> = Extract<Expr, { kind: K }>;

export interface NatLifted {
  readonly kind: 'nat';
  readonly word: 'snat' | 'dnat' | 'masquerade' | 'redirect';
  readonly family?: 'ip' | 'ip6' | 'inet';
  readonly addrMin?: Operand;
  readonly addrMax?: Operand;
  readonly portMin?: Operand;
  readonly portMax?: Operand;
  readonly flags: number;
}

/** A statement whose operands still wait for the protocol context. */
export type Lifted =
  | Match
  | { readonly kind: 'vmap'; key: Operand; readonly mapping: SetOperand }
  | { readonly kind: 'done'; readonly statement: Statement }
  | { readonly kind: 'payload write'; readonly target: PayloadOperand; readonly value: Operand }
  | { readonly kind: 'exthdr write'; readonly target: ExthdrOperand; readonly value?: Operand }
  | {
      readonly kind: 'mangle';
      readonly key: MangleKey;
      readonly type: Datatype;
      readonly value: Operand;
    }
  | NatLifted
  | {
      readonly kind: 'tproxy';
      readonly family: 'ip' | 'ip6' | 'unspec';
      readonly addr?: Operand;
      readonly port?: Operand;
    }
  | { readonly kind: 'reject'; readonly expr: Of<'reject'> }
  | {
      readonly kind: 'dynset';
      readonly expr: Of<'dynset'>;
      readonly set: SetSpec;
      readonly key: Operand;
      readonly data?: Operand;
    }
  | { readonly kind: 'queue'; readonly num?: Operand; readonly flags: number }
  | { readonly kind: 'dup'; readonly addr?: Operand; readonly dev?: Operand }
  | {
      readonly kind: 'fwd';
      readonly dev: Operand;
      readonly addr?: Operand;
      readonly nfproto: number;
    }
  | { readonly kind: 'objref map'; readonly map: MapOperand };

/** The state of reading one rule. */
class Machine {
  readonly table: Table;
  readonly registers = new Map<number, Operand>();
  readonly out: Lifted[] = [];

  constructor(table: Table) {
    this.table = table;
  }

  set(reg: Register, operand: Operand): void {
    this.registers.set(slotOf(reg), operand);
  }

  /** What `reg` holds; an empty register is the bytecode's mistake, listed as a zero. */
  get(reg: Register): Operand {
    const held = this.registers.get(slotOf(reg));
    return held === undefined ? { kind: 'value', bits: 32, value: 0n } : cloneOperand(held);
  }

  getOptional(reg: Register | undefined): Operand | undefined {
    return reg === undefined ? undefined : this.get(reg);
  }

  /** Neighbouring registers together, `bits` of them, from `reg` on. */
  getConcat(reg: Register, bits: number): Operand {
    const first = this.get(reg);
    if (first.bits >= bits || first.bits === 0) return first;
    const items: Operand[] = [];
    for (let slot = slotOf(reg), left = bits; left > 0; ) {
      const held = this.registers.get(slot);
      if (held === undefined) break;
      const item = cloneOperand(held);
      items.push(item);
      // A key whose width nothing tells fills what is left.
      const width = item.bits === 0 ? left : paddedBits(item.bits);
      left -= width;
      slot += width / 32;
    }
    return items.length === 1 ? items[0]! : ({ kind: 'concat', bits, items } as ConcatOperand);
  }

  findSet(name: string): SetSpec {
    const set = this.table.sets.find((s) => s.name === name);
    return set ?? { name, flags: [], keyType: 'integer', keyLen: 4, exprs: [], elements: [] };
  }

  emit(lifted: Lifted): void {
    this.out.push(lifted);
  }

  done(statement: Statement): void {
    this.out.push({ kind: 'done', statement });
  }
}

/** The sixteen-byte registers 1-4 are the four-byte ones 8-23 by fours. */
const slotOf = (reg: Register): number => (reg >= 8 ? reg - 8 : (reg - 1) * 4);

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

function liftNat(word: NatLifted['word'], e: Of<'masq'> | Of<'redir'> | NatExpr, m: Machine): void {
  const addrs = e.kind === 'nat' ? e : undefined;
  const max = (min: Register | undefined, reg: Register | undefined): Operand | undefined =>
    reg === undefined || reg === min ? undefined : m.get(reg);
  const addrMin = m.getOptional(addrs?.regAddrMin);
  const addrMax = max(addrs?.regAddrMin, addrs?.regAddrMax);
  const portMin = m.getOptional(e.regProtoMin);
  const portMax = max(e.regProtoMin, e.regProtoMax);
  m.emit({
    kind: 'nat',
    word,
    flags: e.flags,
    ...(addrs && { family: addrs.family }),
    ...(addrMin && { addrMin }),
    ...(addrMax && { addrMax }),
    ...(portMin && { portMin }),
    ...(portMax && { portMax }),
  });
}

function liftQueue(e: Of<'queue'>, m: Machine): void {
  if (e.sregQnum !== undefined) {
    m.emit({ kind: 'queue', num: m.get(e.sregQnum), flags: e.flags });
    return;
  }
  const first = e.num ?? 0;
  const last = first + Math.max(1, e.total ?? 1) - 1;
  const value = (n: number): Operand => ({ kind: 'value', bits: 16, value: BigInt(n) });
  const num: Operand =
    last === first
      ? value(first)
      : { kind: 'range', bits: 16, from: value(first), to: value(last) };
  m.emit({ kind: 'queue', num, flags: e.flags });
}

function liftDynset(e: Of<'dynset'>, m: Machine): void {
  const set = m.findSet(e.set);
  const key = m.getConcat(e.sregKey, set.keyLen * 8);
  const data =
    e.sregData === undefined ? undefined : m.getConcat(e.sregData, (set.dataLen ?? 4) * 8);
  m.emit({ kind: 'dynset', expr: e, set, key, ...(data && { data }) });
}

function liftObjref(e: Of<'objref'>, m: Machine): void {
  const { ref } = e;
  if ('set' in ref) {
    const set = m.findSet(ref.set);
    const key = m.getConcat(ref.sreg, set.keyLen * 8);
    m.emit({
      kind: 'objref map',
      map: { kind: 'map', bits: 0, key, mapping: setOperand(set) },
    });
    return;
  }
  if (ref.type === 'connlimit') return;
  const name = { kind: 'symbol' as const, span, name: ref.name, form: 'quoted' as const };
  m.done({ kind: 'objref', span, object: ref.type, name });
}

function liftMangle(e: Of<'meta-set'> | Of<'ct-set'>, m: Machine): void {
  const value = m.get(e.sreg);
  if (e.kind === 'meta-set') {
    const key = metaKey(e.key);
    m.emit({ kind: 'mangle', key: { kind: 'meta', span, key: key.name }, type: key.type, value });
    return;
  }
  const key = ctKey(e.key);
  const dir = e.dir === undefined ? {} : { dir: e.dir };
  m.emit({
    kind: 'mangle',
    key: { kind: 'ct', span, key: key.name, ...dir },
    type: key.type,
    value,
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
