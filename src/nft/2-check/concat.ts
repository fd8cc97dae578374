// Concatenations: each field read by the one it stands beside, laid out register by register.

import {
  concatType,
  type Datatype,
  integerType,
  invalidType,
  paddedBits,
  sizedInteger,
} from '../types/index.ts';
import { expectExactly, expectType, type RuleContext } from './context.ts';
import { evaluate } from './evaluate.ts';
import { refuse } from './refuse.ts';
import {
  bytesOf,
  type ConcatX,
  isConstant,
  kindName,
  type Typed,
  type TypedKind,
} from './typed.ts';

/** What a field of a concatenation is read as: the selector's field, or the type's. */
function fieldExpectation(
  cx: RuleContext,
  keys: readonly Typed[] | undefined,
  type: Datatype | undefined,
  i: number,
): void {
  const key = keys?.[i];
  if (key !== undefined) {
    expectExactly(cx, key.type, key.byteorder, key.len);
    return;
  }
  const part = type?.parts?.[i];
  if (part === undefined) {
    expectExactly(cx, invalidType, 'none', 0);
    return;
  }
  expectExactly(cx, part, part.byteorder, part.size);
}

const FORBIDDEN: ReadonlySet<TypedKind> = new Set<TypedKind>([
  'verdict',
  'symbol',
  'list',
  'set',
  'setref',
  'setname',
  'elem',
  'catchall',
]);

function checkField(cx: RuleContext, x: Typed): void {
  const isRange = x.kind === 'range' || x.kind === 'prefix';
  if (FORBIDDEN.has(x.kind) || (isRange && cx.depth === 0)) {
    refuse('bad_concat', x.span, `cannot use ${kindName(x)} in concatenation`);
  }
}

const MAX_KEY_BITS = 512;

/** Addresses of `ct original saddr` have no width before the family is known. */
function refuseUntypedCt(x: Typed): void {
  if (x.kind === 'ct' && (x.key.name === 'saddr' || x.key.name === 'daddr')) {
    refuse('ambiguous_address', x.span, 'specify either ip or ip6 for address matching');
  }
}

interface Shape {
  readonly type: Datatype | undefined;
  readonly keys: readonly Typed[] | undefined;
  /** How many fields there must be, where that is known. */
  readonly count: number | undefined;
}

function shapeOf(cx: RuleContext): Shape {
  const { type, key } = cx.expect;
  const keys = key?.kind === 'concat' ? key.items : undefined;
  const unknown = type === undefined ? undefined : 0;
  return { type, keys, count: keys?.length ?? type?.parts?.length ?? unknown };
}

function evaluateField(cx: RuleContext, item: Typed, i: number, shape: Shape): Typed {
  const { type, keys, count } = shape;
  if (count === 0 && item.kind === 'symbol') {
    refuse('type_mismatch', item.span, `expected one ${type?.desc}, found a concatenation`);
  }
  refuseUntypedCt(item);
  fieldExpectation(cx, keys, type, i);
  cx.expect.key = item;
  cx.depth++;
  const field = evaluate(cx, item);
  cx.depth--;
  checkField(cx, field);
  if (isConstant(field) && field.kind !== 'map' && count !== undefined && i >= count) {
    refuse('bad_concat', field.span, `unexpected concat component, expecting ${type?.desc}`);
  }
  cx.tunnel = undefined;
  return field;
}

/** Bits a field takes before padding; only loads of a known width may stand without a type. */
function fieldBits(field: Typed, i: number, { type, keys }: Shape): number {
  if (keys?.[i] === undefined && field.type.id === integerType.id) {
    field.type = sizedInteger(field.type, field.len, field.byteorder);
  }
  if (type === undefined && field.type.size === 0) {
    refuse('bad_concat', field.span, `cannot use variable sized type ${field.type.name} here`);
  }
  return (keys?.[i]?.len ?? type?.parts?.[i]?.size) || field.type.size || field.len;
}

/** The type wanted, if these are its fields: a set of many elements need not name it again. */
function joined(parts: readonly Datatype[], wanted: Datatype | undefined): Datatype {
  const fields = wanted?.parts;
  const same = fields?.length === parts.length && parts.every((part, i) => part === fields[i]);
  return same && wanted !== undefined ? wanted : concatType(parts);
}

export function evaluateConcat(cx: RuleContext, x: ConcatX): Typed {
  const context = cx.expect.key?.kind === 'concat' ? cx.expect.key : undefined;
  const shape = shapeOf(cx);
  const { type, keys, count } = shape;
  if (keys !== undefined && x.items.length > keys.length) {
    refuse('bad_concat', x.span, 'too many concatenation components');
  }
  x.items = x.items.map((item, i) => evaluateField(cx, item, i, shape));
  const widths = x.items.map((field, i) => fieldBits(field, i, shape));
  const bits = widths.reduce((sum, width) => sum + paddedBits(width), 0);
  if (bits > MAX_KEY_BITS) {
    refuse('bad_concat', x.span, `a concatenation holds at most ${MAX_KEY_BITS / 8} bytes`);
  }
  const parts = x.items.map((field) => field.type);
  if (count !== undefined && type?.parts !== undefined && x.items.length < count) {
    refuse('type_mismatch', x.span, `expected ${type.desc}, found ${concatType(parts).desc}`);
  }
  x.fieldLens = widths.map(bytesOf);
  x.type = joined(parts, type);
  x.byteorder = 'none';
  x.len = bits;
  expectType(cx, x.type, bits);
  cx.expect.key = context ?? x;
  return x;
}
