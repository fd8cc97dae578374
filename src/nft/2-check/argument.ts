// The value a statement takes: `meta mark set X`, `dnat to X`, `queue to X`.

import type { Span } from '../ast/index.ts';
import { typeMismatch } from '../diagnostics/index.ts';
import { integerType, ipaddrType, markType, sameType } from '../types/index.ts';
import { convertByteOrder } from './byteorder.ts';
import { expectExactly, type RuleContext } from './context.ts';
import { evaluate } from './evaluate.ts';
import { compatible } from './maps.ts';
import { refuse, refuseWith } from './refuse.ts';
import type { Argument } from './statement.ts';
import {
  isConstant,
  type MapX,
  ones,
  type PrefixX,
  prefixMask,
  range,
  type Typed,
  value,
} from './typed.ts';

/** A prefix as an address to translate to is the range of its addresses. */
function prefixToRange(x: PrefixX): Typed {
  const { prefix } = x;
  if (prefix.kind !== 'value') return refuse('bad_prefix', x.span, 'a prefix needs a constant');
  const { span, type, byteorder, len } = prefix;
  const from = prefix.value & prefixMask(len, x.prefixLen);
  const to = prefix.value | ones(len - x.prefixLen);
  return range(
    x.span,
    value(span, type, byteorder, len, from),
    value(span, type, byteorder, len, to),
  );
}

function checkType(x: Typed, wanted: Argument): void {
  const raw = x.kind === 'payload' && sameType(x.type, integerType);
  const base = wanted.type.base ?? wanted.type;
  if (raw && (!sameType(x.type, base) || x.len !== wanted.len)) {
    refuseWith(typeMismatch(x.span, wanted.type.desc, `${x.type.desc} with length ${x.len}`));
  }
  if (!compatible(wanted.type, x.type)) {
    refuseWith(typeMismatch(x.span, wanted.type.desc, x.type.desc));
  }
}

/** Only an address to translate to can be any of a range. */
function refuseIntervals(x: MapX, { intervals }: Argument): Typed {
  if (intervals !== true && x.mapping.kind === 'setref' && x.mapping.set.dataInterval) {
    refuse('range_argument', x.mapping.span, 'a map of ranges cannot be used here');
  }
  return x;
}

/** Checks an evaluated value against what the statement takes, and brings it into its order. */
export function acceptArgument(cx: RuleContext, x: Typed, wanted: Argument): Typed {
  checkType(x, wanted);
  const { type, byteorder } = wanted;
  const sameBase = (type.base ?? type) === (x.type.base ?? x.type);
  if (type === markType && sameBase && !isConstant(x)) return convertByteOrder(cx, x, byteorder);
  switch (x.kind) {
    case 'set':
    case 'setref':
      return refuse('set_as_value', x.span, 'you cannot use a set here, unknown value to use');
    case 'map':
      return refuseIntervals(x, wanted);
    case 'rt':
      return convertByteOrder(cx, x, byteorder);
    case 'prefix':
      return prefixToRange(x);
    case 'numgen':
      return type === ipaddrType ? convertByteOrder(cx, x, byteorder) : x;
    default:
      return x;
  }
}

export function evaluateArgument(cx: RuleContext, x: Typed, wanted: Argument): Typed {
  expectExactly(cx, wanted.type, wanted.byteorder, wanted.len);
  return acceptArgument(cx, evaluate(cx, x), wanted);
}

export function refuseRange(x: Typed, statement: string): Typed {
  if (x.kind === 'range') {
    refuse('range_argument', x.span, `${statement}: range argument not supported`);
  }
  return x;
}

export const missing = (span: Span, what: string): never =>
  refuse('missing_argument', span, `missing ${what}`);
