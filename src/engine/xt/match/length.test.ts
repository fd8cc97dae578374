import { expect, test } from 'vitest';
import { bench, judge, udp, verdict } from '../../test-support.ts';

const B = bench();
/** 28 bytes of headers and the payload. */
const packet = (payload: number) => udp(B, { length: payload });

test.each([
  ['a length inside the range matches', 72, { min: 100, max: 200, invert: false }, 'drop'],
  ['its lower end belongs to it', 72, { min: 100, max: 100, invert: false }, 'drop'],
  ['its upper end belongs to it', 72, { min: 0, max: 100, invert: false }, 'drop'],
  ['a longer packet does not match', 73, { min: 0, max: 100, invert: false }, 'accept'],
  ['negated, only what is outside matches', 73, { min: 0, max: 100, invert: true }, 'drop'],
] as const)('%s', (_, payload, info, want) => {
  const match = { kind: 'match', name: 'length', rev: 0, info } as const;
  expect(judge([[match, verdict('drop')]], packet(payload))).toBe(want);
});
