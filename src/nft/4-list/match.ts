// Comparisons resolved: masks become prefixes, bit fields or flags, two bounds become a range, and
// matches that a later one implies are dropped (netlink_delinearize.c: relational expressions).

import { basetypeOf, ethertypeType, isBitmask, stringType } from '../types/index.ts';
import { trimExthdr } from './exthdr-field.ts';
import {
  afterKeyMatch,
  isIcmp,
  isProtocolKey,
  type Layers,
  learnFromPayload,
  type Match,
  storePayload,
} from './layers.ts';
import {
  type BinopOperand,
  constantOf,
  isPrefixMask,
  type Operand,
  ones,
  type PayloadOperand,
  prefixLength,
  type SetOperand,
  type ValueOperand,
} from './operand.ts';
import { flagList, hasPrefixes, typeOf } from './operand-type.ts';
import { expandPayload, killDependency, trimPayload, trimRaw } from './payload.ts';
import {
  asField,
  isShiftOfField,
  layersFor,
  type Resolver,
  releaseTunnel,
  resolve,
} from './resolve.ts';

const isSetValue = (o: Operand): o is SetOperand => o.kind === 'set';

const emit = (r: Resolver, match: Match): void => {
  r.out.push(match);
};

/** A comparison. What it resolves to goes out; it may be several, or merge with the one before. */
export function resolveMatch(r: Resolver, match: Match): void {
  const before = r.out.length;
  const { left } = match;
  if (left.kind === 'payload') resolvePayloadMatch(r, match, left);
  else resolveOtherMatch(r, match);
  const last = r.out.at(-1);
  if (r.out.length !== before && last?.kind === 'match') {
    mergeRange(r, last);
    r.outer.previous = r.out.at(-1) as Match;
  }
}

function resolvePayloadMatch(r: Resolver, match: Match, left: PayloadOperand): void {
  const equality = match.op === 'eq' || match.op === 'neq';
  if (equality && match.right.kind === 'value') {
    expandMatch(r, match, left, match.right);
    return;
  }
  const layers = layersFor(r, left.tunnel);
  if (equality && isSetValue(match.right)) noteIcmpSet(layers, left, match.right);
  resolve(r, left);
  emit(r, match);
}

/** The first of a set of ICMP types stands for all when fields are looked up. */
function noteIcmpSet(layers: Layers, left: PayloadOperand, right: SetOperand): void {
  const first = right.set.elements[0];
  if (!right.set.flags.includes('anonymous') || first === undefined) return;
  if (left.base !== 'th' || left.bits !== 8 || left.offset !== 0 || layers.icmpType !== 0) return;
  if (isIcmp(layers.at.th) && first.keyEnd === undefined) {
    layers.icmpType = Number(constantOf(first.key).value);
  }
}

/** One comparison of neighbouring fields as one each. */
function expandMatch(r: Resolver, match: Match, left: PayloadOperand, right: ValueOperand): void {
  const layers = layersFor(r, left.tunnel);
  const known = left.tunnel !== undefined && left.base === 'ih' && left.field !== undefined;
  const parts = known ? [left] : expandPayload(layers, left);
  let rest = right.bits;
  for (const part of parts) {
    rest -= part.bits;
    const value = (right.value >> BigInt(rest)) & ones(part.bits);
    const piece: Match = { ...match, left: part, right: constantFor(part, value) };
    if (match.op === 'eq' && piece.right.kind === 'value' && isProtocolKey(part)) {
      learnFromPayload(layers, part, piece.right.value);
    }
    if (part.tunnel !== undefined) releaseTunnel(r, part.tunnel);
    const wasKey = match.op === 'eq' && isProtocolKey(part) && piece.right.kind === 'value';
    killDependency(layers, part);
    if (wasKey) storePayload(layers, piece, part.base);
    emit(r, piece);
  }
}

/** Fewer bytes than the field has were compared: a prefix of it. */
function constantFor(part: PayloadOperand, value: bigint): Operand {
  const full = part.field?.len ?? part.bits;
  if (part.bits >= full) return { kind: 'value', bits: part.bits, value };
  const shifted = value << BigInt(full - part.bits);
  const len = part.bits;
  part.bits = full;
  return { kind: 'prefix', bits: full, value: { kind: 'value', bits: full, value: shifted }, len };
}

function resolveOtherMatch(r: Resolver, match: Match): void {
  reverseHours(match);
  const outcome = match.left.kind === 'binop' ? binopMatch(r, match, match.left) : 'untouched';
  if (outcome === 'untouched') {
    match.left = resolve(r, match.left);
  } else if (outcome === 'field' && match.left.kind === 'payload') {
    // The mask was part of the field: what is left is a comparison like any other.
    resolvePayloadMatch(r, match, match.left);
    return;
  }
  widen(match);
  if (match.left.kind === 'selector' && match.op === 'eq') {
    const layers = layersFor(r, match.left.tunnel);
    afterKeyMatch(layers, match, match.left, ethertypeType);
  }
  if (match.left.kind === 'selector' && match.left.tunnel !== undefined) {
    releaseTunnel(r, match.left.tunnel);
  }
  emit(r, match);
}

