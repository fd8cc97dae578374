// Typed expressions: what an expression of the syntax tree becomes once datatypes, byte order and
// lengths are known. Built and rewritten in place while a rule is checked, then read by 3-compile.

import type {
  BinaryOperator,
  ElementOptions,
  Integer,
  Name,
  Span,
  VerdictName,
} from '../ast/index.ts';
import {
  type Base,
  type ByteOrder,
  basetypeOf,
  type Datatype,
  type Field,
  type InnerSpec,
  integerType,
  invalidType,
  type Key,
  type Protocol,
  verdictType,
} from '../types/index.ts';
import type { SetInfo } from './scope.ts';

interface Common<K extends string> {
  readonly kind: K;
  readonly span: Span;
  type: Datatype;
  byteorder: ByteOrder;
  /** Bits. */
  len: number;
  /** A match on it says which protocol follows. */
  protocolKey?: boolean;
}

/** A name or number without a type yet. */
export interface SymbolX extends Common<'symbol'> {
  readonly text: string;
  readonly wildcard: boolean;
}
/** Strings are numbers too: their bytes, padded with zeroes at the end. */
export interface ValueX extends Common<'value'> {
  value: bigint;
}
export interface RangeX extends Common<'range'> {
  from: Typed;
  to: Typed;
}
export interface PrefixX extends Common<'prefix'> {
  prefix: Typed;
  readonly prefixLen: number;
}
export interface ConcatX extends Common<'concat'> {
  items: Typed[];
  /** Bytes of each field. */
  fieldLens: number[];
}
export interface ListX extends Common<'list'> {
  readonly items: Typed[];
}
export interface SetX extends Common<'set'> {
  elements: ElemX[];
  interval: boolean;
  concat: boolean;
}
export interface ElemX extends Common<'elem'> {
  key: Typed;
  /** Of a map. */
  data?: Typed;
  options?: ElementOptions;
}
export interface CatchallX extends Common<'catchall'> {}
export interface UnaryX extends Common<'unary'> {
  readonly op: 'hton' | 'ntoh';
  arg: Typed;
}
export interface BinopX extends Common<'binop'> {
  op: BinaryOperator;
  left: Typed;
  right: Typed;
}
export interface MapX extends Common<'map'> {
  key: Typed;
  mapping: Typed;
}
export interface SetRefX extends Common<'setref'> {
  readonly set: SetInfo;
}
/** `@name`, not looked up yet. */
export interface SetNameX extends Common<'setname'> {
  readonly name: string;
}
export interface VerdictX extends Common<'verdict'> {
  readonly verdict: VerdictName;
  readonly chain?: string;
  /** Where the chain is named. */
  readonly chainSpan?: Span;
}
export interface PayloadX extends Common<'payload'> {
  proto?: Protocol;
  field?: Field;
  base: Base;
  /** Bits. */
  offset: number;
  /** Written as `@base,offset,len`, or made by the checker: nothing is implied. */
  raw: boolean;
  inner?: InnerSpec & { readonly proto: Protocol };
  evaluated: boolean;
}
export interface MetaX extends Common<'meta'> {
  readonly key: Key;
  inner?: InnerSpec & { readonly proto: Protocol };
}
export interface CtX extends Common<'ct'> {
  readonly key: Key;
  readonly dir?: 'original' | 'reply';
  /** Of `saddr` and `daddr`. */
  nfproto?: 'ip' | 'ip6';
}
export interface ExthdrX extends Common<'exthdr'> {
  readonly op: 'ipv6' | 'tcpopt' | 'ipv4' | 'sctp' | 'dccp';
  readonly number: number;
  offset: number;
  present: boolean;
  /** Bits of the field itself; `len` may grow to whole bytes. */
  readonly fieldLen: number;
}
export interface RtX extends Common<'rt'> {
  key: Key;
  readonly nexthop: boolean;
  readonly family?: 'ip' | 'ip6';
}
export interface SocketX extends Common<'socket'> {
  readonly key: Key;
  readonly level: number;
}
export interface OsfX extends Common<'osf'> {
  readonly ttl: number;
  readonly flags: number;
}
export interface FibX extends Common<'fib'> {
  readonly result: 'oif' | 'oifname' | 'type';
  readonly flags: readonly ('saddr' | 'daddr' | 'mark' | 'iif' | 'oif')[];
  present: boolean;
}
export interface XfrmX extends Common<'xfrm'> {
  readonly key: Key;
  readonly dir: 'in' | 'out';
  readonly spnum: number;
}
export interface TunnelX extends Common<'tunnel'> {
  readonly key: Key;
}
export interface NumgenX extends Common<'numgen'> {
  readonly mode: 'inc' | 'random';
  readonly mod: number;
  readonly offset: number;
}
export interface HashX extends Common<'hash'> {
  readonly expr?: Typed;
  readonly mod: number;
  readonly offset: number;
  readonly seed?: number;
}

