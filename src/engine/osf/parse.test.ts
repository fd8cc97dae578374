import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseFingerprints } from './parse.ts';

const one = (line: string) => {
  const { fingerprints, problems } = parseFingerprints(line);
  expect(problems).toEqual([]);
  return fingerprints[0];
};

test('a line is a fingerprint', () => {
  expect(one('S4:64:1:60:M*,S,T,N,W7:\t\tLinux:2.6:a:Linux 2.6 (newer, 3)')).toEqual({
    window: { rule: 'mss', value: 4 },
    ttl: 64,
    df: true,
    length: 60,
    options: [
      { kind: 2, length: 4 },
      { kind: 4, length: 2 },
      { kind: 8, length: 10 },
      { kind: 1, length: 1 },
      { kind: 3, length: 3 },
    ],
    genre: 'Linux',
    version: '2.6',
    subtype: 'a',
  });
});

test.each([
  ['5840', { rule: 'plain', value: 5840 }],
  ['*', { rule: 'plain', value: 0 }],
  ['S4', { rule: 'mss', value: 4 }],
  ['T2', { rule: 'mtu', value: 2 }],
  ['%8192', { rule: 'modulo', value: 8192 }],
  ['S*', { rule: 'mss', value: 0 }],
])('the window %s', (text, window) => {
  expect(one(`${text}:64:0:44:M*:A:1:2:d`)?.window).toEqual(window);
});

test.each([
  ['.', 0],
  ['', 0],
  ['M1460,N,N,S', 4],
  ['M%8,T0,E', 3],
  ['N,Q,N', 2],
])("the options '%s'", (text, count) => {
  expect(one(`512:64:0:44:${text}:A:1:2:d`)?.options).toHaveLength(count);
});

test.each([
  ['@Windows', 'Windows'],
  ['*NMAP', 'NMAP'],
  ['x'.repeat(40), 'x'.repeat(31)],
])('the genre %s', (text, genre) => {
  expect(one(`512:64:0:44:M*:${text}:1:2:d`)?.genre).toBe(genre);
});

describe('what cannot be read is told with its line', () => {
  test.each([
    ['512:64:0:44:M*:A', '6 fields instead of 9'],
    ['x:64:0:44:M*:A:1:2:d', "'x' is no window size"],
    ['%0:64:0:44:M*:A:1:2:d', 'a window that is a multiple of 0'],
    ['512:256:0:44:M*:A:1:2:d', "'256' is no TTL"],
    ['512:64:2:44:M*:A:1:2:d', "'2' is neither 0 nor 1"],
    ['512:64:0:x:M*:A:1:2:d', "'x' is no length"],
    [`512:64:0:44:${'N,'.repeat(41)}:A:1:2:d`, 'more than 40 options'],
  ])('%s', (line, message) => {
    const read = parseFingerprints(`# comment\n\n${line}\n512:64:0:44:M*:A:1:2:d\n`);
    expect(read.problems).toEqual([{ line: 3, message }]);
    expect(read.fingerprints).toHaveLength(1);
  });
});

test('no text makes it throw', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseFingerprints(text);
      parseFingerprints(`${text}:64:0:44:${text}:${text}:1:2:d`);
    }),
  );
});
