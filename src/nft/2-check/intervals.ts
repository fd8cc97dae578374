// Intervals of a set: elements as ranges, merged where the set merges them, refused where they
// overlap otherwise.

import type { Diagnostic } from '../diagnostics/index.ts';
import { error } from '../diagnostics/index.ts';
import { Refused } from './refuse.ts';
import { type Interval, intervalsOf, type SetInfo } from './scope.ts';
import { type ElemX, ones, range, type SetX, type Typed, value } from './typed.ts';

/** First and last value an element stands for; undefined for the catch-all. */
export function boundsOf(x: Typed): Interval | undefined {
  switch (x.kind) {
    case 'elem':
      return boundsOf(x.key);
    case 'value':
      return { low: x.value, high: x.value };
    case 'range':
      return x.from.kind === 'value' && x.to.kind === 'value'
        ? { low: x.from.value, high: x.to.value }
        : undefined;
    case 'prefix':
      return x.prefix.kind === 'value'
        ? { low: x.prefix.value, high: x.prefix.value | ones(x.len - x.prefixLen) }
        : undefined;
    default:
      return undefined;
  }
}

interface Bounded {
  readonly elem: ElemX;
  low: bigint;
  high: bigint;
}

const order = (a: Interval, b: Interval): number => {
  if (a.low !== b.low) return a.low < b.low ? -1 : 1;
  return a.high === b.high ? 0 : a.high > b.high ? -1 : 1;
};

/** The catch-all apart, the rest by their first value, the wider one first. */
function sorted(set: SetX): { rest: ElemX[]; bounded: Bounded[] } {
  const rest: ElemX[] = [];
  const bounded: Bounded[] = [];
  for (const elem of set.elements) {
    const bounds = boundsOf(elem);
    if (bounds === undefined) rest.push(elem);
    else bounded.push({ elem, low: bounds.low, high: bounds.high });
  }
  return { rest, bounded: bounded.sort(order) };
}

const overlap = (at: ElemX, other: ElemX | undefined): Diagnostic =>
  error(
    'interval_overlap',
    at.span,
    other === undefined
      ? 'interval overlaps with an existing one'
      : 'conflicting intervals specified',
    {
      hint: "'auto-merge' in the set's declaration joins such intervals",
      ...(other && { related: [{ span: other.span, message: 'the other interval' }] }),
    },
  );

/** Puts the merged bounds back into an element. */
function widen(one: Bounded): ElemX {
  const { key } = one.elem;
  const { span, type, byteorder, len } = key;
  const from = value(span, type, byteorder, len, one.low);
  if (one.low === one.high) return { ...one.elem, key: from };
  const to = value(span, type, byteorder, len, one.high);
  return { ...one.elem, key: range(span, from, to) };
}

/** Joins what overlaps or, in a merging set, what touches. */
function merge(bounded: readonly Bounded[]): ElemX[] {
  const merged: Bounded[] = [];
  for (const one of bounded) {
    const last = merged.at(-1);
    if (last === undefined || one.low > last.high + 1n) merged.push(one);
    else if (one.high > last.high) last.high = one.high;
  }
  return merged.map((one) => {
    const bounds = boundsOf(one.elem);
    return bounds?.low === one.low && bounds.high === one.high ? one.elem : widen(one);
  });
}

const equalBounds = (a: Interval, b: Interval): boolean => a.low === b.low && a.high === b.high;

/** The first of the intervals already there that ends at or after `low`, by bisection. */
function firstEndingAt(list: readonly Interval[], low: bigint): number {
  let from = 0;
  let to = list.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const interval = list[middle];
    if (interval !== undefined && interval.high < low) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Whether the very interval is there already. */
function isThere(existing: readonly Interval[], one: Bounded): boolean {
  const found = existing[firstEndingAt(existing, one.low)];
  if (found === undefined || found.low > one.high) return false;
  if (equalBounds(found, one)) return true;
  throw new Refused(overlap(one.elem, undefined));
}

interface Kept {
  readonly kept: readonly Bounded[];
  /** Without those that the set has already. */
  readonly fresh: readonly Bounded[];
}

/**
 * The same interval twice is one; anything else in common is an error. Of a map both are kept:
 * the kernel sees whether they lead to the same.
 */
function refuseOverlaps(
  bounded: readonly Bounded[],
  existing: readonly Interval[],
  isMap: boolean,
): Kept {
  const kept: Bounded[] = [];
  const fresh: Bounded[] = [];
  for (const one of bounded) {
    const last = kept.at(-1);
    if (last !== undefined && one.low <= last.high) {
      if (equalBounds(last, one)) {
        if (isMap) kept.push(one);
        continue;
      }
      throw new Refused(overlap(one.elem, last.elem));
    }
    if (!isThere(existing, one)) fresh.push(one);
    kept.push(one);
  }
  return { kept, fresh };
}

function remember(set: SetInfo, added: readonly Interval[]): void {
  const all = intervalsOf(set);
  const last = all.at(-1);
  const first = added[0];
  const appended = last === undefined || first === undefined || last.high < first.low;
  for (const one of added) all.push(one);
  if (!appended) all.sort(order);
}

/** Elements that are added to an interval set: sorted, without duplicates or overlaps. */
export function addIntervals(set: SetInfo, literal: SetX, anonymous: boolean): void {
  const { rest, bounded } = sorted(literal);
  const isMap = set.data !== undefined;
  if (anonymous && !isMap) {
    literal.elements = [...merge(bounded), ...rest];
    return;
  }
  if (set.autoMerge && !isMap) {
    literal.elements = [...merge(bounded), ...rest];
    return;
  }
  const { kept, fresh } = refuseOverlaps(bounded, anonymous ? [] : intervalsOf(set), isMap);
  if (!anonymous) remember(set, fresh);
  literal.elements = [...kept.map((one) => one.elem), ...rest];
}

/** Elements that are deleted: each must be an interval as it is there. */
export function removeIntervals(set: SetInfo, literal: SetX): void {
  const all = intervalsOf(set);
  for (const elem of literal.elements) {
    const bounds = boundsOf(elem);
    if (bounds === undefined) continue;
    const at = firstEndingAt(all, bounds.low);
    const found = all[at];
    if (found !== undefined && equalBounds(found, bounds)) all.splice(at, 1);
  }
}
