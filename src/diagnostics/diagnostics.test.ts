import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance, error, formatDiagnostic, nearest, positionOf } from './index.ts';

test.each([
  ['accept', 'accept', 0],
  ['accpet', 'accept', 1],
  ['acept', 'accept', 1],
  ['drop', 'accept', 5],
  ['', 'abc', 3],
])('from %j to %j it is %i edits', (a, b, want) => {
  expect(editDistance(a, b)).toBe(want);
});

test('the distance is the same both ways', () => {
  const short = fc.string({ maxLength: 8 });
  fc.assert(fc.property(short, short, (a, b) => editDistance(a, b) === editDistance(b, a)));
});

test.each([
  ['estblished', ['new', 'established'], 'established'],
  ['xyz', ['accept', 'drop'], undefined],
  ['to', ['do', 'accept'], 'do'],
  ['a', ['b'], undefined],
])('%j among %j suggests %j', (word, among, want) => {
  expect(nearest(word, among)).toBe(want);
});

test('lines and columns count from one', () => {
  expect(positionOf('ab\ncd', 4)).toEqual({ line: 2, column: 2 });
  expect(positionOf('', 0)).toEqual({ line: 1, column: 1 });
  expect(positionOf('ab\n', 2)).toEqual({ line: 1, column: 3 });
  // Behind others in the same text, and before them.
  const text = 'a\n\nbc\nd';
  const offsets = [6, 7, 2, 2, 0, 4, 3, 1, 5];
  expect(offsets.map((offset) => positionOf(text, offset))).toEqual(
    offsets.map((offset) => {
      const before = text.slice(0, offset).split('\n');
      return { line: before.length, column: before.at(-1)!.length + 1 };
    }),
  );
});

test('a very long line is cut around the place', () => {
  const text = `${'x'.repeat(5000)}HERE${'y'.repeat(5000)}`;
  const span = { source: 0, start: 5000, end: 5004 };
  const lines = formatDiagnostic(error('c', span, 'm'), [{ name: 'f', text }]).split('\n');
  expect(lines[1]!.length).toBeLessThan(120);
  expect(lines[1]!.slice(lines[2]!.indexOf('^'), lines[2]!.lastIndexOf('^') + 1)).toBe('HERE');
});

test('control characters of the input do not reach the terminal', () => {
  const text = 'a \u001b[31m b';
  const span = { source: 0, start: 2, end: 3 };
  const shown = formatDiagnostic(error('c', span, `bad ${text}`), [{ name: 'f', text }]);
  expect(shown).not.toContain('\u001b');
});

test('hint, suggestion and related places follow', () => {
  const span = { source: 0, start: 0, end: 1 };
  const related = [{ span: { source: 1, start: 0, end: 1 }, message: 'see' }];
  const diag = error('code', span, 'wrong', { hint: 'because', suggestion: 'this', related });
  const sources = [
    { name: 'f', text: 'x' },
    { name: 'g', text: 'y' },
  ];
  expect(formatDiagnostic(diag, sources).split('\n')).toEqual([
    'f:1:1: error: wrong [code]',
    '   1 | x',
    '     | ^',
    '       because',
    "       did you mean 'this'?",
    'g:1:1: note: see',
    '   1 | y',
    '     | ^',
  ]);
});
