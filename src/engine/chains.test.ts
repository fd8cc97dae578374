import { expect, test } from 'vitest';
import type { Packet } from '../core/index.ts';
import {
  base,
  bench,
  chain,
  cmp,
  counter,
  counters,
  dport,
  judge,
  jump,
  load,
  rule,
  run,
  saddr,
  table,
  trace,
  udp,
  verdict,
} from './test-support.ts';

test('an empty chain gives its policy', () => {
  expect(judge([])).toBe('accept');
  const b = bench();
  b.nft.apply([table(), base('c', { policy: 'drop' })]);
  expect(run(b, udp(b)).kind).toBe('drop');
  expect(b.nft.policyHits('ip', 't', 'c')).toEqual({ packets: 1, bytes: 32 });
});

test.each([
  {
    name: 'a rule that matches drops',
    rules: [[...saddr('0a000001'), verdict('drop')]],
    want: 'drop',
  },
  {
    name: 'a rule that does not match is passed',
    rules: [[...saddr('0a000009'), verdict('drop')]],
    want: 'accept',
  },
  {
    name: 'the first verdict counts',
    rules: [[verdict('accept')], [verdict('drop')]],
    want: 'accept',
  },
  {
    name: 'return in a base chain takes the policy',
    rules: [[verdict('return')], [verdict('drop')]],
    want: 'accept',
  },
  {
    name: 'continue goes on in the rule',
    rules: [[verdict('continue'), verdict('drop')]],
    want: 'drop',
  },
  { name: 'break ends the rule', rules: [[verdict('break'), verdict('drop')]], want: 'accept' },
  {
    name: 'a load past the end breaks the rule',
    rules: [[load('transport', 200, 4), cmp('00000000', 'neq'), verdict('drop')]],
    want: 'accept',
  },
  {
    name: 'and is not read as zero either',
    rules: [[load('transport', 200, 4), cmp('00000000'), verdict('drop')]],
    want: 'accept',
  },
])('$name', ({ rules, want }) => {
  expect(judge(rules)).toBe(want);
});

test('accept ends its base chain, not later ones of the hook; drop is final', () => {
  const b = bench();
  b.nft.apply([
    table(),
    base('first'),
    base('second', { base: { type: 'filter', hook: 'forward', priority: 10, devices: [] } }),
    rule('first', [counter, verdict('accept')]),
    rule('second', [counter, verdict('drop')]),
    base('third', { base: { type: 'filter', hook: 'forward', priority: 20, devices: [] } }),
    rule('third', [counter]),
  ]);
  expect(run(b, udp(b)).kind).toBe('drop');
  expect([counters(b, 'first'), counters(b, 'second'), counters(b, 'third')]).toEqual([
    [1],
    [1],
    [0],
  ]);
});

test('jump comes back behind the jump, goto to the caller of its chain', () => {
  const b = bench();
  b.nft.apply([
    table(),
    base(),
    chain('a'),
    chain('b'),
    rule('c', [jump('a')]),
    rule('c', [counter]),
    rule('a', [jump('b', 'goto')]),
    rule('a', [counter]),
    rule('b', [counter, verdict('return')]),
    rule('b', [counter]),
  ]);
  expect(run(b, udp(b)).kind).toBe('accept');
  expect([counters(b), counters(b, 'a'), counters(b, 'b')]).toEqual([[1], [0], [1, 0]]);
});

test('a verdict in the middle of a rule ends it: a return goes on with the next rule', () => {
  const b = bench();
  b.nft.apply([table(), base(), chain('a'), rule('c', [jump('a'), counter]), rule('c', [counter])]);
  run(b, udp(b));
  expect(counters(b)).toEqual([0, 1]);
});

test('statements before a failing match have taken effect, those behind it not', () => {
  const b = bench();
  b.nft.apply([table(), base(), rule('c', [counter, ...dport('0016'), counter])]);
  run(b, udp(b));
  expect(counters(b)).toEqual([1, 0]);
});

