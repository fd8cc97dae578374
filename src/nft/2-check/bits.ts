// Fields that do not start or end at a byte: the kernel loads whole bytes, so a mask and a shift
// bring out the bits meant.

import { integerType } from '../types/index.ts';
import { convertByteOrder } from './byteorder.ts';
import type { RuleContext } from './context.ts';
import { refuse } from './refuse.ts';
import {
  binop,
  bytesOf,
  type ExthdrX,
  ones,
  type PayloadX,
  roundUp8,
  type Typed,
  type UnaryX,
  value,
} from './typed.ts';

export const needsAdjustment = (x: PayloadX | ExthdrX): boolean =>
  x.offset % 8 !== 0 || x.len % 8 !== 0;

/** How far right the field stands from the end of the bytes loaded, and bits loaded beyond it. */
export function offsetShift(x: PayloadX | ExthdrX): { shift: number; extra: number } {
  let shift = roundUp8(x.len) - ((x.offset % 8) + x.len);
  let extra = 0;
  for (; shift < 0; shift += 8) extra += 8;
  return { shift, extra };
}

const REGISTER_BITS = 128;

export function evaluateBits(cx: RuleContext, x: PayloadX | ExthdrX): Typed {
  const writesHeader = cx.current?.kind === 'set payload';
  // `set` of a header field masks on its own, but not what a map is asked for.
  if (writesHeader && cx.mapKey === undefined) return x;
  const { shift, extra } = offsetShift(x);
  const { len, span, type, byteorder } = x;
  const maskLen = len + shift;
  if (maskLen > REGISTER_BITS) {
    refuse(
      'bad_offset',
      span,
      `mask length ${maskLen} exceeds allowed maximum of ${REGISTER_BITS}`,
    );
  }
  const mask = value(span, integerType, 'host', maskLen, ones(len) << BigInt(shift));
  const and = binop(span, '&', x, mask);
  Object.assign(and, { type, byteorder, len: maskLen });
  x.len += extra;
  if (shift === 0) return and;

  let shifted: Typed = and;
  let order = byteorder;
  const shiftedKey = writesHeader && cx.mapKey === 'shifted';
  const joined = cx.expect.key !== undefined || cx.statementLen > 0 || shiftedKey;
  if (joined && bytesOf(maskLen) > 1) {
    shifted = convertByteOrder(cx, and, 'host') as UnaryX;
    shifted.len = maskLen;
    order = 'host';
  }
  const result = binop(span, '>>', shifted, value(span, integerType, 'host', 8, BigInt(shift)));
  return Object.assign(result, { type, byteorder: order, len: maskLen });
}
