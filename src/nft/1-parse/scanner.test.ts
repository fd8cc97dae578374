import { expect, test } from 'vitest';
import { Scanner } from './scanner.ts';

function tokens(text: string): string[] {
  const scan = new Scanner(0, text);
  const found: string[] = [];
  for (scan.advance(); scan.kind !== 'eof'; scan.advance()) {
    const named = ['word', 'text', 'wildcard', 'quoted', 'number'].includes(scan.kind);
    found.push(named ? `${scan.kind} ${scan.text}` : scan.kind);
  }
  return found;
}

test.each([
  ['IPv4', '10.0.0.1-10.0.0.9/8', ['text 10.0.0.1', '-', 'text 10.0.0.9', '/', 'number 8']],
  ['IPv6', 'fe80::1 :: ::ffff:10.0.0.1', ['text fe80::1', 'text ::', 'text ::ffff:10.0.0.1']],
  ['IPv6 of eight groups', '1:2:3:4:5:6:7:8:9', ['text 1:2:3:4:5:6:7:8', ':', 'number 9']],
  ['bracketed IPv6', '[::1]:80', ['text ::1', ':', 'number 80']],
  ['MAC', '00:11:22:aa:bb:cc', ['text 00:11:22:aa:bb:cc']],
  ['class id', 'cafe:beef 1:2,', ['text cafe:beef', 'text 1:2', ',']],
  ['no class id', '1:drop', ['number 1', ':', 'word drop']],
  ['times', '1d2h3m4s5ms 2h1d 5m', ['text 1d2h3m4s5ms', 'text 2h', 'text 1d', 'text 5m']],
  [
    'numbers',
    '0 007 08 0x1F 99',
    ['number 0', 'number 007', 'text 08', 'number 0x1F', 'number 99'],
  ],
  ['too large', '18446744073709551616', ['text 18446744073709551616']],
  ['link types', '8021q 8021ad 8021', ['text 8021q', 'text 8021ad', 'number 8021']],
  ['words', 'a-b.c/d _x .y', ['word a-b.c/d', 'word _x', 'word .y']],
  ['dots', 'a . b', ['word a', '.', 'word b']],
  [
    'wildcards',
    String.raw`eth* a\* \* a\*b *`,
    [
      'wildcard eth*',
      String.raw`wildcard a\*`,
      String.raw`wildcard \*`,
      String.raw`wildcard a\*b`,
      '*',
    ],
  ],
  ['strings', '"a b" "c\nd"', ['quoted a b', 'quoted c\nd']],
  ['operators', '<< <= < == = != !', ['<<', '<=', '<', '==', '=', '!=', '!']],
  ['operator words', 'and lshift not', ['&', '<<', '!']],
  ['a continued line', 'a \\\n b', ['word a', 'word b']],
  ['a comment at the end', 'a # x\nb', ['word a', 'newline', 'word b']],
  ['a line of comment, which vanishes', 'a \\\n  # x\nb', ['word a', 'word b']],
  ['an open string', '"a\nb', ['unterminated', 'newline', 'word b']],
])('tokens: %s', (_, text, want) => {
  expect(tokens(text)).toEqual(want);
});

test('numbers have their value', () => {
  const scan = new Scanner(0, '010 0x10 18446744073709551615');
  const values = [];
  for (scan.advance(); scan.kind !== 'eof'; scan.advance()) values.push(scan.value);
  expect(values).toEqual([8, 16, (1n << 64n) - 1n]);
});