/** A constant shorter than what it is compared with is a prefix, unless it is text. */
function widen(match: Match): void {
  const { left, right } = match;
  const bits = widthOf(left);
  if (right.kind !== 'value' || bits <= right.bits) return;
  if (basetypeOf(typeOf(left)) === stringType || bits % 8 !== 0) return;
  const value = right.value << BigInt(bits - right.bits);
  match.right = { kind: 'prefix', bits, value: { kind: 'value', bits, value }, len: right.bits };
}

function widthOf(o: Operand): number {
  if (o.kind === 'exthdr') return o.field?.len ?? 0;
  return o.kind === 'selector' ? o.bits : 0;
}

/** The kernel keeps UTC: a range of hours over midnight there is "not" its complement. */
function reverseHours(match: Match): void {
  const { left, right } = match;
  if (left.kind !== 'selector' || left.key !== 'hour' || right.kind !== 'range') return;
  if (match.op !== 'neq' || right.from.kind !== 'value' || right.to.kind !== 'value') return;
  if (right.from.value > right.to.value) return;
  match.right = { ...right, from: right.to, to: right.from };
  match.op = 'implicit';
}

/** `field`: the left side came down to a field, which is still to be looked at as one. */
type Outcome = 'untouched' | 'field' | 'done';

/** A comparison with something masked or shifted. */
function binopMatch(r: Resolver, match: Match, binop: BinopOperand): Outcome {
  if (binop.op === '>>' && isShiftOfField(binop)) return shiftMatch(r, match, binop);
  if (binop.op !== '&' || binop.right.kind !== 'value') return 'untouched';
  const mask = binop.right;
  const plain = resolve(r, binop.left);
  binop.left = plain;
  const type = typeOf(plain);
  const { right } = match;
  const equality = match.op === 'eq' || match.op === 'neq';
  if (equality && isBitmask(type) && right.kind === 'value' && right.value === 0n) {
    match.left = plain;
    match.right = flagList(mask);
    match.op = match.op === 'neq' ? 'implicit' : 'negate';
    return 'done';
  }
  if (hasPrefixes(type) && right.kind === 'value' && isPrefixMask(mask.value, mask.bits)) {
    match.left = plain;
    match.right = {
      kind: 'prefix',
      bits: right.bits,
      value: right,
      len: prefixLength(mask.value),
    };
    return 'done';
  }
  return trimMatch(r, match, binop, mask);
}

function trimMatch(r: Resolver, match: Match, binop: BinopOperand, mask: ValueOperand): Outcome {
  const { left } = binop;
  const shift =
    left.kind === 'payload'
      ? trimPayload(layersFor(r, left.tunnel), left, mask)
      : left.kind === 'exthdr'
        ? trimExthdr(left, mask)
        : undefined;
  if (shift !== undefined) {
    match.right = shifted(match.right, shift, left.bits);
    match.left = left;
    return 'field';
  }
  if (left.kind === 'payload' && match.right.kind === 'value') {
    const raw = trimRaw(left, mask);
    if (raw !== undefined) {
      match.right = shifted(match.right, raw, left.bits);
      match.left = left;
      return 'done';
    }
  }
  match.left = binop;
  return 'done';
}

function shiftMatch(r: Resolver, match: Match, binop: BinopOperand): Outcome {
  const field = asField(r, binop.left as BinopOperand);
  if (field === undefined) return 'untouched';
  match.left = field;
  return 'done';
}

/** Constants brought down to the bits of the field they are compared with. */
function shifted(o: Operand, shift: number, bits: number): Operand {
  switch (o.kind) {
    case 'value':
      return { kind: 'value', bits, value: o.value >> BigInt(shift) };
    case 'range':
      return { ...o, bits, from: shifted(o.from, shift, bits), to: shifted(o.to, shift, bits) };
    case 'set':
      return o.set.flags.includes('anonymous') ? { ...o, bits, shift } : o;
    default:
      return o;
  }
}

const sameKind = (a: Operand, b: Operand): boolean => a.kind === b.kind;

/** `>= a` followed by `<= b` is a range, as `< a` followed by `> b` is "not" one. */
function mergeRange(r: Resolver, match: Match): void {
  const prev = r.outer.previous;
  if (prev === undefined || r.out.at(-2) !== prev || !sameKind(prev.left, match.left)) return;
  const op =
    match.op === 'lte' && prev.op === 'gte'
      ? 'eq'
      : match.op === 'gt' && prev.op === 'lt'
        ? 'neq'
        : undefined;
  if (op === undefined) return;
  prev.dead = true;
  const range: Operand = {
    kind: 'range',
    bits: match.right.bits,
    from: prev.right,
    to: match.right,
  };
  r.out[r.out.length - 1] = { ...match, op, right: range };
}
