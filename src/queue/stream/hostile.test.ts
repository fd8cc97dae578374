// Whatever comes: nothing throws, and memory stays within its limits.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { put16, put32 } from '../../bytes/index.ts';
import { packetOf } from '../test-support.ts';
import { Rewriter } from './rewriter.ts';
import { findRules } from './rules.ts';

const MEMORY = 2000;
const TOTAL = 6000;
const CONNECTIONS = 4;
/** A direction that nothing is left for may keep so much. */
const LEAST = 4096;

function rewriter(): Rewriter {
  const find = findRules([
    ['ab', 'x'.repeat(300)],
    [/b[^a]*a/, ''],
  ]);
  const course = () => ({ find, lookBehind: 8, hold: 50 });
  return new Rewriter({
    toServer: course,
    toClient: course,
    most: CONNECTIONS,
    memory: MEMORY,
    totalMemory: TOTAL,
    headroom: 0,
    flushOnPush: false,
  });
}

const segment = fc.record({
  port: fc.nat(7),
  back: fc.boolean(),
  flags: fc.nat(63),
  seq: fc.oneof(fc.nat(3000), fc.nat({ max: 0xffffffff })),
  ack: fc.oneof(fc.nat(3000), fc.nat({ max: 0xffffffff })),
  urgent: fc.nat(0xffff),
  options: fc.uint8Array({ minLength: 12, maxLength: 12 }),
  data: fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 400 }),
});

test('segments of any numbers, in any order', () => {
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 80 }), (segments) => {
      const one = rewriter();
      for (const { port, back, flags, seq, ack, urgent, options, data } of segments) {
        const [a, b] = [`10.0.0.1:${5000 + port}`, '10.0.0.2:80'];
        const bytes = packetOf(
          `tcp ${back ? `${b} > ${a}` : `${a} > ${b}`} mss 9 ts 1 2 data "-${data}"`,
        );
        put32(bytes, 24, seq);
        put32(bytes, 28, ack);
        bytes[33] = flags;
        put16(bytes, 38, urgent);
        bytes.set(options, 40);
        const made = one.rewrite(bytes, true, false, 0) ?? bytes;
        expect(made.length).toBeLessThanOrEqual(0xffff);
        const { size, counts } = one.connections;
        expect(size).toBeGreaterThanOrEqual(0);
        expect(size).toBeLessThanOrEqual(TOTAL + 2 * CONNECTIONS * LEAST);
        expect(counts.connections + counts.refused).toBeLessThanOrEqual(segments.length);
      }
    }),
    { numRuns: 200 },
  );
});

test('packets of any bytes', () => {
  const one = rewriter();
  const start = fc.constantFrom([0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6], [0x60, 0, 0, 0, 0, 30, 6, 64]);
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 100 }), (head, rest) => {
      one.rewrite(Uint8Array.of(...head, ...rest), true, false, 0);
    }),
    { numRuns: 3000 },
  );
});
