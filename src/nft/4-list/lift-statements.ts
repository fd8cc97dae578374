// Statements that take what registers hold.

import type { Expr, ExprKind, NatExpr, Register } from '../../program/index.ts';
import { NO_SPAN } from '../ast/index.ts';
import type { Machine, NatLifted } from './machine.ts';
import { type Operand, setOperand } from './operand.ts';
import { ctKey, metaKey } from './selectors.ts';

const span = NO_SPAN;
type Of<K extends ExprKind> = Extract<Expr, { kind: K }>;

export function liftNat(
  word: NatLifted['word'],
  e: Of<'masq'> | Of<'redir'> | NatExpr,
  m: Machine,
): void {
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

export function liftQueue(e: Of<'queue'>, m: Machine): void {
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

export function liftDynset(e: Of<'dynset'>, m: Machine): void {
  const set = m.findSet(e.set);
  const key = m.getConcat(e.sregKey, set.keyLen * 8);
  const data =
    e.sregData === undefined ? undefined : m.getConcat(e.sregData, (set.dataLen ?? 4) * 8);
  m.emit({ kind: 'dynset', expr: e, set, key, ...(data && { data }) });
}

export function liftObjref(e: Of<'objref'>, m: Machine): void {
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

export function liftMangle(e: Of<'meta-set'> | Of<'ct-set'>, m: Machine): void {
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
