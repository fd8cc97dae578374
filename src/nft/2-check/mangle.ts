// `set`: writing to header fields, options, meta and conntrack keys. The kernel writes whole
// bytes, and an even number of them where a checksum follows: what lies beside the field is read
// first and written back.

import type { StatementOf } from '../ast/index.ts';
import { integerType } from '../types/index.ts';
import { allocate } from './allocate.ts';
import { evaluateArgument, refuseRange } from './argument.ts';
import { needsAdjustment, offsetShift } from './bits.ts';
import { convertByteOrder } from './byteorder.ts';
import type { RuleContext } from './context.ts';
import { evaluate, typeExthdr } from './evaluate.ts';
import { refuseWithoutConntrack } from './keyed.ts';
import { refuse } from './refuse.ts';
import { dependOnHeader } from './selectors.ts';
import type { SetPayloadStmt, Stmt } from './statement.ts';
import {
  type BinopX,
  binop,
  bytesOf,
  type ExthdrX,
  isConstant,
  ones,
  type PayloadX,
  rawPayload,
  type Typed,
  value,
} from './typed.ts';

/** Checksums are summed by 16 bits, and the kernel takes a VLAN tag's halves only whole. */
const needsEvenBytes = (x: PayloadX): boolean =>
  x.base === 'ih' ||
  x.proto?.checksum !== undefined ||
  (x.base === 'll' && x.proto?.name === 'vlan');

interface Window {
  /** Bytes. */
  readonly offset: number;
  readonly size: number;
  /** Bits behind the field inside the window. */
  readonly shift: number;
}

function windowOf(x: PayloadX): Window {
  const { shift, extra } = offsetShift(x);
  const window = { offset: Math.floor(x.offset / 8), size: bytesOf(x.len + extra), shift };
  if (!needsEvenBytes(x) || window.size % 2 === 0) return window;
  const size = window.size + 1;
  // A 16-bit aligned load is the cheaper one.
  return window.offset % 2 === 1
    ? { offset: window.offset - 1, size, shift }
    : { offset: window.offset, size, shift: shift + 8 };
}

/** Everything in the window but the field. */
const othersMask = (x: PayloadX, { size, shift }: Window): bigint =>
  ones(size * 8) ^ (ones(x.len) << BigInt(shift));

const MAX_WINDOW = 16;

/** `ip dscp set ip dscp | 4`: the field is changed within the bytes it was loaded with. */
function changeInPlace(cx: RuleContext, stmt: SetPayloadStmt, window: Window): boolean {
  const steps = [stmt.value as BinopX];
  for (let left = steps[0]!.left; left.kind === 'binop'; left = left.left) steps.push(left);
  const source = steps.at(-1)!.left;
  const { target } = stmt;
  const same =
    source.kind === 'payload' &&
    source.proto === target.proto &&
    source.field === target.field &&
    source.base === target.base &&
    source.offset === target.offset;
  if (!same) return false;
  for (const { op, right } of steps) {
    if (right.kind !== 'value')
      return refuse('bad_set', right.span, 'only a constant can be applied to the field here');
    right.value <<= BigInt(window.shift);
    if (op === '&') right.value |= othersMask(target, window);
  }
  Object.assign(source, { offset: window.offset * 8, len: window.size * 8, raw: true });
  stmt.target = { ...source };
  cx.statementLen = source.len;
  stmt.value = evaluate(cx, stmt.value);
  return true;
}

/** Loads the window, clears the field and puts the value in. */
function writeBeside(cx: RuleContext, stmt: SetPayloadStmt, window: Window): void {
  const { target, value: given } = stmt;
  const len = window.size * 8;
  const mask = value(target.span, integerType, target.byteorder, len, othersMask(target, window));
  const bytes = rawPayload(target.span, target.base, window.offset * 8, len);
  bytes.byteorder = target.byteorder;
  if (target.proto !== undefined) bytes.proto = target.proto;
  target.len = len;
  target.offset = bytes.offset;
  const kept = Object.assign(binop(target.span, '&', bytes, mask), { len });
  const joined = binop(target.span, '^', kept, given);
  stmt.value = evaluate(cx, Object.assign(joined, { type: target.type, len }));
}

