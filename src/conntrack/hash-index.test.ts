import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seeded } from '../core/index.ts';
import { HashIndex } from './hash-index.ts';

/** All values of a hash, sorted. */
function values(index: HashIndex, hash: number): number[] {
  const found: number[] = [];
  for (let v = index.find(hash, 0); v !== 0; v = index.find(hash, index.place + 1)) found.push(v);
  return found.sort((a, b) => a - b);
}

test('it holds what a map of sets holds, however it grows and shrinks', () => {
  const hash = fc.oneof(
    fc.integer({ min: 0, max: 40 }),
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  );
  const step = fc.record({ hash, add: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 3000 }), (steps) => {
      const index = new HashIndex();
      const model = new Map<number, number[]>();
      let next = 1;
      for (const { hash, add } of steps) {
        const known = model.get(hash) ?? [];
        if (add) {
          index.add(hash, next);
          known.push(next++);
        } else {
          const value = known.pop();
          expect(index.remove(hash, value ?? 1)).toBe(value !== undefined);
        }
        model.set(hash, known);
      }
      for (const [hash, known] of model)
        expect(values(index, hash)).toEqual([...known].sort((a, b) => a - b));
    }),
    { numRuns: 30 },
  );
});

test('a hundred thousand values are found, and gone after they were removed', () => {
  const index = new HashIndex();
  const hashes = Array.from({ length: 100_000 }, (_, i) => Math.imul(i, 0x9e3779b1));
  hashes.forEach((hash, i) => {
    index.add(hash, i + 1);
  });
  hashes.forEach((hash, i) => {
    if (index.find(hash, 0) !== i + 1) expect(values(index, hash)).toContain(i + 1);
  });
  expect(index.bytes / hashes.length).toBeLessThan(24);
  hashes.forEach((hash, i) => {
    if (!index.remove(hash, i + 1)) throw new Error(`${i} was not there`);
  });
  expect(hashes.some((hash) => index.find(hash, 0) !== 0)).toBe(false);
});

test('very many values of one hash have room', () => {
  const index = new HashIndex();
  for (let i = 1; i <= 2000; i++) index.add(-5, i);
  expect(values(index, -5)).toHaveLength(2000);
  expect(values(index, -6)).toEqual([]);
});

test('a hash of one value is given another', () => {
  const index = new HashIndex();
  index.add(1031, 5);
  expect(index.exchange(7, 1)).toBe(0);
  expect(index.exchange(7, 2)).toBe(1);
  expect(values(index, 7)).toEqual([2]);
  expect(values(index, 1031)).toEqual([5]);
});

test('a value can take the place of another', () => {
  const index = new HashIndex();
  index.add(7, 1);
  expect(index.replace(7, 1, 2)).toBe(true);
  expect(index.replace(7, 1, 3)).toBe(false);
  expect(values(index, 7)).toEqual([2]);
});

test.each([1, 7, 1000, 262_144, 1_000_003])('every value stands in one of %i chains', (buckets) => {
  const index = new HashIndex();
  const random = seeded(buckets);
  const hashes = Array.from({ length: 20_000 }, () => random.u32() | 0);
  hashes.forEach((hash, i) => {
    index.add(hash, i + 1);
  });
  hashes.forEach((hash, i) => {
    if (i % 397 !== 0) return;
    const bucket = index.bucketOf(hash, buckets);
    const among = hashes.flatMap((h, j) => (index.bucketOf(h, buckets) === bucket ? [j + 1] : []));
    expect(index.inBucket(bucket, buckets).sort((a, b) => a - b)).toEqual(among);
  });
});
