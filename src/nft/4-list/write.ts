// Writes to the packet resolved: to a whole field, or to some bits of the bytes it shares.

import {
  type BinopOperand,
  type Operand,
  ones,
  type PayloadOperand,
  type ValueOperand,
} from './operand.ts';
import {
  completePayload,
  fieldAround,
  isKnown,
  killDependency,
  trimPayload,
  trimRaw,
} from './payload.ts';
import { type Resolver, resolve } from './resolve.ts';

/** A write to a whole field, or to some bits of the bytes it shares with others. */
export function resolveWrite(
  r: Resolver,
  target: PayloadOperand,
  value: Operand,
): { target: PayloadOperand; value: Operand } {
  completePayload(r.outer, target);
  if (isKnown(target)) {
    killDependency(r.outer, target);
    return { target, value: resolve(r, value) };
  }
  const bits = bitfieldWrite(r, target, value);
  if (bits !== undefined) return bits;
  return { target, value: resolve(r, value) };
}

const sameLoad = (a: PayloadOperand, b: Operand): b is PayloadOperand =>
  b.kind === 'payload' && a.base === b.base && a.offset === b.offset && a.bits === b.bits;

/**
 * `(load & keep) | bits` where the bits outside `keep` are one field: the value is written to that
 * field. Either half is missing where it would do nothing.
 */
function bitfieldWrite(
  r: Resolver,
  target: PayloadOperand,
  value: Operand,
): { target: PayloadOperand; value: Operand } | undefined {
  if (value.kind !== 'binop' || value.right.kind !== 'value') return undefined;
  const all = ones(target.bits);
  if (value.op === '|' && value.left.kind === 'binop') {
    const inner = value.left;
    if (inner.op !== '&' || inner.right.kind !== 'value' || !sameLoad(target, inner.left)) {
      return undefined;
    }
    const mask = { ...inner.right, value: all ^ inner.right.value ^ value.right.value };
    return fieldWrite(r, inner.left, mask, value.right.value);
  }
  if (!sameLoad(target, value.left)) return undefined;
  const cleared = value.op === '&';
  const touched = { ...value.right, value: cleared ? all ^ value.right.value : value.right.value };
  const written = cleared ? 0n : touched.value;
  const whole = value.op === '^' ? undefined : fieldWrite(r, value.left, touched, written, true);
  const changed = whole ?? fieldUpdate(r, value, value.left, touched);
  return changed ?? (cleared ? fieldWrite(r, value.left, touched, written) : undefined);
}

/** Some bits of one field changed: `ip ecn set ip ecn | ect0`. */
function fieldUpdate(
  r: Resolver,
  value: BinopOperand,
  load: PayloadOperand,
  touched: ValueOperand,
): { target: PayloadOperand; value: Operand } | undefined {
  const found = fieldAround(r.outer, load, touched.value);
  if (found === undefined || value.right.kind !== 'value') return undefined;
  const target = found.target;
  killDependency(r.outer, target);
  const bits = target.bits;
  const right = {
    kind: 'value' as const,
    bits,
    value: (value.right.value >> BigInt(found.shift)) & ones(bits),
  };
  return { target, value: { kind: 'binop', op: value.op, bits, left: { ...target }, right } };
}

function fieldWrite(
  r: Resolver,
  load: PayloadOperand,
  mask: ValueOperand,
  value: bigint,
  knownOnly = false,
): { target: PayloadOperand; value: Operand } | undefined {
  const layers = r.outer;
  const shift = trimPayload(layers, load, mask) ?? (knownOnly ? undefined : trimRaw(load, mask));
  if (shift === undefined) return undefined;
  completePayload(layers, load);
  killDependency(layers, load);
  const written = { kind: 'value' as const, bits: load.bits, value: value >> BigInt(shift) };
  return { target: load, value: written };
}