export type Typed =
  | SymbolX
  | ValueX
  | RangeX
  | PrefixX
  | ConcatX
  | ListX
  | SetX
  | ElemX
  | CatchallX
  | UnaryX
  | BinopX
  | MapX
  | SetRefX
  | SetNameX
  | VerdictX
  | PayloadX
  | MetaX
  | CtX
  | ExthdrX
  | RtX
  | SocketX
  | OsfX
  | FibX
  | XfrmX
  | TunnelX
  | NumgenX
  | HashX;

export type TypedKind = Typed['kind'];

export const value = (
  span: Span,
  type: Datatype,
  byteorder: ByteOrder,
  len: number,
  number: bigint,
): ValueX => ({ kind: 'value', span, type, byteorder, len, value: number });

export const constant = (
  span: Span,
  type: Datatype,
  byteorder: ByteOrder,
  len: number,
  number: Integer,
): ValueX => value(span, type, byteorder, len, BigInt(number));

export const symbol = (span: Span, text: string, wildcard = false): SymbolX => ({
  kind: 'symbol',
  span,
  type: invalidType,
  byteorder: 'none',
  len: 0,
  text,
  wildcard,
});

export const range = (span: Span, from: Typed, to: Typed): RangeX => ({
  kind: 'range',
  span,
  type: from.type,
  byteorder: from.byteorder,
  len: from.len,
  from,
  to,
});

export const binop = (span: Span, op: BinaryOperator, left: Typed, right: Typed): BinopX => ({
  kind: 'binop',
  span,
  type: left.type,
  byteorder: left.byteorder,
  len: 0,
  op,
  left,
  right,
});

export const verdict = (span: Span, name: VerdictName, target?: Name): VerdictX => ({
  kind: 'verdict',
  span,
  type: verdictType,
  byteorder: 'none',
  len: 0,
  verdict: name,
  ...(target !== undefined && { chain: target.name, chainSpan: target.span }),
});

export const elem = (key: Typed, data?: Typed, options?: ElementOptions): ElemX => ({
  kind: 'elem',
  span: key.span,
  type: key.type,
  byteorder: key.byteorder,
  len: key.len,
  key,
  ...(data !== undefined && { data }),
  ...(options !== undefined && { options }),
});

export const setLiteral = (span: Span, elements: ElemX[]): SetX => ({
  kind: 'set',
  span,
  type: invalidType,
  byteorder: 'none',
  len: 0,
  elements,
  interval: false,
  concat: false,
});

/** A load of bytes that stands for no header field. */
export const rawPayload = (span: Span, base: Base, offset: number, len: number): PayloadX => ({
  kind: 'payload',
  span,
  type: integerType,
  byteorder: 'big',
  len,
  base,
  offset,
  raw: true,
  evaluated: false,
});

/** Known before any packet is seen: what may stand right of a comparison. */
export function isConstant(x: Typed): boolean {
  switch (x.kind) {
    case 'value':
    case 'range':
    case 'prefix':
    case 'verdict':
    case 'set':
    case 'setref':
    case 'catchall':
    case 'map':
      return true;
    case 'elem':
      return isConstant(x.key);
    case 'concat':
      return x.items.every(isConstant);
    default:
      return false;
  }
}

/** One value, not a range of them. */
export function isSingleton(x: Typed): boolean {
  switch (x.kind) {
    case 'value':
    case 'verdict':
    case 'catchall':
      return true;
    case 'elem':
      return isSingleton(x.key);
    case 'concat':
      return x.items.every(isSingleton);
    default:
      return false;
  }
}

export const isString = (x: Typed): boolean => basetypeOf(x.type).name === 'string';
export const isInteger = (x: Typed): boolean => basetypeOf(x.type).id === integerType.id;

const ONES: bigint[] = [];

/** The low `bits` bits set. Kept, since every element of a set is measured by one. */
export function ones(bits: number): bigint {
  const known = ONES[bits];
  if (known !== undefined) return known;
  const mask = (1n << BigInt(bits)) - 1n;
  if (bits <= 4096) ONES[bits] = mask;
  return mask;
}

/** The mask of a prefix. */
export const prefixMask = (bits: number, prefixLen: number): bigint =>
  ones(prefixLen) << BigInt(bits - prefixLen);

export const bytesOf = (bits: number): number => Math.ceil(bits / 8);
export const roundUp8 = (bits: number): number => Math.ceil(bits / 8) * 8;

/** What messages call an expression. */
export const kindName = (x: Typed): string => (x.kind === 'setref' ? 'set reference' : x.kind);
