import { expect, test } from 'vitest';
import { rangeIn } from './index.ts';

test.each([
  ['10:20', { min: 10, max: 20 }],
  ['10:', { min: 10, max: 0xffff }],
  [':20', { min: 0, max: 20 }],
  ['0x10', { min: 16, max: 16 }],
])('%s is a range', (text, want) => {
  expect(rangeIn(text, 0xffff)).toEqual(want);
});

test.each(['', 'x', '1:2:3', '20:10', '65536', '-1'])('%j is none', (text) => {
  expect(() => rangeIn(text, 0xffff)).toThrow();
});
