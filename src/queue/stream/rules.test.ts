import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Find, findRules, type Rule } from './rules.ts';

/** What becomes of a text that comes in pieces, and what of it waited at each piece's end. */
function inPieces(find: Find, pieces: readonly string[]): { text: string; waited: string[] } {
  const waited: string[] = [];
  let text = '';
  let from = 0;
  let made = '';
  pieces.forEach((piece, i) => {
    const last = i === pieces.length - 1;
    text += piece;
    for (;;) {
      const found = find(text, from, last);
      made += text.slice(from, found?.at ?? text.length);
      from = found?.at ?? text.length;
      if (found?.text === undefined) break;
      made += found.text;
      from = found.end;
    }
    waited.push(text.slice(from));
  });
  return { text: made, waited };
}

const PATTERNS: readonly RegExp[] = [
  /abc/,
  /ab|abc/,
  /abc|ab/,
  /a+b/,
  /a*?b/,
  /(ab)+c?/,
  /a{2,3}/,
  /a{2}/,
  /^ab*/m,
  /b$/m,
  /\bab\b/,
  /[^a]b.c/,
  /a(?:b(c)|c(b))a/,
  /(?<=a)b+/,
  /(?<!\n)a\Bb?/,
  /AB/i,
  /\x61\u0062/,
  /a.*\n/,
  /(?:a|b)*c/,
  /(?<x>a)(?<y>b)?c/,
];

test.each(PATTERNS)('%s finds in pieces what it finds in the whole', (pattern) => {
  const find = findRules([[pattern, '<$&>']]);
  const whole = new RegExp(pattern.source, `${pattern.flags}g`);
  const texts = fc.array(fc.string({ unit: fc.constantFrom(...'abc\n A'), maxLength: 6 }));
  fc.assert(
    fc.property(texts, (pieces) => {
      expect(inPieces(find, [...pieces, '']).text).toBe(pieces.join('').replace(whole, '<$&>'));
    }),
    { numRuns: 500 },
  );
});

test('several patterns are the alternatives of one', () => {
  const find = findRules([
    ['ab', '1'],
    [/a+/, '2'],
    ['bb', '3'],
  ]);
  const texts = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 4 }));
  fc.assert(
    fc.property(texts, (pieces) => {
      const want = pieces
        .join('')
        .replace(/(ab)|(a+)|(bb)/g, (_, one, two) => (one ? '1' : two ? '2' : '3'));
      expect(inPieces(find, [...pieces, '']).text).toBe(want);
    }),
    { numRuns: 500 },
  );
});

describe('what waits at the end of a piece', () => {
  test.each<[string, RegExp | string, string, string]>([
    ['the beginning of a match', 'abcd', 'xxabc', 'abc'],
    ['nothing of what can be none', 'abcd', 'abcx', ''],
    ['nothing of a match that is complete', 'abcd', 'xxabcd', ''],
    ['a match that may grow', /a+/, 'xaa', 'aa'],
    ['no match that is as long as it can be', /a{2}/, 'xaa', ''],
    ['no match that wants no more', /a+?/, 'xa', ''],
    ['a word that may go on', /\bab\b/, 'x ab', 'ab'],
    ['a line that has not ended', /^Host: .*$/m, 'GET /\nHost: a', 'Host: a'],
    ['the end of a line, which the next character tells', /^Host: .*$/m, 'Host: a\n', ''],
  ])('%s', (_, pattern, piece, waits) => {
    expect(inPieces(findRules([[pattern, 'X']]), [piece, '']).waited[0]).toBe(waits);
  });
});

test.each<[string, Rule, string, string]>([
  ['a text is taken as it stands', ['a.c', '$&'], 'abc a.c', 'abc $&'],
  ['bytes', [Uint8Array.of(0xff, 0x00), Uint8Array.of(0x80)], 'a\xff\0b', 'a\x80b'],
  ['groups by number and name', [/(a)(?<n>b)?/, '$2$1$<n>$$'], 'ab a', 'bab$ a$'],
  ['a function', [/\d+/, ([n]) => String(Number(n) + 1)], '7 99', '8 100'],
  ['a function that leaves it', [/\d/, ([n]) => (n === '1' ? undefined : '')], '123', '1'],
])('%s', (_, rule, before, after) => {
  expect(inPieces(findRules([rule]), [before]).text).toBe(after);
});

test.each<[string, Rule, string]>([
  ['a look-ahead', [/a(?=b)/, ''], '/a(?=b)/ has a look-ahead or a modifier'],
  ['a reference to a group', [/(a)\1/, ''], 'has a reference to a group'],
  ['characters that are no bytes', ['ё', ''], '“ё” is no byte'],
  ['an empty pattern', ['', 'x'], 'an empty pattern changes nothing'],
])('refused: %s', (_, rule, message) => {
  expect(() => findRules([rule])).toThrow(message);
});
