// Comparisons: which ones there can be between a selector and constants, and what they say about
// the protocols that follow.

import { typeMismatch } from '../diagnostics/index.ts';
import { ctStateType, isBitmask, sameType } from '../types/index.ts';
import { transferBinop } from './binop.ts';
import { convertByteOrder } from './byteorder.ts';
import type { RuleContext } from './context.ts';
import { evaluate, evaluateEnds } from './evaluate.ts';
import { learn } from './learn.ts';
import { declareAnonymous } from './maps.ts';
import { refuse, refuseWith } from './refuse.ts';
import type { MatchStmt } from './statement.ts';
import { isConstant, isSingleton, kindName, type RangeX, type SetX, type Typed } from './typed.ts';

const isEquality = (op: MatchStmt['op']): boolean =>
  op === 'implicit' || op === '==' || op === '!=';

const isClock = (x: Typed): boolean =>
  x.kind === 'meta' && (x.key.name === 'hour' || x.key.name === 'day');

/** `meta hour 23:00-01:00` runs over midnight (UTC): everything but the time between. */
function wrapClock(cx: RuleContext, stmt: MatchStmt, right: RangeX): void {
  const { from, to } = evaluateEnds(cx, right);
  if (from.value <= to.value) return;
  right.from = to;
  right.to = from;
  stmt.op = stmt.op === '!=' ? '==' : '!=';
}

/** A set of one element is that element, but for concatenations. */
function unwrapSingle(stmt: MatchStmt, set: SetX): void {
  const only = set.elements[0];
  const { kind } = only?.key ?? set;
  const plain = only !== undefined && (only.options?.statements.length ?? 0) === 0;
  if (plain && (kind === 'value' || kind === 'range' || kind === 'prefix')) stmt.right = only.key;
  const { type } = stmt.right;
  const flags = isBitmask(type) && !sameType(type, ctStateType);
  // `{ syn }` is the exact value; only conntrack states stay a bit test.
  if (stmt.op === 'implicit' && flags) stmt.op = '==';
}

/** Learns from `==` with one value, or with each value of a set. */
function learnFrom(cx: RuleContext, left: Typed, right: Typed): void {
  if (right.kind === 'value') learn(cx, left, right.value);
  else if (right.kind === 'set') {
    for (const { key } of right.elements) if (key.kind === 'value') learn(cx, left, key.value);
  } else if (right.kind === 'setref' && left.kind === 'meta') {
    // A named set may hold anything: nothing is known any more.
    learn(cx, left, 0n);
  }
}

function checkNegation(stmt: MatchStmt): void {
  const { left, right } = stmt;
  if (left.kind === 'binop') {
    refuse('bad_negation', stmt.span, 'cannot combine negation with binary expression');
  }
  if (right.kind !== 'value' || !isBitmask(right.type)) {
    refuse('bad_negation', stmt.span, 'negation can only be used with a single set of flags', {
      suggestion: '!=',
    });
  }
}

function matchSet(cx: RuleContext, stmt: MatchStmt): void {
  const { right } = stmt;
  if (right.kind === 'set' && right.elements.length === 0) {
    refuse('empty_set', right.span, 'set is empty');
  }
  const set = right.kind === 'set' ? declareAnonymous(cx, stmt.left, right) : right;
  stmt.right = set;
  if (stmt.left.kind === 'ct' && /^[sd]addr$/.test(stmt.left.key.name)) {
    refuse('ambiguous_address', stmt.left.span, 'specify either ip or ip6 for address matching');
  }
  if (set.kind === 'setref' && set.set.interval) {
    stmt.left = convertByteOrder(cx, stmt.left, 'big');
  }
}

function matchEqual(cx: RuleContext, stmt: MatchStmt): void {
  const { left, right } = stmt;
  if (stmt.op !== '!=' && stmt.op !== '!') learnFrom(cx, left, right);
  if (stmt.op === '!') checkNegation(stmt);
  switch (right.kind) {
    case 'range':
      stmt.left = convertByteOrder(cx, left, 'big');
      right.from = convertByteOrder(cx, right.from, 'big');
      right.to = convertByteOrder(cx, right.to, 'big');
      return;
    case 'prefix':
      right.prefix = convertByteOrder(cx, right.prefix, left.byteorder);
      return;
    case 'value':
      stmt.right = convertByteOrder(cx, right, left.byteorder);
      return;
    case 'set':
    case 'setref':
      matchSet(cx, stmt);
      return;
    case 'concat':
      refuse('bad_concat', stmt.span, 'a concatenation is matched with a set', {
        hint: 'put the right side in braces',
      });
      return;
    default:
      refuse('bad_match', right.span, `cannot match a ${kindName(right)}`);
      return;
  }
}

function matchOrder(cx: RuleContext, stmt: MatchStmt): void {
  const { left, right, op } = stmt;
  if (left.kind === 'concat' || !isSingleton(right)) {
    const what = left.kind === 'concat' ? left : right;
    refuse('bad_match', what.span, `${op} is undefined for a ${kindName(what)}`);
  }
  stmt.left = convertByteOrder(cx, left, 'big');
  stmt.right = convertByteOrder(cx, right, 'big');
}

function checkSides(stmt: MatchStmt): void {
  const { left, right } = stmt;
  if (!isConstant(right) || right.kind === 'map') {
    refuse('not_constant', right.span, 'the right side of a match must be constant');
  }
  if (isConstant(left)) {
    refuse('constant_match', left.span, 'the left side of a match must come from the packet');
  }
  if (!sameType(left.type, right.type)) {
    refuseWith(typeMismatch(right.span, left.type.desc, right.type.desc));
  }
  const secmark = (left.kind === 'meta' || left.kind === 'ct') && left.key.name === 'secmark';
  if (secmark) refuse('bad_match', right.span, 'a secmark cannot be compared with a constant');
}

/** `exists` and `missing` make a route lookup answer whether there is a route. */
function askForPresence(stmt: MatchStmt): void {
  const { left, right } = stmt;
  if (left.kind !== 'fib' || right.kind !== 'value' || right.type.name !== 'boolean') return;
  left.present = true;
  left.type = right.type;
  left.len = 8;
}

export function evaluateMatch(cx: RuleContext, stmt: MatchStmt): void {
  askForPresence(stmt);
  if (stmt.right.kind === 'setname') stmt.right = evaluate(cx, stmt.right);
  stmt.left = evaluate(cx, stmt.left);
  if (isClock(stmt.left) && stmt.right.kind === 'range') wrapClock(cx, stmt, stmt.right);
  stmt.right = evaluate(cx, stmt.right);
  checkSides(stmt);
  if (stmt.right.kind === 'set' && stmt.left.kind !== 'concat' && isEquality(stmt.op)) {
    if (stmt.right.elements.length === 1) unwrapSingle(stmt, stmt.right);
  }
  if (isEquality(stmt.op) || stmt.op === '!') matchEqual(cx, stmt);
  else matchOrder(cx, stmt);
  transferIntoMatch(cx, stmt);
}

/** The set of an anonymous lookup was declared already: its elements change with the key. */
function transferIntoMatch(cx: RuleContext, stmt: MatchStmt): void {
  const { right } = stmt;
  const made =
    right.kind === 'setref' ? cx.made.sets.find((one) => one.info === right.set) : undefined;
  const sides = { left: stmt.left, right: made?.init ?? right };
  transferBinop(cx, sides, stmt.span);
  stmt.left = sides.left;
  if (made === undefined) stmt.right = sides.right;
}
