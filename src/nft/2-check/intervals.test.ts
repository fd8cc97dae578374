import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NO_SPAN } from '../ast/index.ts';
import { markType } from '../types/index.ts';
import { addIntervals, boundsOf, removeIntervals } from './intervals.ts';
import { Refused } from './refuse.ts';
import { type Interval, intervalsOf, keyOfType, type SetInfo } from './scope.ts';
import { type ElemX, range, setLiteral, value } from './typed.ts';

type Pair = readonly [low: number, high: number];

const number = (n: number) => value(NO_SPAN, markType, 'host', 32, BigInt(n));
const element = ([low, high]: Pair): ElemX => ({
  kind: 'elem',
  span: NO_SPAN,
  type: markType,
  byteorder: 'host',
  len: 32,
  key: low === high ? number(low) : range(NO_SPAN, number(low), number(high)),
});
const literal = (pairs: readonly Pair[]) => setLiteral(NO_SPAN, pairs.map(element));

const info = (more: Partial<SetInfo> = {}): SetInfo => ({
  name: 's',
  anonymous: false,
  key: keyOfType(markType),
  dataInterval: false,
  interval: true,
  concat: false,
  dynamic: false,
  timeout: false,
  autoMerge: false,
  statements: [],
  ...more,
});

const pairs = (list: readonly (Interval | undefined)[]): Pair[] =>
  list.flatMap((one) => (one === undefined ? [] : [[Number(one.low), Number(one.high)] as const]));

/** What a set makes of the ranges of one command: pairs, or the code it refuses them with. */
function added(set: SetInfo, given: readonly Pair[], anonymous = false): Pair[] | string {
  const x = literal(given);
  try {
    addIntervals(set, x, anonymous);
  } catch (thrown) {
    if (thrown instanceof Refused) return thrown.diagnostic.code;
    throw thrown;
  }
  return pairs(x.elements.map(boundsOf));
}

const merging = info({ autoMerge: true });

test.each<{ name: string; set: SetInfo; given: readonly Pair[]; want: Pair[] | string }>([
  {
    name: 'ascending',
    set: info(),
    given: [
      [5, 9],
      [1, 2],
    ],
    want: [
      [1, 2],
      [5, 9],
    ],
  },
  {
    name: 'once, where given twice',
    set: info(),
    given: [
      [1, 2],
      [1, 2],
    ],
    want: [[1, 2]],
  },
  {
    name: 'side by side',
    set: info(),
    given: [
      [1, 2],
      [3, 4],
    ],
    want: [
      [1, 2],
      [3, 4],
    ],
  },
  {
    name: 'not at all, where they overlap',
    set: info(),
    given: [
      [1, 4],
      [3, 9],
    ],
    want: 'interval_overlap',
  },
  {
    name: 'not at all, one in another',
    set: info(),
    given: [
      [1, 9],
      [3, 4],
    ],
    want: 'interval_overlap',
  },
  {
    name: 'joined, where the set merges',
    set: merging,
    given: [
      [1, 4],
      [3, 9],
    ],
    want: [[1, 9]],
  },
  {
    name: 'joined, where they touch',
    set: merging,
    given: [
      [1, 2],
      [3, 3],
    ],
    want: [[1, 3]],
  },
  {
    name: 'the wider one',
    set: merging,
    given: [
      [3, 4],
      [1, 9],
    ],
    want: [[1, 9]],
  },
])('ranges are kept $name', ({ set, given, want }) => {
  expect(added(set, given)).toEqual(want);
});

test('sets in braces always merge, maps in braces never do', () => {
  expect(
    added(
      info({ anonymous: true }),
      [
        [1, 4],
        [3, 9],
      ],
      true,
    ),
  ).toEqual([[1, 9]]);
  const map = info({ anonymous: true, data: keyOfType(markType) });
  expect(
    added(
      map,
      [
        [1, 4],
        [3, 9],
      ],
      true,
    ),
  ).toBe('interval_overlap');
});

test('what an earlier command added is remembered, and forgotten when it is deleted', () => {
  const set = info();
  expect(
    added(set, [
      [10, 20],
      [40, 50],
    ]),
  ).toEqual([
    [10, 20],
    [40, 50],
  ]);
  expect(added(set, [[15, 16]])).toBe('interval_overlap');
  expect(added(set, [[10, 20]])).toEqual([[10, 20]]);
  removeIntervals(set, literal([[10, 20]]));
  expect(added(set, [[15, 16]])).toEqual([[15, 16]]);
  expect(pairs(intervalsOf(set))).toEqual([
    [15, 16],
    [40, 50],
  ]);
});

test('what is in the ruleset already counts, and is read only when it is needed', () => {
  let reads = 0;
  const set = info({
    loadRanges: () => {
      reads++;
      return [{ low: 10n, high: 20n }];
    },
  });
  expect(reads).toBe(0);
  expect(added(set, [[20, 30]])).toBe('interval_overlap');
  expect(added(set, [[21, 30]])).toEqual([[21, 30]]);
  expect(reads).toBe(1);
});

const anyPair = fc.tuple(fc.nat(60), fc.nat(12)).map(([low, width]): Pair => [low, low + width]);

test('merging keeps exactly the numbers that were given, in ranges that do not touch', () => {
  fc.assert(
    fc.property(fc.array(anyPair, { minLength: 1, maxLength: 12 }), (given) => {
      const kept = added(info({ autoMerge: true }), given);
      if (typeof kept === 'string') throw new Error(kept);
      const members = (list: readonly Pair[]) =>
        new Set(list.flatMap(([a, b]) => Array.from({ length: b - a + 1 }, (_, i) => a + i)));
      expect([...members(kept)].sort()).toEqual([...members(given)].sort());
      for (let i = 1; i < kept.length; i++) {
        expect(kept[i]![0]).toBeGreaterThan(kept[i - 1]![1] + 1);
      }
    }),
  );
});

test('ranges are refused exactly where two different ones have a number in common', () => {
  fc.assert(
    fc.property(fc.array(anyPair, { minLength: 1, maxLength: 8 }), (given) => {
      const clash = given.some(([a, b], i) =>
        given.some(([c, d], j) => i < j && a <= d && c <= b && !(a === c && b === d)),
      );
      expect(added(info(), given) === 'interval_overlap').toBe(clash);
    }),
  );
});
