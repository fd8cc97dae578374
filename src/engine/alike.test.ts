// Rules that differ in the data of comparisons share their checks (transaction/alike.ts).
import { expect, test } from 'vitest';
import type { Batch, Expr } from '../program/index.ts';
import { TransactionError } from './index.ts';
import {
  base,
  bench,
  chain,
  cmp,
  counter,
  counters,
  jump,
  load,
  rule,
  run,
  table,
  udp,
  verdict,
} from './test-support.ts';

// The same objects in each rule, as a language that fills in a template makes them.
const SADDR = load('network', 12, 4);
const DROP = verdict('drop');
const from = (n: number): Expr[] => [SADDR, cmp(`0a00000${n}`), counter];

const chosen = (name: string, count: number): Batch =>
  Array.from({ length: count }, (_, i) => rule(name, from(i + 1)));

test('each compares with its own data and counts for itself', () => {
  const b = bench();
  b.nft.apply([table(), base(), ...chosen('c', 5), rule('c', [SADDR, cmp('0a000003'), DROP])]);
  run(b, udp(b, { src: 0x0a000002 }));
  expect(run(b, udp(b, { src: 0x0a000003 })).kind).toBe('drop');
  expect(counters(b)).toEqual([0, 1, 1, 0, 0]);
});

test('they are listed as they were given, with handles in order', () => {
  const b = bench();
  b.nft.apply([table(), base(), ...chosen('c', 4)]);
  const { rules } = b.nft.list().tables[0]!.chains[0]!;
  expect(rules.map(({ exprs }) => exprs)).toEqual([1, 2, 3, 4].map(from));
  expect(rules.map(({ handle }) => handle)).toEqual([2, 3, 4, 5]);
});

test('what is refused of one is refused of all', () => {
  const b = bench();
  const wrong = ['01', '02', '03'].map((data) => rule('c', [cmp(data, 'eq', 4), counter]));
  const refused = (): string => {
    try {
      b.nft.apply([table(), base(), ...chosen('c', 2), ...wrong]);
    } catch (error) {
      if (error instanceof TransactionError)
        return [error, ...error.further].map((one) => one.changeIndex).join();
    }
    return 'accepted';
  };
  expect(refused()).toBe('4,5,6');
});

test('a length of its own, another operator or another chain is no kin', () => {
  const b = bench();
  b.nft.apply([
    table(),
    base(),
    chain('a'),
    rule('a', from(1)),
    rule('c', from(1)),
    rule('c', [SADDR, cmp('0a0000'), counter]),
    rule('c', [SADDR, cmp('0a000001', 'neq'), counter]),
    rule('c', [jump('a')]),
  ]);
  run(b, udp(b));
  expect(counters(b)).toEqual([1, 1, 0]);
  expect(counters(b, 'a')).toEqual([1]);
});

test('they outlive the first of them', () => {
  const b = bench();
  b.nft.apply([table(), base(), ...chosen('c', 3)]);
  const T = { family: 'ip', table: 't' } as const;
  b.nft.apply([{ ...T, op: 'delrule', destroy: false, chain: 'c', rule: { handle: 2 } }]);
  b.nft.apply([rule('c', from(4))]);
  for (const src of [0x0a000002, 0x0a000004]) run(b, udp(b, { src }));
  expect(counters(b)).toEqual([1, 0, 1]);
  b.nft.apply([{ ...T, op: 'delrule', destroy: false, chain: 'c' }]);
  expect(b.nft.list().tables[0]!.chains[0]!.rules).toEqual([]);
});
