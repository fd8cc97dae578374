import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checksum, put16, unhex } from '../bytes/index.ts';
import { makeBed, packet, udp } from './bed.ts';

const LINK4 = unhex('020000000100 0200000002aa 0800');
const LINK6 = unhex('020000000100 0200000002aa 86dd');
const me4 = { from: '10.0.0.2', to: '10.0.0.1' };
const out6 = { from: '2001:db8::2', to: '2001:db8:1::2' };

/** Sound packets to start from: plain, with options, in pieces, with every extension header. */
const SEEDS: readonly Uint8Array[] = [
  packet(me4),
  packet({ ...me4, to: '192.0.2.2', options: '070b04000000000000000001' }),
  packet({ ...me4, options: '440c0501 00000000 00000000' }),
  packet({ ...me4, fragment: 0x2000, payload: udp(me4, new Uint8Array(8)) }),
  packet({ ...me4, fragment: 2 }),
  packet({ ...me4, ttl: 1, to: '8.8.8.8' }),
  packet(out6),
  ...[0, 43, 44, 51, 60].map((protocol) =>
    packet({ ...out6, protocol, payload: unhex('1100 0001 00000000 03e8 0009 0008 0000') }),
  ),
];

interface Mutation {
  readonly seed: number;
  readonly changes: readonly (readonly [number, number])[];
  readonly length: number;
  readonly defrag: boolean;
}

/** A seed with some bytes changed, cut or padded, its IPv4 header sum made right again. */
function mutate({ seed, changes, length }: Mutation): Uint8Array {
  const out = new Uint8Array(length);
  const from = SEEDS[seed]!;
  out.set(from.subarray(0, length));
  for (const [at, value] of changes) if (at < length) out[at] = value;
  const header = (out[0]! & 15) * 4;
  if (out[0]! >> 4 === 4 && header >= 20 && header <= length) {
    put16(out, 10, 0);
    put16(out, 10, checksum(out, 0, header));
  }
  return out;
}

const mutation = fc.record({
  seed: fc.nat(SEEDS.length - 1),
  changes: fc.array(fc.tuple(fc.nat(70), fc.nat(255)), { maxLength: 6 }),
  length: fc.integer({ min: 1, max: 120 }),
  defrag: fc.boolean(),
});

test('no packet makes the stack throw, or send anything that is not a packet', () => {
  const beds = [makeBed({}, false), makeBed({}, true)] as const;
  fc.assert(
    fc.property(mutation, (one) => {
      const bed = beds[one.defrag ? 1 : 0];
      const bytes = mutate(one);
      const link = bytes[0]! >> 4 === 6 ? LINK6 : LINK4;
      bed.stack.receive(bed.device('lan'), new Uint8Array([...link, ...bytes]));
      for (const line of bed.take())
        expect(line).toMatch(/^(?:lan|wan) (?:4[5-f]|60|6[0-9a-f]|0001)/);
    }),
    { numRuns: 2000 },
  );
});

test('random frames of any length are taken or dropped', () => {
  const bed = makeBed({}, true);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (frame) => {
      bed.stack.receive(bed.device('lan'), frame);
      bed.clock.advance(1e6);
      bed.take();
    }),
    { numRuns: 500 },
  );
  expect(bed.stack.drops.size).toBeGreaterThan(0);
});
