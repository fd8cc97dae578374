import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  deepFreeze,
  diffPrograms,
  type Expr,
  type Program,
  programFromJson,
  programToJson,
  type Rule,
  type Table,
  validateProgram,
} from './index.ts';

const table = (over: Partial<Table> = {}): Table => ({
  family: 'inet',
  name: 't',
  flags: [],
  chains: [],
  sets: [],
  objects: [],
  flowtables: [],
  ...over,
});
const counter: Expr = { kind: 'counter', packets: 0, bytes: 0 };
const accept: Expr = {
  kind: 'immediate',
  dreg: 0,
  data: { kind: 'verdict', verdict: { code: 'accept' } },
};
const chain = (...rules: Rule[]): Program => ({
  tables: [table({ chains: [{ name: 'input', flags: [], rules }] })],
});

test('problems of a program carry the whole path', () => {
  const program = chain({ exprs: [counter] });
  const broken = JSON.parse(JSON.stringify(program).replace('"bytes":0', '"bytes":"0"'));
  expect(validateProgram(broken)).toEqual([
    {
      path: 'tables[0].chains[0].rules[0].exprs[0].bytes',
      message: 'expected a whole number from 0 to 9007199254740991, got string "0"',
    },
  ]);
});

test.each([
  { name: 'no JSON', text: '{' },
  { name: 'no object', text: '[]' },
  { name: 'another version', text: '{"version":2,"tables":[]}' },
  { name: 'no tables', text: '{"version":1}' },
])('programFromJson refuses $name', ({ text }) => {
  expect(programFromJson(text)).toMatchObject({ ok: false });
});

test('a program read from JSON is frozen all the way down', () => {
  const read = programFromJson(programToJson(chain({ exprs: [accept] })));
  const expr = read.ok ? read.program.tables[0]?.chains[0]?.rules[0]?.exprs[0] : undefined;
  expect(expr).toEqual(accept);
  expect(Object.isFrozen(expr)).toBe(true);
});

test('deepFreeze takes a list of 200,000 elements', () => {
  const value = { list: Array.from({ length: 200_000 }, (_, i) => ({ i })) };
  deepFreeze(value);
  expect(Object.isFrozen(value.list[199_999])).toBe(true);
});

test('equal programs do not differ, whatever their handles', () => {
  expect(diffPrograms(chain({ exprs: [counter], handle: 4 }), chain({ exprs: [counter] }))).toEqual(
    [],
  );
});

test('a rule put between two others is the only difference', () => {
  const a = chain({ exprs: [counter] }, { exprs: [accept] });
  const b = chain({ exprs: [counter] }, { exprs: [counter, accept] }, { exprs: [accept] });
  expect(diffPrograms(a, b)).toEqual([
    {
      kind: 'added',
      path: ['table inet t', 'chain input', 'rule 1'],
      after: { exprs: [counter, accept] },
    },
  ]);
});

test('a policy, an element and a table show as changed, added and removed', () => {
  const set = { name: 's', flags: [], keyType: 'mark', keyLen: 4, exprs: [] };
  const a: Program = {
    tables: [table({ sets: [{ ...set, elements: [] }] }), table({ name: 'old' })],
  };
  const b: Program = {
    tables: [table({ flags: ['dormant'], sets: [{ ...set, elements: [{ key: '00000001' }] }] })],
  };
  expect(diffPrograms(a, b).map((d) => `${d.kind} ${d.path.join(', ')}`)).toEqual([
    'removed table inet old',
    'changed table inet t',
    'added table inet t, set s, element 00000001',
  ]);
});

test('the differences of rules, applied, give the other chain', () => {
  const rule = fc.constantFrom<Rule>({ exprs: [counter] }, { exprs: [accept] }, { exprs: [] });
  const rules = fc.array(rule, { maxLength: 12 });
  fc.assert(
    fc.property(rules, rules, (before, after) => {
      const index = (path: readonly string[]): number => Number(path[2]?.slice('rule '.length));
      const diffs = diffPrograms(chain(...before), chain(...after));
      const gone = new Set(diffs.filter((d) => d.kind === 'removed').map((d) => index(d.path)));
      const result = before.filter((_, i) => !gone.has(i));
      for (const d of diffs) {
        if (d.kind === 'added') result.splice(index(d.path), 0, after[index(d.path)]!);
      }
      expect(result).toEqual(after);
    }),
  );
});
