// Commands as changes, and references looked up in the ruleset they will be applied to.

import { expect, test } from 'vitest';
import type { Change, Program, SetSpec, Table } from '../../program/index.ts';
import { compile } from '../index.ts';
import { changesOf, compileText, ruleset } from './test-support.ts';

const table = (more: Partial<Table>): Program => ({
  tables: [
    {
      family: 'ip',
      name: 't',
      flags: [],
      chains: [],
      sets: [],
      objects: [],
      flowtables: [],
      ...more,
    },
  ],
});

const set = (more: Partial<SetSpec>): SetSpec => ({
  name: 's',
  flags: [],
  keyType: 'ipv4_addr',
  keyLen: 4,
  exprs: [],
  elements: [],
  ...more,
});

/** The one change a command makes, without its place. */
function change(text: string, current?: Program): Change | string {
  const { batch, diagnostics } = compile({ name: 'test.nft', text }, current ? { current } : {});
  const [problem] = diagnostics;
  if (problem !== undefined) return `${problem.code}: ${problem.message}`;
  const { source: _source, ...rest } = batch.at(-1) ?? {};
  return rest as Change;
}

const IN_T = { family: 'ip', table: 't' } as const;
const CHAIN = table({ chains: [{ name: 'c', flags: [], rules: [] }] });

test.each<{ text: string; want: object }>([
  { text: 'delete rule ip t c handle 7', want: { op: 'delrule', chain: 'c', rule: { handle: 7 } } },
  { text: 'flush chain ip t c', want: { op: 'delrule', chain: 'c' } },
  { text: 'delete chain ip t c', want: { op: 'delchain', chain: { name: 'c' } } },
  { text: 'delete chain ip t handle 3', want: { op: 'delchain', chain: { handle: 3 } } },
  { text: 'rename chain ip t c d', want: { op: 'renamechain', chain: 'c', to: 'd' } },
  { text: 'destroy chain ip t z', want: { op: 'delchain', destroy: true, chain: { name: 'z' } } },
  { text: 'insert rule ip t c accept', want: { op: 'newrule', where: 'insert' } },
  { text: 'insert rule ip t c position 4 accept', want: { where: 'insert', handle: 4 } },
  { text: 'add rule ip t c index 2 accept', want: { where: 'add', index: 2 } },
  { text: 'replace rule ip t c handle 4 drop', want: { where: 'replace', handle: 4 } },
  { text: 'create counter ip t n', want: { op: 'newobj', create: true } },
])('$text', ({ text, want }) => {
  expect(change(text, CHAIN)).toMatchObject({ ...IN_T, ...want });
});

test.each<{ text: string; want: object }>([
  { text: 'flush ruleset', want: { op: 'deltable', destroy: false } },
  { text: 'flush ruleset ip6', want: { op: 'deltable', destroy: false, family: 'ip6' } },
  {
    text: 'delete table ip t',
    want: { op: 'deltable', destroy: false, family: 'ip', table: { name: 't' } },
  },
  { text: 'flush table ip t', want: { ...IN_T, op: 'delrule', destroy: false } },
])('$text', ({ text, want }) => {
  expect(change(text, CHAIN)).toEqual(want);
});

test('what the batch deleted is gone for the commands after it', () => {
  expect(change('delete chain ip t c\nadd rule ip t c accept', CHAIN)).toBe(
    "no_such_chain: no chain named 'c' in this table",
  );
  expect(change('flush ruleset\nadd chain ip t d', CHAIN)).toBe(
    "no_such_table: no table named 'ip t'",
  );
});

test.each<{ name: string; text: string; want: readonly string[] }>([
  {
    name: 'until the commit it has its old name',
    text: 'rename chain ip t c d\nadd rule ip t c accept',
    want: ['newrule', 'renamechain'],
  },
  {
    name: 'and nobody knows the new one',
    text: 'rename chain ip t c d\nadd rule ip t d accept',
    want: ["no_such_chain: no chain named 'd' in this table"],
  },
  {
    name: 'the last name holds',
    text: 'rename chain ip t c d\nrename chain ip t c e',
    want: ['renamechain e'],
  },
  {
    name: 'what is deleted has no name',
    text: 'rename chain ip t c d\ndelete chain ip t c\nadd chain ip t c',
    want: ['delchain', 'newchain'],
  },
  {
    name: 'nor what is in a table that is deleted',
    text: 'rename chain ip t c d\ndelete table ip t',
    want: ['deltable'],
  },
  {
    name: 'a chain that the same commands make has no handle yet',
    text: 'add chain ip t e\nrename chain ip t e f',
    want: ["renamed_too_soon: chain 'e' is made by the same commands"],
  },
])('a chain renamed: $name', ({ text, want }) => {
  const { batch, diagnostics } = compile({ name: 'f', text }, { current: CHAIN });
  const told = diagnostics.map((d) => `${d.code}: ${d.message}`);
  const ops = batch.map((c) => (c.op === 'renamechain' && c.to !== 'd' ? `${c.op} ${c.to}` : c.op));
  expect(told.length > 0 ? told : ops).toEqual(want);
});

