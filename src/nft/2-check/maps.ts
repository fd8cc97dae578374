// Sets and maps in braces: the type of their elements comes from what they are compared with, and
// they become sets of the table without a name of their own.

import { typeMismatch } from '../diagnostics/index.ts';
import {
  type Datatype,
  integerType,
  markType,
  sameType,
  stringType,
  verdictType,
} from '../types/index.ts';
import { transferBinop } from './binop.ts';
import { convertByteOrder } from './byteorder.ts';
import {
  type Expectation,
  expectExactly,
  expectType,
  type MadeSet,
  type RuleContext,
} from './context.ts';
import { evaluate } from './evaluate.ts';
import { addIntervals } from './intervals.ts';
import { refuseOverlapInMap } from './map-overlap.ts';
import { refuse, refuseWith } from './refuse.ts';
import type { SetInfo } from './scope.ts';
import {
  type ElemX,
  isConstant,
  isSingleton,
  kindName,
  type MapX,
  type SetRefX,
  type SetX,
  type Typed,
  value,
  verdict,
} from './typed.ts';

/** A mark may come from any integer. */
export const compatible = (wanted: Datatype, found: Datatype): boolean =>
  sameType(wanted, found) ||
  (sameType(wanted, markType) && (found.base ?? found).id === integerType.id);

const what = (set: SetInfo): 'map' | 'set' => (set.data === undefined ? 'set' : 'map');

function checkStatements(set: SetInfo, x: ElemX): void {
  const given = x.options?.statements ?? [];
  if (given.length === 0) return;
  const expected = set.statements;
  if (expected.length === 0) {
    if (set.anonymous || set.dynamic) return;
    refuse('element_statement', x.span, `missing statement in ${what(set)} declaration`);
  }
  if (expected.length !== given.length) {
    const message = `the ${what(set)} has ${expected.length} statements, the element ${given.length}`;
    refuse('element_statement', x.span, message);
  }
  given.forEach((statement, i) => {
    if (statement.kind !== expected[i]) {
      const message = `the element has ${statement.kind}, the ${what(set)} ${expected[i]}`;
      refuse('element_statement', x.span, message);
    }
  });
}

const isRange = (x: Typed): boolean => x.kind === 'range' || x.kind === 'prefix';

function checkRanges(set: SetInfo, key: Typed): void {
  if (set.anonymous || set.interval) return;
  const ranges = key.kind === 'concat' ? key.items.some(isRange) : isRange(key);
  if (!ranges) return;
  refuse(
    'not_interval',
    key.span,
    `this ${what(set)} holds single values, not a ${kindName(key)}`,
    {
      hint: `add 'flags interval' to the declaration of the ${what(set)}`,
    },
  );
}

/** A data element of a map: the value, or interval, or verdict a key leads to. */
function evaluateData(cx: RuleContext, set: SetInfo, x: Typed): Typed {
  const { data } = set;
  if (data === undefined) return refuse('not_a_map', x.span, 'this set is not a map');
  expectExactly(cx, data.type, data.byteorder, data.len);
  if (data.kind === 'concat') cx.expect.key = data;
  const result = evaluate(cx, x);
  if (!isConstant(result)) refuse('not_constant', x.span, 'the value of a mapping is constant');
  const hasRange = result.kind === 'concat' ? result.items.some(isRange) : isRange(result);
  if (set.anonymous && hasRange) set.dataInterval = true;
  if (!set.dataInterval && !isSingleton(result)) {
    refuse('not_a_value', x.span, 'the value of this map is a single one');
  }
  if (set.objType !== undefined && result.kind !== 'value') {
    refuse('not_a_value', x.span, `an object is named by a word, not a ${kindName(result)}`);
  }
  const found = result.kind === 'range' ? result.from.type : result.type;
  if (set.objType === undefined && !compatible(data.type, found)) {
    refuseWith(typeMismatch(x.span, data.type.desc, found.desc));
  }
  return result;
}

export function evaluateElement(cx: RuleContext, x: ElemX): Typed {
  const { set } = cx;
  if (set !== undefined) {
    checkStatements(set, x);
    expectExactly(cx, set.key.type, set.key.byteorder, set.key.len);
    cx.expect.key = set.key;
  }
  x.key = evaluate(cx, x.key);
  const { key } = x;
  if (set !== undefined && key.kind !== 'set') {
    checkRanges(set, key);
    if (key.kind !== 'catchall' && !compatible(set.key.type, key.type)) {
      refuseWith(typeMismatch(x.span, set.key.type.desc, key.type.desc));
    }
  }
  if (x.data !== undefined) {
    if (set === undefined) refuse('not_a_map', x.span, 'mapping outside of a map');
    else x.data = evaluateData(cx, set, x.data);
  }
  x.type = key.type;
  x.byteorder = key.byteorder;
  x.len = key.len;
  return x;
}

