import { expect, test } from 'vitest';
import { Places } from './places.ts';

const TEXT = 'one\ntwo three\n\nfour';
const places = new Places([{ name: 'a.nft', text: TEXT }]);
const span = (start: number, end = start + 1) => ({ source: 0, start, end });

test.each<{ at: number; line: number; column: number }>([
  { at: 0, line: 1, column: 1 },
  { at: 3, line: 1, column: 4 },
  { at: 4, line: 2, column: 1 },
  { at: 8, line: 2, column: 5 },
  { at: 14, line: 3, column: 1 },
  { at: 18, line: 4, column: 4 },
])('offset $at is in line $line, column $column', ({ at, line, column }) => {
  expect(places.of(span(at))).toEqual({ file: 'a.nft', line, column });
});

test('words are quoted on one line', () => {
  expect(places.quoted(span(0, 13))).toEqual({
    file: 'a.nft',
    line: 1,
    column: 1,
    text: 'one two three',
  });
});

test('what no text stands behind has no place', () => {
  expect(places.of({ source: 1, start: 0, end: 0 })).toBeUndefined();
  expect(places.quoted({ source: -1, start: 0, end: 0 })).toBeUndefined();
});
