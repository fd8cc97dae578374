import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Packet } from '../core/index.ts';
import { combinedEcn, FragQueue } from './frag-queue.ts';

const packet = new Packet(0);

/** What becomes of each fragment `[from, to)` of one datagram. */
function insertAll(pieces: readonly (readonly [number, number])[]): string[] {
  const queue = new FragQueue('test');
  return pieces.map(([from, to]) =>
    queue.insert({ packet, offset: from, length: to - from, at: 0 }),
  );
}

test.each<{ name: string; pieces: [number, number][]; want: string }>([
  {
    name: 'the same again',
    pieces: [
      [0, 8],
      [0, 8],
    ],
    want: 'duplicate',
  },
  {
    name: 'within one',
    pieces: [
      [0, 24],
      [8, 16],
    ],
    want: 'duplicate',
  },
  {
    name: 'within two that came in order',
    pieces: [
      [0, 8],
      [8, 16],
      [0, 16],
    ],
    want: 'duplicate',
  },
  {
    name: 'over two that came in reverse',
    pieces: [
      [8, 16],
      [0, 8],
      [0, 16],
    ],
    want: 'overlap',
  },
  {
    name: 'the end of the last',
    pieces: [
      [0, 16],
      [8, 24],
    ],
    want: 'overlap',
  },
  {
    name: 'the start of the first',
    pieces: [
      [8, 16],
      [0, 16],
    ],
    want: 'overlap',
  },
  {
    name: 'into a gap',
    pieces: [
      [0, 8],
      [16, 24],
      [8, 16],
    ],
    want: 'ok',
  },
  {
    name: 'into a gap, too long',
    pieces: [
      [0, 8],
      [16, 24],
      [8, 24],
    ],
    want: 'overlap',
  },
])('a fragment $name: $want', ({ pieces, want }) => {
  expect(insertAll(pieces).at(-1)).toBe(want);
});

test('pieces of a datagram are whole in any order, and not before the last of them', () => {
  const cut = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 8 });
  const shuffled = cut.chain((cuts) => {
    const edges = [0, ...cuts.sort((a, b) => a - b), 100];
    const pieces = edges.slice(1).map((to, i) => [edges[i]! * 8, to * 8] as const);
    return fc.shuffledSubarray(pieces, { minLength: pieces.length });
  });
  fc.assert(
    fc.property(shuffled, (pieces) => {
      const queue = new FragQueue('test');
      for (const [i, [from, to]] of pieces.entries()) {
        expect(queue.whole).toBe(false);
        expect(queue.insert({ packet, offset: from, length: to - from, at: i })).toBe('ok');
        queue.meat += to - from;
        if (from === 0) queue.first = true;
        if (to === 800) {
          queue.last = true;
          queue.length = 800;
        }
      }
      expect(queue.whole).toBe(true);
      const offsets = queue.fragments().map((one) => one.offset);
      expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    }),
  );
});

// ip_frag_ecn_table of net/ipv4/inet_fragment.c; bits: not-ECT 1, ECT(1) 2, ECT(0) 4, CE 8.
test.each([
  [0b0001, 0],
  [0b0100, 0],
  [0b0110, 0],
  [0b1100, 3],
  [0b1010, 3],
  [0b1110, 3],
  [0b1000, 0],
  [0b0101, -1],
  [0b1001, -1],
  [0b1111, -1],
])('code points %i give %i', (seen, want) => {
  expect(combinedEcn(seen)).toBe(want);
});
