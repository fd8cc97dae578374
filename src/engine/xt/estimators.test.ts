import { expect, test } from 'vitest';
import { manualClock, NS_PER_SECOND } from '../../core/index.ts';
import type { Expr } from '../../program/index.ts';
import { base, bench, rule, run, table, udp } from '../test-support.ts';
import { Estimator } from './estimators.ts';

/** Measured every second, each measurement weighing a half. */
const INFO = { name: 'e', interval: 0, ewmaLog: 1 };

test('a steady rate is approached by half of what is missing at a time', () => {
  const clock = manualClock();
  const estimator = new Estimator(INFO, clock);
  const seen: number[] = [];
  for (let second = 0; second < 4; second++) {
    for (let i = 0; i < 100; i++) estimator.count(10);
    clock.advance(NS_PER_SECOND);
    seen.push(estimator.bps);
  }
  expect(seen).toEqual([500, 750, 875, 937]);
  expect(estimator.pps).toBe(93);
});

test('nothing is measured before the first interval ends, and silence fades', () => {
  const clock = manualClock();
  const estimator = new Estimator(INFO, clock);
  estimator.count(1000);
  clock.advance(NS_PER_SECOND - 1);
  expect(estimator.bps).toBe(0);
  clock.advance(1);
  expect(estimator.bps).toBe(500);
  clock.advance(2 * NS_PER_SECOND);
  expect(estimator.bps).toBe(125);
  clock.advance(1e9 * NS_PER_SECOND);
  expect(estimator.bps).toBe(0);
});

const named = (name: string, info: object): Expr => ({ kind: 'match', name, rev: 0, info });
const asks = named('rateest', {
  first: 'e',
  mode: 'lt',
  invert: false,
  delta: false,
  bps: false,
  pps: true,
  bps1: 0,
  bps2: 0,
  pps1: 1,
  pps2: 0,
});

test.each([
  ['before the rule that counts for it', true],
  ['whose rule is gone', false],
])('a ruleset is put back with a rule that asks an estimator %s', (_, isThere) => {
  const counts: Expr = { kind: 'target', name: 'RATEEST', rev: 0, info: INFO };
  const before = bench();
  before.nft.apply([table(), base(), rule('c', [counts]), rule('c', [asks])]);
  const saved = before.nft.save();
  const [first] = saved.program.tables;
  const [chain] = first?.chains ?? [];
  const rules = chain!.rules.toReversed().slice(0, isThere ? 2 : 1);
  const program = { tables: [{ ...first!, chains: [{ ...chain!, rules }] }] };
  const after = bench();
  after.nft.restore({ ...saved, program });
  expect(run(after, udp(after)).kind).toBe('accept');
  after.nft.apply([rule('c', [asks])]);
  expect(after.nft.list().tables[0]?.chains[0]?.rules).toHaveLength(rules.length + 1);
});