test('meta mark set is seen later in the same rule', () => {
  const one = { kind: 'immediate', dreg: 1, data: { kind: 'value', bytes: '00000007' } } as const;
  const rules = [
    [
      one,
      { kind: 'meta-set', key: 'mark', sreg: 1 } as const,
      { kind: 'meta', key: 'mark', dreg: 2 } as const,
      cmp('00000007', 'eq', 2),
      verdict('drop'),
    ],
  ];
  expect(judge(rules)).toBe('drop');
});

test('a later fragment has no transport header, but the fast path of payload looks there all the same', () => {
  const b = bench();
  const later = (): Packet => udp(b, { fragOffset: 1 });
  const fast = [[...dport('0035'), verdict('drop')]];
  expect(judge(fast, later())).toBe('drop');
  // Three bytes, or an odd offset, take the path that asks.
  expect(judge([[load('transport', 2, 3), cmp('003500'), verdict('drop')]], udp(b))).toBe('drop');
  expect(judge([[load('transport', 2, 3), cmp('003500'), verdict('drop')]], later())).toBe(
    'accept',
  );
  expect(judge([[load('transport', 1, 2), cmp('e800'), verdict('drop')]], udp(b))).toBe('drop');
  expect(judge([[load('transport', 1, 2), cmp('e800'), verdict('drop')]], later())).toBe('accept');
  const l4 = [{ kind: 'meta', key: 'l4proto', dreg: 1 } as const, cmp('11'), verdict('drop')];
  expect(judge([l4], later())).toBe('drop');
});

test('sixteen jumps are allowed and walked, and every return finds its place', () => {
  const b = bench();
  const names = Array.from({ length: 15 }, (_, i) => `n${i}`);
  b.nft.apply([
    table(),
    base(),
    ...names.map(chain),
    rule('c', [jump('n0')]),
    rule('c', [counter]),
    ...names.slice(1).flatMap((name, i) => [rule(`n${i}`, [jump(name)]), rule(`n${i}`, [counter])]),
  ]);
  run(b, udp(b));
  expect(names.slice(0, 14).map((name) => counters(b, name)[0])).toEqual(Array(14).fill(1));
  expect(counters(b)).toEqual([1]);
});

test('a trace names the first expression that failed, what it saw and what it wanted', () => {
  const b = bench();
  b.nft.apply([
    table(),
    base(),
    rule('c', [...dport('0016'), verdict('drop')], {
      comment: 'no ssh',
      source: { file: 'r.nft', line: 3, column: 5 },
    }),
    rule('c', [load('transport', 100, 2), cmp('0000')]),
  ]);
  const events = trace(b, udp(b));
  expect(events.map((event) => event.kind)).toEqual(['chain', 'rule', 'rule', 'policy']);
  expect(events[1]).toMatchObject({
    matched: false,
    failed: 1,
    rule: { chain: 'c', index: 0, comment: 'no ssh', source: { line: 3 } },
    steps: [
      { expr: '[ payload load 2b @ transport header + 2 => reg 1 ]', saw: '0035', ok: true },
      { ok: false, saw: '0035', wanted: '== 0016' },
    ],
  });
  expect(events[2]).toMatchObject({ failed: 0, steps: [{ ok: false, why: 'short packet' }] });
  expect(events[3]).toMatchObject({ kind: 'policy', verdict: 'accept' });
});

test('an expression that cannot be evaluated counts as no match and is remembered', () => {
  const b = bench();
  const opaque = { kind: 'match', name: 'u32', rev: 0, info: '6&0xFF=1' } as const;
  b.nft.apply([table(), base(), rule('c', [opaque, verdict('drop')])]);
  const packet = udp(b);
  expect(run(b, packet).kind).toBe('accept');
  expect(packet.depends).toEqual(['match u32']);
  expect(trace(b, udp(b)).find((event) => event.kind === 'depends')).toMatchObject({
    on: 'match u32',
    rule: { chain: 'c', index: 0 },
  });
});
