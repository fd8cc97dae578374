// Arithmetic on bits: `&`, `|`, `^` and shifts, folded where both sides are known; and moving an
// invertible operation from the selector to the constants it is compared with.

import type { Span } from '../ast/index.ts';
import { basetypeOf, integerType, sameType } from '../types/index.ts';
import { convertByteOrder } from './byteorder.ts';
import { expectExactly, type RuleContext } from './context.ts';
import { evaluate, evaluateValue } from './evaluate.ts';
import { refuse } from './refuse.ts';
import {
  type BinopX,
  binop,
  isConstant,
  isInteger,
  isSingleton,
  isString,
  kindName,
  ones,
  type Typed,
  type UnaryX,
  type ValueX,
  value,
} from './typed.ts';

function apply(op: BinopX['op'], left: bigint, right: bigint): bigint {
  switch (op) {
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    case '<<':
      return left << right;
    case '>>':
      return left >> right;
  }
}

/** Both sides are values: their result, cut to the length of the operation. */
function fold(cx: RuleContext, x: BinopX, left: ValueX, right: ValueX): Typed {
  const start = x.op === '>>' ? left.value & ones(x.len) : left.value;
  const result = apply(x.op, start, right.value) & ones(x.len);
  return evaluateValue(cx, value(x.span, x.type, x.byteorder, x.len, result));
}

function evaluateShift(cx: RuleContext, x: BinopX, right: ValueX): Typed {
  const max = Math.max(cx.statementLen, x.left.len);
  if (right.value >= BigInt(max)) {
    const side = x.op === '<<' ? 'left' : 'right';
    refuse('bad_shift', right.span, `${side} shift of ${right.value} bits is undefined for ${max}`);
  }
  x.left = convertByteOrder(cx, x.left, 'host');
  right.byteorder = 'host';
  Object.assign(x, { type: integerType, byteorder: 'host', len: max });
  return x.left.kind === 'value' ? fold(cx, x, x.left, right) : x;
}

function evaluateBitwise(cx: RuleContext, x: BinopX): Typed {
  const wider = cx.statementLen > x.left.len;
  if (wider) x.left = convertByteOrder(cx, x.left, 'host');
  const { left } = x;
  const byteorder = wider ? 'host' : left.byteorder;
  x.right = convertByteOrder(cx, x.right, byteorder);
  x.type = wider ? integerType : left.type;
  x.byteorder = byteorder;
  x.len = wider ? cx.statementLen : left.len;
  return left.kind === 'value' && x.right.kind === 'value' ? fold(cx, x, left, x.right) : x;
}

function checkOperands(x: BinopX): void {
  const { left, right, op } = x;
  if (!isInteger(left) && !isString(left)) {
    refuse('bad_operation', left.span, `operation ${op} is undefined for ${left.type.desc}`);
  }
  if (isConstant(left) && left.kind !== 'map' && !isSingleton(left)) {
    refuse('bad_operation', left.span, `operation ${op} is undefined for a ${kindName(left)}`);
  }
  if (!sameType(basetypeOf(left.type), basetypeOf(right.type))) {
    refuse('bad_operation', x.span, `${op} joins ${left.type.desc} and ${right.type.desc}`);
  }
}

function constantRight(x: BinopX, right: Typed): ValueX {
  if (right.kind === 'value') return right;
  const message = `the right hand side of ${x.op} must be a constant, not a ${kindName(right)}`;
  return refuse('bad_operation', right.span, message);
}

/** How deep the kernel's expressions may nest once linearised. */
const MAX_DEPTH = 16;

function checkDepth(x: BinopX): void {
  let depth = 0;
  for (let at: Typed = x; at.kind === 'binop'; at = at.left) {
    if (++depth >= MAX_DEPTH) refuse('too_deep', x.span, `more than ${MAX_DEPTH} operations`);
  }
}

