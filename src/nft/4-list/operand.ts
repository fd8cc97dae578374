// What a register holds while bytecode is read back: a tree of loads, operations and constants
// whose types are not known yet. Constants are numbers of a width; what they mean is decided by
// what they are compared with.

import type { SetSpec } from '../../program/index.ts';
import type { BinaryOperator, SelectorExpression } from '../ast/index.ts';
import type { Base, Datatype, Exthdr, Field, InnerSpec, Protocol } from '../types/index.ts';

/** Offsets and lengths are in bits throughout. */
interface Sized<K extends string> {
  readonly kind: K;
  bits: number;
}

export interface ValueOperand extends Sized<'value'> {
  value: bigint;
}

/** Names and recognises the protocols inside a tunnel. */
export type Tunnel = InnerSpec['type'];

/** A load from the packet; `proto` and `field` once it is known what stands there. */
export interface PayloadOperand extends Sized<'payload'> {
  readonly base: Base;
  offset: number;
  proto?: Protocol;
  field?: Field;
  /** Compared with a constant, by itself: only then does a protocol field count as one. */
  readonly alone?: boolean;
  readonly tunnel?: Tunnel;
}

export interface ExthdrOperand extends Sized<'exthdr'> {
  readonly op: 'ipv6' | 'tcpopt' | 'ipv4' | 'sctp' | 'dccp';
  readonly type: number;
  offset: number;
  readonly present: boolean;
  header?: Exthdr;
  field?: Field;
}

/** Loads that need no context to be understood: meta, ct, rt, socket, fib, numgen … */
export interface SelectorOperand extends Sized<'selector'> {
  readonly expr: SelectorExpression;
  readonly type: Datatype;
  /** Which protocol a match on it tells of, by its kernel name. */
  readonly key?: string;
  readonly tunnel?: Tunnel;
}

export interface JhashOperand extends Sized<'jhash'> {
  arg: Operand;
  readonly modulus: number;
  readonly offset: number;
  readonly seed?: number;
}

export interface BinopOperand extends Sized<'binop'> {
  readonly op: BinaryOperator;
  left: Operand;
  right: Operand;
}

export interface ConcatOperand extends Sized<'concat'> {
  items: Operand[];
}

/**
 * A set by reference. Where a mask turned out to be part of a field (`ip dscp { … }`), the
 * elements of an anonymous set are to be shifted and narrowed as the field was.
 */
export interface SetOperand extends Sized<'set'> {
  readonly set: SetSpec;
  shift: number;
}

export interface MapOperand extends Sized<'map'> {
  key: Operand;
  readonly mapping: SetOperand;
}

export interface RangeOperand extends Sized<'range'> {
  from: Operand;
  to: Operand;
}

export interface PrefixOperand extends Sized<'prefix'> {
  readonly value: Operand;
  readonly len: number;
}

/** Flags by comma. */
export interface ListOperand extends Sized<'list'> {
  readonly items: readonly ValueOperand[];
}

export type Operand =
  | ValueOperand
  | PayloadOperand
  | ExthdrOperand
  | SelectorOperand
  | JhashOperand
  | BinopOperand
  | ConcatOperand
  | SetOperand
  | MapOperand
  | RangeOperand
  | PrefixOperand
  | ListOperand;

export const constantOf = (hex: string): ValueOperand => ({
  kind: 'value',
  bits: hex.length * 4,
  value: hex === '' ? 0n : BigInt(`0x${hex}`),
});

export const setOperand = (set: SetSpec): SetOperand => ({
  kind: 'set',
  bits: set.keyLen * 8,
  set,
  shift: 0,
});

export const paddedBits = (bits: number): number => Math.ceil(bits / 32) * 32;

/** All ones below `bits`. */
export const ones = (bits: number): bigint => (1n << BigInt(bits)) - 1n;

/** The place of the lowest set bit, or -1 (mpz_scan1). */
export function lowestBit(value: bigint): number {
  if (value === 0n) return -1;
  let bit = 0;
  for (let rest = value; (rest & 1n) === 0n; rest >>= 1n) bit++;
  return bit;
}

/** The first clear bit above the lowest set one: where a mask's run of ones ends. */
export function runEnd(mask: bigint): number {
  const low = lowestBit(mask);
  let bit = Math.max(0, low);
  for (let rest = mask >> BigInt(bit); (rest & 1n) === 1n; rest >>= 1n) bit++;
  return bit;
}

export function popcount(value: bigint): number {
  let n = 0;
  for (let rest = value; rest !== 0n; rest >>= 1n) if ((rest & 1n) === 1n) n++;
  return n;
}

/** Ones at the top and nothing else: what a prefix length can say. */
export const isPrefixMask = (mask: bigint, bits: number): boolean =>
  mask === 0n || runEnd(mask) === bits;
export const prefixLength = (mask: bigint): number =>
  mask === 0n ? 0 : runEnd(mask) - lowestBit(mask);

/** Deep enough a copy that postprocessing one use of a register leaves the others alone. */
export function cloneOperand(o: Operand): Operand {
  switch (o.kind) {
    case 'binop':
      return { ...o, left: cloneOperand(o.left), right: cloneOperand(o.right) };
    case 'concat':
      return { ...o, items: o.items.map(cloneOperand) };
    case 'map':
      return { ...o, key: cloneOperand(o.key), mapping: { ...o.mapping } };
    case 'range':
      return { ...o, from: cloneOperand(o.from), to: cloneOperand(o.to) };
    case 'jhash':
      return { ...o, arg: cloneOperand(o.arg) };
    default:
      return { ...o };
  }
}
