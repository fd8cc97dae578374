import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printBytes, printTime } from './words.ts';

test.each([
  [0, '0s'],
  [1, '1ms'],
  [1000, '1s'],
  [61_000, '1m1s'],
  [3_600_000, '1h'],
  [93_784_005, '1d2h3m4s5ms'],
  [10 * 86_400_000, '10d'],
])('%d milliseconds are %s', (ms, text) => {
  expect(printTime(ms)).toBe(text);
});

const UNITS: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};

test('the parts of a time add up to it', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 40), (ms) => {
      const parts = [...printTime(ms).matchAll(/(\d+)([a-z]+)/g)];
      const sum = parts.reduce((total, [, n, unit]) => total + Number(n) * (UNITS[unit!] ?? 0), 0);
      expect(sum).toBe(ms);
    }),
  );
});

test.each([
  [0, '0 bytes'],
  [1023, '1023 bytes'],
  [1024, '1 kbytes'],
  [1025 * 1024, '1025 kbytes'],
  [25 * 1024 * 1024, '25 mbytes'],
  [2 ** 40, '1048576 mbytes'],
  [2n ** 63n, '8796093022208 mbytes'],
] as const)('%d bytes are %s', (bytes, text) => {
  expect(printBytes(bytes)).toBe(text);
});
