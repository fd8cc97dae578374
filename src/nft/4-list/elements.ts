// Elements of sets and maps as expressions: bytes cut into fields, each field a value, a range or
// a prefix of its type.

import type { Data, Hex, SetElement, SetSpec } from '../../program/index.ts';
import {
  type ElementExpression,
  type ElementOptions,
  type Expression,
  NO_SPAN,
  type StatefulStatement,
} from '../ast/index.ts';
import {
  basetypeOf,
  type Datatype,
  datatypeOf,
  integerType,
  isBitmask,
  stringType,
} from '../types/index.ts';
import { verdictOf } from './lift.ts';
import { constantOf, isPrefixMask, ones, paddedBits } from './operand.ts';
import { hasPrefixes } from './operand-type.ts';
import { statefulStatement } from './simple.ts';
import { inRange, renderValue, type ValueContext } from './values.ts';

const span = NO_SPAN;

/** How the elements of one set are to be read. */
export interface ElementTypes {
  readonly key: Datatype;
  readonly data: Datatype | undefined;
  /** Anonymous sets under a mask: see SetOperand. */
  readonly shift: number;
  /** Bits of a key, after the shift. */
  readonly bits: number;
}

interface Field {
  readonly bits: number;
  readonly type: Datatype;
}

/** The fields of a key: by the lengths the set carries, else by those of the types. */
function fieldsOf(type: Datatype, bits: number, lens: readonly number[] | undefined): Field[] {
  const parts = type.parts ?? [];
  if (parts.length < 2) return [{ bits, type }];
  return parts.map((part, i) => ({ type: part, bits: (lens?.[i] ?? part.size / 8) * 8 || 32 }));
}

function cut(hex: Hex, fields: readonly Field[]): bigint[] {
  if (fields.length === 1) return [constantOf(hex).value];
  let at = 0;
  return fields.map((field) => {
    const value = constantOf(hex.slice(at, at + field.bits / 4)).value;
    at += paddedBits(field.bits) / 4;
    return value;
  });
}

/** Whether low … high is a whole block that a prefix can name. */
function prefixOf(low: bigint, high: bigint, bits: number): number | undefined {
  const size = high - low;
  const mask = ones(bits) ^ size;
  const aligned = (low & size) === 0n && isPrefixMask(mask, bits);
  if (!aligned || (size & (size + 1n)) !== 0n) return undefined;
  return bits - size.toString(2).length;
}

/** A range of values of one type: a value, a prefix where the type has them, or a range. */
export function renderRange(
  low: bigint,
  high: bigint,
  bits: number,
  type: Datatype,
  cx: ValueContext,
): Expression {
  if (low === high) return renderValue(low, bits, type, cx);
  const isText = basetypeOf(type) === stringType;
  const len = hasPrefixes(type) || isText ? prefixOf(low, high, bits) : undefined;
  if (len === undefined) {
    const inner = inRange(cx);
    const from = renderValue(low, bits, type, inner);
    return { kind: 'range', span, from, to: renderValue(high, bits, type, inner) };
  }
  // A prefix of text is the text cut off, which its missing end shows as a wildcard.
  if (isText) return renderValue(low >> BigInt(bits - len), len, type, cx);
  return { kind: 'prefix', span, addr: renderValue(low, bits, type, cx), len };
}

const joined = (items: readonly Expression[]): Expression =>
  items.length === 1 ? items[0]! : { kind: 'concat', span, items };

/** `low` … `high` field by field. */
function renderFields(
  low: Hex,
  high: Hex | undefined,
  fields: readonly Field[],
  cx: ValueContext,
  shift = 0,
): Expression {
  const from = cut(low, fields);
  const to = high === undefined ? from : cut(high, fields);
  const by = BigInt(shift);
  return joined(
    fields.map((field, i) => renderRange(from[i]! >> by, to[i]! >> by, field.bits, field.type, cx)),
  );
}

