import { expect, test } from 'vitest';
import { manualClock, NS_PER_SECOND } from '../../core/index.ts';
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
