import { expect, test } from 'vitest';
import { CHUNK, Table, W_MARK, W_TUPLE } from './table.ts';
import { createTuple, T_PORTS } from './tuple.ts';

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
