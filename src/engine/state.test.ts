import { expect, test } from 'vitest';
import type { Change, Expr } from '../program/index.ts';
import {
  base,
  bench,
  counter,
  counters,
  rule,
  run,
  set,
  table,
  trace,
  udp,
  verdict,
} from './test-support.ts';

const limit = (more: Partial<Extract<Expr, { kind: 'limit' }>>): Expr => ({
  kind: 'limit',
  rate: 2,
  unit: 1,
  burst: 2,
  type: 'packets',
  invert: false,
  ...more,
});

test('a limit starts full, lets its burst through and refills by time', () => {
  const b = bench();
  b.nft.apply([table(), base(), rule('c', [limit({}), counter])]);
  const send = (n: number): number[] => {
    for (let i = 0; i < n; i++) run(b, udp(b));
    return counters(b);
  };
  expect(send(5)).toEqual([2]);
  b.clock.advance(499_999_999);
  expect(send(1)).toEqual([2]);
  b.clock.advance(1);
  expect(send(2)).toEqual([3]);
  b.clock.advance(10e9);
  expect(send(9)).toEqual([5]);
});

test('limit over matches what the limit would not', () => {
  const b = bench();
  b.nft.apply([table(), base(), rule('c', [limit({ invert: true }), counter])]);
  for (let i = 0; i < 5; i++) run(b, udp(b));
  expect(counters(b)).toEqual([3]);
});

test('a limit of bytes counts whole packets, the burst on top of the rate', () => {
  const b = bench();
  b.nft.apply([
    table(),
    base(),
    rule('c', [limit({ type: 'bytes', rate: 100, burst: 28 }), counter]),
  ]);
  // (100 + 28) bytes fit; each packet has 32.
  for (let i = 0; i < 6; i++) run(b, udp(b));
  expect(counters(b)).toEqual([4]);
});

test('a limiter that a rule does not reach is not used', () => {
  const b = bench();
  const never: Expr[] = [
    { kind: 'meta', key: 'mark', dreg: 1 },
    { kind: 'cmp', sreg: 1, op: 'eq', data: '00000009' },
  ];
  b.nft.apply([table(), base(), rule('c', [...never, limit({ burst: 1 }), verdict('drop')])]);
  for (let i = 0; i < 3; i++) run(b, udp(b));
  const marked = udp(b);
  marked.mark = 9;
  expect(run(b, marked).kind).toBe('drop');
});

test('a quota lets itself be used up to the byte, and no further', () => {
  const b = bench();
  const quota = (invert: boolean): Expr => ({ kind: 'quota', bytes: 64, consumed: 0, invert });
  b.nft.apply([
    table(),
    base(),
    rule('c', [quota(false), counter]),
    rule('c', [quota(true), counter]),
  ]);
  for (let i = 0; i < 3; i++) run(b, udp(b));
  expect(counters(b)).toEqual([2, 1]);
  const listed = b.nft.list().tables[0]!.chains[0]!.rules[0]!.exprs[0];
  expect(listed).toEqual({ kind: 'quota', bytes: 64, consumed: 64, invert: false });
});

const T = { family: 'ip', table: 't' } as const;
const object = (data: Extract<Change, { op: 'newobj' }>['object']['data']): Change => ({
  ...T,
  op: 'newobj',
  create: true,
  object: { name: 'o', data },
});

test('rules share a named counter; reset zeroes it and nothing else', () => {
  const b = bench();
  const ref: Expr = { kind: 'objref', ref: { type: 'counter', name: 'o' } };
  b.nft.apply([
    table(),
    base(),
    object({ kind: 'counter', packets: 5, bytes: 6 }),
    rule('c', [ref, counter]),
    rule('c', [ref]),
  ]);
  run(b, udp(b));
  const data = () => b.nft.list().tables[0]!.objects[0]!.data;
  expect(data()).toEqual({ kind: 'counter', packets: 7, bytes: 70 });
  b.nft.reset({ ...T, what: 'counter', name: 'o' });
  expect(data()).toEqual({ kind: 'counter', packets: 0, bytes: 0 });
  expect(counters(b)).toEqual([1]);
  b.nft.reset({ ...T, what: 'rules' });
  expect(counters(b)).toEqual([0]);
});

test('a map leads to the object', () => {
  const b = bench();
  b.nft.apply([
    table(),
    base(),
    object({ kind: 'quota', bytes: 40, consumed: 0, invert: false }),
    set({ name: 'm', objType: 'quota' }),
    { ...T, op: 'newelem', create: false, set: 'm', elements: [{ key: '0a000001', objref: 'o' }] },
    rule('c', [
      { kind: 'payload', base: 'network', offset: 12, len: 4, dreg: 1 },
      { kind: 'objref', ref: { set: 'm', sreg: 1 } },
      counter,
    ]),
  ]);
  for (const src of [undefined, undefined, 7]) run(b, udp(b, src === undefined ? {} : { src }));
  expect(counters(b)).toEqual([1]);
});

test('numgen counts from zero and wraps; random stays below its modulus', () => {
  const b = bench();
  const numgen = (type: 'inc' | 'random'): Expr => ({
    kind: 'numgen',
    type,
    modulus: 3,
    offset: 10,
    dreg: 1,
  });
  b.nft.apply([
    table(),
    base(),
    rule('c', [numgen('inc'), { kind: 'meta-set', key: 'mark', sreg: 1 }]),
  ]);
  const marks = Array.from({ length: 5 }, () => {
    const packet = udp(b);
    run(b, packet);
    return packet.mark;
  });
  expect(marks).toEqual([10, 11, 12, 10, 11]);
});

test('last tells how long ago', () => {
  const b = bench();
  b.nft.apply([table(), base(), rule('c', [{ kind: 'last' }])]);
  const last = () => b.nft.list().tables[0]!.chains[0]!.rules[0]!.exprs[0];
  expect(last()).toEqual({ kind: 'last' });
  run(b, udp(b));
  b.clock.advance(1.5e9);
  expect(last()).toEqual({ kind: 'last', msecs: 1500 });
});

test('log tells the sink and the trace, and goes on', () => {
  const b = bench();
  const records: unknown[] = [];
  b.netns.log = { log: (_packet, record, hook) => records.push([record, hook]) };
  b.nft.apply([table(), base(), rule('c', [{ kind: 'log', prefix: 'new ' }, counter])]);
  const events = trace(b, udp(b));
  expect(records).toEqual([[{ prefix: 'new ', flags: 0, level: 4 }, 'forward']]);
  expect(events.find((event) => event.kind === 'log')).toEqual({ kind: 'log', text: 'new ' });
  expect(counters(b)).toEqual([1]);
});

test('queue answers number and bypass, a range spreads flows and keeps them together', () => {
  const b = bench();
  const queue: Expr = { kind: 'queue', num: 4, total: 8, flags: 1 };
  b.nft.apply([table(), base(), rule('c', [queue])]);
  const seen: number[] = [];
  b.netns.hooks.queues = { enqueue: (_packet, num) => seen.push(num) > 0 };
  for (let i = 0; i < 40; i++) {
    expect(run(b, udp(b, { src: 0x0a000100 + i, dst: 0x0a000002 })).kind).toBe('stolen');
    run(b, udp(b, { src: 0x0a000002, dst: 0x0a000100 + i }));
  }
  for (let i = 0; i < seen.length; i += 2) expect(seen[i]).toBe(seen[i + 1]);
  expect(new Set(seen).size).toBeGreaterThan(4);
  expect(Math.min(...seen)).toBeGreaterThanOrEqual(4);
  expect(Math.max(...seen)).toBeLessThanOrEqual(11);
});