function setPayload(cx: RuleContext, stmt: SetPayloadStmt): void {
  const { target } = stmt;
  if (target.inner !== undefined) {
    refuse('bad_set', target.span, 'headers inside a tunnel cannot be written');
  }
  dependOnHeader(cx, target);
  const { type, len, byteorder } = target;
  stmt.value = evaluateArgument(cx, stmt.value, { type, len, byteorder });
  if (!isConstant(stmt.value)) stmt.value = convertByteOrder(cx, stmt.value, byteorder);
  refuseRange(stmt.value, 'payload');
  const odd = needsEvenBytes(target) && (len / 8) % 2 === 1;
  if (!needsAdjustment(target) && !odd) return;

  const window = windowOf(target);
  if (window.size > MAX_WINDOW) {
    refuse('bad_set', target.span, `an uneven load cannot span more than ${MAX_WINDOW} bytes`);
  }
  if (stmt.value.kind === 'binop') {
    if (changeInPlace(cx, stmt, window)) return;
  } else if (stmt.value.kind === 'value') {
    stmt.value.value <<= BigInt(window.shift);
  } else {
    refuse('bad_set', stmt.value.span, 'payload statement for this expression is not supported');
  }
  writeBeside(cx, stmt, window);
}

/** nft_exthdr_tcp_set_init() of the kernel: TCP options only, by 2 or 4 bytes. */
function refuseUnwritable(x: ExthdrX): void {
  if (x.op !== 'tcpopt')
    refuse('bad_set', x.span, 'only TCP options can be written, not this header');
  if (x.fieldLen !== 16 && x.fieldLen !== 32) {
    refuse('bad_set', x.span, 'the kernel writes fields of 2 or 4 bytes in TCP options');
  }
}

function setExthdr(cx: RuleContext, stmt: Stmt, target: ExthdrX, given: Typed): Stmt {
  refuseUnwritable(target);
  typeExthdr(cx, target);
  const wanted = { type: target.type, len: target.len, byteorder: 'big' } as const;
  const written = refuseRange(evaluateArgument(cx, given, wanted), 'exthdr');
  return { kind: 'set exthdr', span: stmt.span, target, value: written };
}

/** Settable conntrack keys that the kernel takes from a register (nft_ct.c, nft_ct_set_init). */
const CT_SETTABLE = new Set(['mark', 'label', 'zone', 'event', 'secmark']);
const META_SETTABLE = new Set(['mark', 'priority', 'pkttype', 'nftrace', 'secmark', 'broute']);
META_SETTABLE.add('ibrhwaddr');

/** Checks a `set`, and gives the statement that takes the place of `current`. */
export function mangle(cx: RuleContext, x: StatementOf<'mangle'>, current: Stmt): Stmt {
  const target = allocate(x.key);
  const given = allocate(x.value);
  switch (target.kind) {
    case 'payload': {
      const stmt = current as SetPayloadStmt;
      stmt.target = target;
      stmt.value = given;
      setPayload(cx, stmt);
      return stmt;
    }
    case 'exthdr':
      return setExthdr(cx, current, target, given);
    case 'meta':
    case 'ct': {
      const { key } = target;
      if (target.kind === 'ct') refuseWithoutConntrack(cx, target.span);
      const settable = target.kind === 'meta' ? META_SETTABLE : CT_SETTABLE;
      if (!settable.has(key.name)) {
        refuse('bad_set', target.span, `${target.kind} ${key.name} cannot be set`);
      }
      cx.statementLen = key.len;
      const wanted = { type: key.type, len: key.len, byteorder: key.byteorder };
      const written = refuseRange(evaluateArgument(cx, given, wanted), target.kind);
      const shape = { span: x.span, key, value: written };
      if (target.kind === 'meta') return { kind: 'set meta', ...shape };
      if (key.name === 'secmark' && isConstant(written)) {
        refuse('bad_set', x.span, 'ct secmark must not be set to constant value');
      }
      return { kind: 'set ct', ...shape, ...(target.dir !== undefined && { dir: target.dir }) };
    }
    default:
      return refuse('bad_set', target.span, `a ${target.kind} cannot be set`);
  }
}
