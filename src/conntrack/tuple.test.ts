import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isNotationError, parsePacketNotation } from '../packet/index.ts';
import { NFPROTO_IPV4, NFPROTO_IPV6 } from './constants.ts';
import type { L4Location } from './tuple.ts';
import {
  createTuple,
  equalTuples,
  hashTuple,
  invertTuple,
  locate,
  putAddress,
  readTuple,
  T_DST,
  T_PROTO,
  T_SRC,
  takeAddress,
} from './tuple.ts';
import { tupleFields } from './view.ts';

/** Tuple of a packet in notation, as plain fields, or undefined. */
function fieldsOf(text: string): object | undefined {
  const spec = parsePacketNotation(text);
  if (isNotationError(spec)) throw new Error(spec.message);
  const { bytes } = spec;
  const l3 = bytes[0]! >>> 4 === 4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
  const at: L4Location = { offset: -1, protocol: 0 };
  const tuple = createTuple();
  if (!locate(bytes, 0, bytes.length, l3, at)) return undefined;
  if (!readTuple(bytes, 0, at.offset, bytes.length, l3, at.protocol, tuple)) return undefined;
  return tupleFields(tuple);
}

test.each([
  ['udp 10.0.0.1:1 > 10.0.0.2:53', { src: '10.0.0.1', dst: '10.0.0.2', sport: 1, dport: 53 }],
  [
    'tcp [2001:db8::1]:1 > [2001:db8::2]:2 syn',
    { src: '2001:db8::1', dst: '2001:db8::2', sport: 1, dport: 2 },
  ],
  [
    'icmp 10.0.0.1 > 10.0.0.2 echo-request id 7',
    { src: '10.0.0.1', dst: '10.0.0.2', type: 8, code: 0, id: 7 },
  ],
  [
    'udp [2001:db8::1]:5 > [2001:db8::2]:6 hbh',
    { src: '2001:db8::1', dst: '2001:db8::2', sport: 5, dport: 6 },
  ],
  ['ip 10.0.0.1 > 10.0.0.2 proto ospf len 4', { src: '10.0.0.1', dst: '10.0.0.2' }],
  ['udp 10.0.0.1 > 10.0.0.2 frag 1480 len 100', undefined],
  ['udp [2001:db8::1]:5 > [2001:db8::2]:6 frag 1448 len 8', undefined],
])('the tuple of %s', (text, fields) => {
  expect(fieldsOf(text)).toEqual(fields);
});

const anyTuple = fc
  .record({
    words: fc.array(fc.integer({ min: -0x80000000, max: 0x7fffffff }), {
      minLength: 9,
      maxLength: 9,
    }),
    protocol: fc.constantFrom(6, 17, 132, 136, 47, 50),
    l3: fc.constantFrom(NFPROTO_IPV4, NFPROTO_IPV6),
  })
  .map(({ words, protocol, l3 }) => {
    const tuple = createTuple();
    tuple.set(words);
    tuple[T_PROTO] = l3 | (protocol << 8);
    return tuple;
  });

test('the inverse of the inverse is the tuple', () => {
  fc.assert(
    fc.property(anyTuple, (tuple) => {
      const [inverse, again] = [createTuple(), createTuple()];
      expect(invertTuple(tuple, inverse) && invertTuple(inverse, again)).toBe(true);
      expect(equalTuples(tuple, again)).toBe(true);
    }),
  );
});

test('equal tuples have equal hashes, and zones and seeds count', () => {
  fc.assert(
    fc.property(anyTuple, fc.integer(), (tuple, seed) => {
      expect(hashTuple(tuple.slice(), 1, seed)).toBe(hashTuple(tuple, 1, seed));
    }),
  );
  const tuple = createTuple();
  expect(hashTuple(tuple, 1, 5)).not.toBe(hashTuple(tuple, 2, 5));
  expect(hashTuple(tuple, 1, 5)).not.toBe(hashTuple(tuple, 1, 6));
});

test.each([
  [8, 0],
  [0, 8],
  [13, 14],
  [15, 16],
  [17, 18],
  [3, -1],
  [9, -1],
])('ICMP type %d is answered by %d', (type, answer) => {
  const [tuple, inverse] = [createTuple(), createTuple()];
  tuple[T_PROTO] = NFPROTO_IPV4 | (1 << 8);
  tuple[8] = (77 << 16) | (type << 8);
  expect(invertTuple(tuple, inverse)).toBe(answer >= 0);
  if (answer >= 0) expect(inverse[8]).toBe((77 << 16) | (answer << 8));
});

test.each([
  [NFPROTO_IPV4, [10, 0, 0, 1]],
  [NFPROTO_IPV6, [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 1]],
])('addresses go in and out as they were', (l3, address) => {
  const tuple = createTuple();
  tuple[T_PROTO] = l3;
  const out = new Uint8Array(16);
  for (const from of [T_SRC, T_DST]) {
    takeAddress(tuple, from, Uint8Array.from(address));
    expect(putAddress(tuple, from, out, 0)).toBe(address.length);
    expect([...out.subarray(0, address.length)]).toEqual(address);
  }
});

test('random bytes never make readers throw or read past the end', () => {
  const at: L4Location = { offset: -1, protocol: 0 };
  const tuple = createTuple();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (bytes, six) => {
      const l3 = six ? NFPROTO_IPV6 : NFPROTO_IPV4;
      if (!locate(bytes, 0, bytes.length, l3, at)) return;
      expect(at.offset).toBeLessThanOrEqual(bytes.length);
      readTuple(bytes, 0, at.offset, bytes.length, l3, at.protocol, tuple);
    }),
  );
});