export function evaluateBinop(cx: RuleContext, x: BinopX): Typed {
  const isShift = x.op === '<<' || x.op === '>>';
  const expectedLen = cx.expect.len;
  x.left = evaluate(cx, x.left);
  if (isShift) {
    const len = Math.max(expectedLen, x.left.len);
    expectExactly(cx, integerType, x.left.byteorder, len);
  }
  x.right = evaluate(cx, x.right);
  if (x.left.kind === 'value' && !isConstant(x.right)) {
    [x.left, x.right] = [x.right, x.left];
  }
  checkOperands(x);
  if (isShift) return evaluateShift(cx, x, constantRight(x, x.right));
  if (isConstant(x.left) && !isConstant(x.right)) constantRight(x, x.right);
  if (isConstant(x.right) && x.right.kind !== 'map') constantRight(x, x.right);
  const result = evaluateBitwise(cx, x);
  if (result.kind === 'binop') checkDepth(result);
  return result;
}

/** Conversions are made with everything known; there is nothing left to find out. */
export function evaluateUnary(_cx: RuleContext, x: UnaryX): Typed {
  return x;
}

/** Whether the operation can be undone on the constant side: -1 for a comparison never true. */
function transferable(cx: RuleContext, op: BinopX, amount: ValueX, x: Typed): boolean {
  switch (x.kind) {
    case 'elem':
      return transferable(cx, op, amount, x.key);
    case 'range':
      return transferable(cx, op, amount, x.from) && transferable(cx, op, amount, x.to);
    case 'value':
      break;
    default:
      return false;
  }
  if (op.op === '<<') {
    if ((x.value & ones(Number(amount.value))) !== 0n) {
      refuse('never_true', x.span, 'comparison is always false: the shift leaves these bits 0');
    }
    return true;
  }
  if (op.op !== '>>') return op.op === '^';
  const shift = Number(amount.value);
  if (cx.expect.len < x.len + shift) cx.expect.len += shift;
  return true;
}

const INVERSE = { '<<': '>>', '>>': '<<', '^': '^' } as const;

function undo(cx: RuleContext, op: keyof typeof INVERSE, amount: ValueX, x: Typed): Typed {
  switch (x.kind) {
    case 'elem':
      x.key = undo(cx, op, amount, x.key);
      x.len = x.key.len;
      return x;
    case 'range':
      x.from = undo(cx, op, amount, x.from);
      x.to = undo(cx, op, amount, x.to);
      x.len = x.from.len;
      return x;
    case 'value':
      return evaluate(cx, binop(x.span, INVERSE[op], x, { ...amount }));
    default:
      return x;
  }
}

/** A right shift becomes the mask of the bits it would have kept. */
function withoutOperation(x: BinopX, amount: ValueX): Typed {
  if (x.op !== '>>') return Object.assign(x.left, { type: x.type });
  const mask = ones(x.left.len) << amount.value;
  return { ...x, op: '&', right: value(amount.span, amount.type, 'host', amount.len, mask) };
}

export interface Sides {
  left: Typed;
  right: Typed;
}

/**
 * `(field >> 2) == 46` is `field & 0xfc == 184`: where the operation on the left can be undone, it
 * is applied to the constants instead, which the kernel then does not have to.
 */
export function transferBinop(cx: RuleContext, sides: Sides, _at: Span): void {
  const { left } = sides;
  if (left.kind !== 'binop' || left.right.kind !== 'value') return;
  const { op, right: amount } = left;
  if (op !== '<<' && op !== '>>' && op !== '^') return;
  const { right } = sides;
  if (right.kind === 'set') {
    if (!right.elements.every((e) => transferable(cx, left, amount, e))) return;
    for (const element of right.elements) undo(cx, op, amount, element);
  } else if (right.kind === 'value' || right.kind === 'range') {
    if (!transferable(cx, left, amount, right)) return;
    sides.right = undo(cx, op, amount, right);
  } else {
    return;
  }
  sides.left = withoutOperation(left, amount);
}
