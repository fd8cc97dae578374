import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { latin1, toLatin1 } from '../../bytes/index.ts';
import { Edits } from './edits.ts';

/** “0123456789” of which 2 and 3 became “abc”, 5 nothing, and 6 and 7 “d”: 01abc4d89. */
function some(): Edits {
  const edits = new Edits();
  edits.add(2, 4, toLatin1('abc'));
  edits.add(5, 6, toLatin1(''));
  edits.add(6, 8, toLatin1('d'));
  return edits;
}
const TEN = [...Array(11).keys()];

describe('counts of both sides', () => {
  test('what the sender says is told at', () => {
    expect(TEN.map((at) => some().told(at))).toEqual([0, 1, 2, 5, 5, 6, 6, 7, 7, 8, 9]);
  });

  test('who was told up to here has heard the sender up to', () => {
    const out = TEN.slice(0, 10);
    expect(out.map((o) => some().heard(o))).toEqual([0, 1, 2, 2, 2, 4, 6, 8, 9, 10]);
  });

  test('who was told from here on has heard the sender from', () => {
    const out = TEN.slice(0, 10);
    expect(out.map((o) => some().heardFrom(o))).toEqual([0, 1, 2, 4, 4, 4, 5, 8, 9, 10]);
  });

  test('stay what they are behind what was forgotten', () => {
    const edits = some();
    edits.forget(6);
    expect(edits.size).toBe(65);
    expect([6, 7, 8, 9].map((at) => edits.told(at))).toEqual([6, 7, 7, 8]);
    expect(edits.shift).toBe(-1);
  });
});

test('any part is told again as it was told first', () => {
  const said = toLatin1('0123456789');
  const told = '01abc4d89';
  const part = fc.tuple(fc.nat(10), fc.nat(10), fc.nat(9), fc.nat(9));
  fc.assert(
    fc.property(part, ([a, b, skip, room]) => {
      const [at, to] = [Math.min(a, b), Math.max(a, b)];
      let text = '';
      const edits = some();
      const from = edits.told(at) + skip;
      edits.tellAgain(at, to, said.subarray(at, to), from, (bytes, start, end) => {
        const part = bytes.subarray(Math.min(start, end), end);
        text += latin1(part).slice(0, room - text.length);
        return text.length < room;
      });
      expect(text).toBe(told.slice(from, Math.max(from, edits.told(to))).slice(0, room));
    }),
  );
});
