// Byte order. Numbers of a program are written big endian, so for constants an order is only a
// label; a value loaded from the packet or the kernel gets a conversion.

import type { ByteOrder } from '../types/index.ts';
import type { RuleContext } from './context.ts';
import { refuse } from './refuse.ts';
import {
  bytesOf,
  type ConcatX,
  isConstant,
  isInteger,
  isString,
  type Typed,
  type UnaryX,
} from './typed.ts';

function convert(x: Typed, byteorder: 'host' | 'big'): UnaryX {
  return {
    kind: 'unary',
    span: x.span,
    op: byteorder === 'big' ? 'hton' : 'ntoh',
    arg: x,
    type: x.type,
    byteorder,
    len: x.len,
  };
}

/** Each field of a concatenation is compared as a big-endian number of its own. */
function convertFields(cx: RuleContext, x: ConcatX, byteorder: 'host' | 'big'): ConcatX {
  x.items = x.items.map((item) => {
    if (item.byteorder === 'big' || isString(item) || item.kind === 'value') return item;
    return bytesOf(item.len) >= 2 ? convertByteOrder(cx, item, byteorder) : item;
  });
  return x;
}

/** The expression in that byte order; a string or a single byte has none. */
export function convertByteOrder(cx: RuleContext, x: Typed, byteorder: ByteOrder): Typed {
  if (x.byteorder === byteorder || byteorder === 'none') return x;
  if (x.kind === 'concat') return convertFields(cx, x, byteorder);
  if (isString(x)) return x;
  if (!isInteger(x)) {
    refuse('byte_order', x.span, `${x.type.desc} cannot be compared by size here`);
  }
  if (isConstant(x) || bytesOf(x.len) < 2 || x.byteorder === 'none') {
    x.byteorder = byteorder;
    return x;
  }
  return convert(x, byteorder);
}
