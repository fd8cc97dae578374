import { expect, test } from 'vitest';
import { type Program, programAfter, type SetElement } from './index.ts';

const holding = (flags: readonly ['timeout'] | readonly [], elements: SetElement[]): Program => ({
  tables: [
    {
      family: 'ip',
      name: 't',
      flags: [],
      chains: [],
      objects: [],
      flowtables: [],
      sets: [{ name: 's', flags, keyType: 'ipv4_addr', keyLen: 4, exprs: [], elements }],
    },
  ],
});

const left = (program: Program) =>
  program.tables[0]?.sets[0]?.elements.map(({ key, expires }) => [key, expires]);

test('elements have less time left, and go when they have none', () => {
  const program = holding(
    ['timeout'],
    [{ key: '01010101', expires: 5000 }, { key: '02020202', expires: 1000 }, { key: '03030303' }],
  );
  expect(left(programAfter(program, 1000))).toEqual([
    ['01010101', 4000],
    ['03030303', undefined],
  ]);
});

test('a clock that was set back changes nothing', () => {
  const program = holding(['timeout'], [{ key: '01010101', expires: 5000 }]);
  expect(programAfter(program, -7)).toBe(program);
});