function renderKey(set: SetSpec, e: SetElement, types: ElementTypes, cx: ValueContext): Expression {
  if (e.catchall === true) return { kind: 'catchall', span };
  const bits = types.key.parts === undefined ? types.bits : set.keyLen * 8;
  const fields = fieldsOf(types.key, bits, set.fieldLens);
  return renderFields(e.key, e.keyEnd, fields, cx, types.shift);
}

function renderData(
  data: Data,
  end: Hex | undefined,
  type: Datatype,
  cx: ValueContext,
): Expression {
  if (data.kind === 'verdict') return verdictOf(data);
  const bits = data.bytes.length * 4;
  if (end === data.bytes && type.parts === undefined && hasPrefixes(type)) {
    // Interval data of one address: nft shows how long a prefix it is.
    const addr = renderValue(constantOf(data.bytes).value, bits, type, cx);
    return { kind: 'prefix', span, addr, len: bits };
  }
  const fields = fieldsOf(type, bits, undefined);
  return renderFields(data.bytes, end, fields, cx);
}

function elementData(e: SetElement, types: ElementTypes, cx: ValueContext): Expression | undefined {
  if (e.objref !== undefined) {
    return { kind: 'symbol', span, name: e.objref, form: 'quoted' };
  }
  if (e.data === undefined) return undefined;
  return renderData(e.data, e.dataEnd, types.data ?? integerType, cx);
}

/** A timeout of this many milliseconds stands for none (NFT_NEVER_TIMEOUT). */
const NEVER = Number.MAX_SAFE_INTEGER;

function optionsOf(e: SetElement): ElementOptions | undefined {
  const statements = (e.exprs ?? []).flatMap((expr): StatefulStatement[] => {
    const statement = statefulStatement(expr);
    return statement === undefined ? [] : [statement];
  });
  const plain =
    statements.length === 0 &&
    e.timeout === undefined &&
    e.expires === undefined &&
    e.comment === undefined;
  if (plain) return undefined;
  return {
    statements,
    ...(e.timeout === undefined ? {} : { timeout: e.timeout >= NEVER ? 'never' : e.timeout }),
    ...(e.expires === undefined ? {} : { expires: e.expires }),
    ...(e.comment === undefined ? {} : { comment: e.comment }),
  };
}

function renderElement(
  set: SetSpec,
  e: SetElement,
  types: ElementTypes,
  cx: ValueContext,
): ElementExpression {
  const data = elementData(e, types, cx);
  const options = optionsOf(e);
  return {
    kind: 'elem',
    span,
    key: renderKey(set, e, types, cx),
    ...(data === undefined ? {} : { data }),
    ...(options === undefined ? {} : { options }),
  };
}

const compare = <T extends string | bigint>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

/** Combined flags go by the first of them (expr_msort_value). */
const lowestFlag = (key: Hex): bigint => {
  const value = constantOf(key).value;
  return value & -value;
};

/**
 * nft lists elements by value, the catch-all last. Ranges of concatenations come as the kernel
 * gives them, which is the order they were added in.
 */
function inOrder(set: SetSpec, type: Datatype): readonly SetElement[] {
  const { elements, flags } = set;
  if (flags.includes('interval') && (type.parts?.length ?? 0) > 1) return elements;
  const byFlag = isBitmask(type);
  return [...elements].sort((a, b) => {
    if (a.catchall === true || b.catchall === true) {
      return Number(a.catchall === true) - Number(b.catchall === true);
    }
    return byFlag ? compare(lowestFlag(a.key), lowestFlag(b.key)) : compare(a.key, b.key);
  });
}

export const typesOfSet = (set: SetSpec): ElementTypes => ({
  key: datatypeOf(set.keyType) ?? integerType,
  data: set.dataType === undefined ? undefined : datatypeOf(set.dataType),
  shift: 0,
  bits: set.keyLen * 8,
});

export const renderElements = (
  set: SetSpec,
  types: ElementTypes,
  cx: ValueContext,
): ElementExpression[] => inOrder(set, types.key).map((e) => renderElement(set, e, types, cx));
