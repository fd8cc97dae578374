import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CHUNK, Table, W_MARK, W_TUPLE } from './table.ts';
import { createTuple, T_PORTS } from './tuple.ts';

/** Links in the chain of a hash whose hash is that one. */
function chain(table: Table, hash: number): number[] {
  const links: number[] = [];
  for (let link = table.first(hash); link !== 0; link = table.next(link))
    if (table.hashOf(link) === hash) links.push(link);
  return links.sort((a, b) => a - b);
}

test('the index holds what a map of sets holds, however it grows and shrinks', () => {
  const step = fc.record({ hash: fc.integer({ min: 0, max: 5000 }), add: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 4000 }), (steps) => {
      const table = new Table();
      const model = new Map<number, number[]>();
      for (const { hash, add } of steps) {
        const links = model.get(hash) ?? [];
        if (add) {
          const slot = table.alloc();
          table.insert(slot, slot & 1, hash);
          links.push((slot << 1) | (slot & 1));
        } else {
          const link = links.pop();
          if (link !== undefined) table.remove(link >>> 1, link & 1);
        }
        model.set(hash, links);
      }
      for (const [hash, links] of model)
        expect(chain(table, hash)).toEqual([...links].sort((a, b) => a - b));
    }),
    { numRuns: 20 },
  );
});

test('negative hashes have a place too', () => {
  const table = new Table();
  const hashes = Array.from({ length: 5000 }, (_, i) => Math.imul(i, 0x9e3779b1));
  for (const hash of hashes) table.insert(table.alloc(), 0, hash);
  hashes.forEach((hash, i) => {
    expect(chain(table, hash)).toEqual([(i + 1) << 1]);
  });
});

test('removing what is not there changes nothing', () => {
  const table = new Table();
  const [a, b] = [table.alloc(), table.alloc()];
  table.insert(a, 0, 1);
  table.remove(b, 0);
  table.remove(a, 1);
  expect(chain(table, 1)).toEqual([a << 1]);
});

test('a freed slot rests before it is handed out again, and then is empty', () => {
  const table = new Table();
  const slots = Array.from({ length: 100 }, () => table.alloc());
  table.set(slots[0]!, W_MARK, 5);
  table.free(slots[0]!);
  expect(table.alloc()).toBe(101);
  expect(table.get(slots[0]!, W_MARK)).toBe(5);
  for (const slot of slots.slice(1)) table.free(slot);
  expect(table.alloc()).toBe(slots[0]);
  expect(table.get(slots[0]!, W_MARK)).toBe(0);
});

test('growing over chunks moves nothing', () => {
  const table = new Table();
  const tuple = createTuple();
  for (let i = 1; i <= CHUNK + 10; i++) {
    tuple[T_PORTS] = i;
    table.writeTuple(table.alloc(), 0, tuple);
  }
  expect(table.rows.length).toBe(2);
  for (const slot of [1, CHUNK - 1, CHUNK, CHUNK + 10])
    expect(table.get(slot, W_TUPLE + T_PORTS)).toBe(slot);
});