test('an anonymous set avoids the names that the ruleset has', () => {
  const current = table({
    chains: [{ name: 'c', flags: [], rules: [] }],
    sets: [set({ name: '__set0', flags: ['anonymous', 'constant'] })],
  });
  const { batch } = compile(
    { name: 'f', text: 'add rule ip t c ip saddr { 10.0.0.1, 10.0.0.2 }' },
    { current },
  );
  expect(batch.map((one) => (one.op === 'newset' ? one.set.name : one.op))).toEqual([
    '__set1',
    'newelem',
    'newrule',
  ]);
});

test('elements are read by the type of the set in the ruleset', () => {
  const current = table({ sets: [set({})] });
  expect(change('add element ip t s { 10.0.0.1 timeout 5s comment "x" }', current)).toMatchObject({
    op: 'newelem',
    set: 's',
    elements: [{ key: '0a000001', timeout: 5000, comment: 'x' }],
  });
  expect(change('add element ip t s { ::1 }', current)).toMatch(/^unknown_symbol/);
  expect(change('add element ip t s { 10.0.0.0/8 }', current)).toMatch(/single values/);
});

test('intervals of the ruleset count as intervals of the set', () => {
  const elements = [{ key: '0a000000', keyEnd: '0affffff' }];
  const current = table({ sets: [set({ flags: ['interval'], elements })] });
  expect(change('add element ip t s { 10.1.0.0/16 }', current)).toMatch(/^interval_overlap/);
  expect(change('add element ip t s { 10.0.0.0/8 }', current)).toMatchObject({ op: 'newelem' });
  expect(
    change('delete element ip t s { 10.0.0.0/8 }\nadd element ip t s { 10.1.0.0/16 }', current),
  ).toMatchObject({ op: 'newelem', elements: [{ key: '0a010000', keyEnd: '0a01ffff' }] });
  expect(change('flush set ip t s\nadd element ip t s { 10.1.0.0/16 }', current)).toMatchObject({
    op: 'newelem',
  });
});

test('a set that an expression described keeps its width', () => {
  const current = table({ sets: [set({ keyType: 'integer', keyTypeof: 'vlan id', keyLen: 2 })] });
  expect(change('add element ip t s { 4095 }', current)).toMatchObject({
    elements: [{ key: '0fff' }],
  });
  expect(change('add element ip t s { 4096 }', current)).toMatch(/^value_out_of_range/);
});

test('a set that a rule adds to is dynamic, wherever the rule comes', () => {
  const text = `table ip t {
    set s { type ipv4_addr; }
    chain c { add @s { ip saddr } }
  }`;
  const [declared] = changesOf(compileText(text), 'newset');
  expect(declared?.set.flags).toEqual(['dynamic']);
});

test('a second declaration may repeat the first, not contradict it', () => {
  const current = table({ sets: [set({})] });
  expect(change('add set ip t s { type ipv4_addr; }', current)).toMatchObject({ op: 'newset' });
  expect(change('add set ip t s { type inet_service; }', current)).toMatch(/^redeclared/);
  expect(change('add set ip t s { type ipv4_addr; flags interval; }', current)).toMatch(
    /^redeclared/,
  );
});

test('commands that only read are left to the caller, in order', () => {
  const { batch, queries } = compileText('list ruleset\nadd table ip t\nlist table ip t');
  expect(batch).toHaveLength(1);
  expect(queries.map((command) => command.kind)).toEqual(['list', 'list']);
});

test('what a table holds comes in an order in which each finds what it refers to', () => {
  const text = `table ip t {
    chain c { ip saddr vmap @m counter name "n" jump d }
    map m { type ipv4_addr : verdict; elements = { 10.0.0.1 : goto d } }
    chain d { }
    counter n { }
  }`;
  const result = compileText(text);
  expect(result.diagnostics).toEqual([]);
  expect(result.batch.map((one) => one.op)).toEqual([
    'newtable',
    'newchain',
    'newchain',
    'newobj',
    'newset',
    'newelem',
    'newrule',
  ]);
});

test('the key of a range in a set has both ends; a prefix is one', () => {
  const result = compileText(
    'table ip t { set s { type inet_service; flags interval; elements = { 1-5, 7, 0x10-0x1f } } }',
  );
  expect(changesOf(result, 'newelem')[0]?.elements).toEqual([
    { key: '0001', keyEnd: '0005' },
    { key: '0007' },
    { key: '0010', keyEnd: '001f' },
  ]);
});

test('ten thousand rules compile in seconds', () => {
  const rules = Array.from(
    { length: 10_000 },
    (_, i) => `tcp dport ${i + 1} ip saddr 10.0.${i >> 8}.${i & 255} accept`,
  );
  const start = performance.now();
  const result = compileText(ruleset('ip', rules.join('\n')));
  const milliseconds = performance.now() - start;
  expect(changesOf(result, 'newrule')).toHaveLength(10_000);
  // A second on a free machine; the machine is rarely free.
  expect(milliseconds).toBeLessThan(10_000);
});