/** `{ 1, 2 } : accept` inside a map stands for a mapping each. */
function flatten(x: ElemX): ElemX[] {
  if (x.key.kind !== 'set') return [x];
  return x.key.elements.flatMap((inner) =>
    flatten(x.data === undefined ? inner : { ...inner, data: x.data }),
  );
}

/** `from` are the elements, where they are made one by one: then the words in each die young. */
export function evaluateSet(cx: RuleContext, x: SetX, from: Iterable<ElemX> = x.elements): Typed {
  const elements: ElemX[] = [];
  const expected: Expectation = { ...cx.expect };
  for (const element of from) {
    cx.depth++;
    const evaluated = evaluate(cx, element);
    cx.depth--;
    if (evaluated.kind !== 'elem') continue;
    if (evaluated.key.kind === 'setref') {
      refuse('set_in_set', evaluated.span, 'a named set cannot be part of another set');
    }
    for (const one of flatten(evaluated)) {
      if (!isConstant(one.key) || one.key.kind === 'map') {
        refuse('not_constant', one.span, 'set member is not constant');
      }
      elements.push(one);
      if (isSingleton(one.key)) continue;
      x.interval = true;
      if (one.key.kind === 'concat') x.concat = true;
    }
  }
  if (cx.set?.concat === true) x.concat = true;
  x.elements = elements;
  if (cx.set === undefined) restore(cx, expected);
  x.type = cx.expect.type ?? integerType;
  x.len = cx.expect.len;
  return x;
}

/** Elements must not change what their set is compared with, but a length may have grown. */
function restore(cx: RuleContext, expected: Expectation): void {
  const { len } = cx.expect;
  cx.expect = expected;
  cx.expect.len = Math.max(len, expected.len);
}

/** The key of an anonymous set: the shape of what is looked up in it. */
function keyOf(x: Typed): Typed {
  if (x.kind === 'concat') return x;
  return value(x.span, x.type, x.byteorder, x.len, 0n);
}

function refuseMixed(key: Typed, set: SetX): void {
  if (key.kind !== 'concat') return;
  for (const { key: element } of set.elements) {
    if (element.kind !== 'concat' && element.kind !== 'catchall') {
      refuse('bad_concat', element.span, 'expression is not a concatenation');
    }
  }
}

function describe(
  cx: RuleContext,
  key: Typed,
  set: SetX,
  prefix: '__set' | '__map' | '__objmap',
  data?: Typed,
): SetInfo {
  return {
    name: cx.scope.anonymousName(cx.table, prefix),
    anonymous: true,
    key: keyOf(key),
    ...(data !== undefined && { data }),
    dataInterval: false,
    interval: set.interval,
    concat: set.concat,
    dynamic: false,
    timeout: false,
    autoMerge: set.interval,
    statements: [],
  };
}

const reference = (info: SetInfo, x: Typed): SetRefX => ({
  kind: 'setref',
  span: x.span,
  type: info.key.type,
  byteorder: info.key.byteorder,
  len: info.key.len,
  set: info,
});

/** A set in braces becomes a set of the table that only this rule uses. */
export function declareAnonymous(cx: RuleContext, key: Typed, set: SetX): SetRefX {
  refuseMixed(key, set);
  const info = describe(cx, key, set, '__set');
  if (set.interval && !set.concat) addIntervals(info, set, true);
  cx.made.sets.push({ info, init: set });
  return reference(info, set);
}

function mappingData(x: MapX, expected: Expectation): Typed {
  const { type, byteorder, len } = expected;
  if (type === undefined) {
    return refuse('no_type', x.span, 'nothing says what this map leads to');
  }
  if (type === verdictType) return verdict(x.span, 'continue');
  if (type.parts === undefined) return value(x.span, type, byteorder, len, 0n);
  return { ...value(x.span, type, byteorder, len, 0n) };
}

/** Elements of an anonymous map, typed by the key on the left and what the map is used as. */
function fillMap(cx: RuleContext, x: MapX, made: MadeSet, literal: SetX): void {
  const { info } = made;
  cx.set = info;
  const filled = evaluate(cx, literal);
  if (filled.kind !== 'set') return;
  for (const element of filled.elements) {
    if (element.data === undefined) {
      refuse('not_a_map', element.span, 'expected a mapping, key and value');
    }
  }
  refuseMixed(info.key, filled);
  info.interval = filled.interval;
  info.concat = filled.concat;
  if (filled.interval && !filled.concat) refuseOverlapInMap(filled);
  expectType(cx, info.key.type, info.key.len);
  const sides = { left: x.key, right: filled as Typed };
  transferBinop(cx, sides, x.span);
  x.key = sides.left;
  if (info.key.kind === 'value') info.key.len = cx.expect.len;
  made.init = filled;
  cx.set = undefined;
}

function declareMap(cx: RuleContext, x: MapX, literal: SetX, expected: Expectation): SetRefX {
  const key = cx.expect.key?.kind === 'concat' ? cx.expect.key : expectedKey(cx, x);
  const info = describe(cx, key, literal, '__map', mappingData(x, expected));
  const made: MadeSet = { info, init: literal };
  cx.made.sets.push(made);
  fillMap(cx, x, made, literal);
  return reference(info, literal);
}

const expectedKey = (cx: RuleContext, x: MapX): Typed =>
  value(x.span, cx.expect.type ?? x.key.type, cx.expect.byteorder, cx.expect.len, 0n);

export function refuseUntypedAddress(x: Typed): void {
  const items = x.kind === 'concat' ? x.items : [x];
  for (const item of items) {
    if (item.kind === 'ct' && (item.key.name === 'saddr' || item.key.name === 'daddr')) {
      refuse('ambiguous_address', item.span, 'specify either ip or ip6 for address matching');
    }
  }
}

/** Reads the key of a map or of an object map: it must come from the packet. */
export function evaluateKey(cx: RuleContext, x: MapX): void {
  refuseUntypedAddress(x.key);
  expectType(cx, undefined, 0);
  x.key = evaluate(cx, x.key);
  if (isConstant(x.key))
    refuse('constant_match', x.key.span, 'the key of a map cannot be constant');
}

function checkReference(x: MapX, set: SetRefX): void {
  if (set.set.data === undefined || set.set.objType !== undefined) {
    refuse('not_a_map', x.mapping.span, `'${set.set.name}' is not a map`);
  }
}

export function finishMap(cx: RuleContext, x: MapX, set: SetRefX): void {
  const { key } = set.set;
  if (!compatible(key.type, x.key.type)) {
    refuseWith(typeMismatch(x.key.span, key.type.desc, x.key.type.desc));
  }
  x.mapping = set;
  if (set.set.interval) x.key = convertByteOrder(cx, x.key, 'big');
}

/**
 * A field looked up in braces is masked where it stands, in network order: its shift goes to the
 * elements, which a catch-all cannot take.
 */
function isMaskedOnly({ key, mapping }: MapX): boolean {
  if (key.kind !== 'payload' && key.kind !== 'exthdr') return false;
  return mapping.kind === 'set' && mapping.elements.every((e) => e.key.kind !== 'catchall');
}

export function evaluateMap(cx: RuleContext, x: MapX): Typed {
  const expected = { ...cx.expect };
  cx.mapKey = isMaskedOnly(x) ? 'masked' : 'shifted';
  if (cx.mapKey === 'masked') cx.statementLen = 0;
  evaluateKey(cx, x);
  cx.mapKey = undefined;
  cx.statementLen = 0;
  let set: Typed = x.mapping;
  if (set.kind === 'set') set = declareMap(cx, x, set, expected);
  else if (set.kind === 'setname') set = evaluate(cx, set);
  if (set.kind !== 'setref') {
    return refuse('not_a_map', set.span, `a map is looked up in a set, not a ${kindName(set)}`);
  }
  checkReference(x, set);
  finishMap(cx, x, set);
  const data = set.set.data ?? set;
  x.type = data.type;
  x.byteorder = data.byteorder;
  x.len = data.len;
  return x;
}

/** `counter name ip saddr map { … }`: the data are names of objects. */
export function evaluateObjectMap(
  cx: RuleContext,
  x: MapX,
  objType: NonNullable<SetInfo['objType']>,
): MapX {
  evaluateKey(cx, x);
  let set: Typed = x.mapping;
  if (set.kind === 'set') {
    const key = cx.expect.key?.kind === 'concat' ? cx.expect.key : expectedKey(cx, x);
    const data = value(x.span, stringType, 'host', 256 * 8, 0n);
    const info: SetInfo = { ...describe(cx, key, set, '__objmap', data), objType };
    const made: MadeSet = { info, init: set };
    cx.made.sets.push(made);
    fillMap(cx, x, made, set);
    set = reference(info, set);
  } else {
    set = evaluate(cx, set);
  }
  if (set.kind !== 'setref' || set.set.objType === undefined) {
    return refuse('not_a_map', x.mapping.span, 'expression is not a map with objects');
  }
  finishMap(cx, x, set);
  return x;
}
