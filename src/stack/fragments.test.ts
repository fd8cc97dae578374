import { describe, expect, test } from 'vitest';
import { put16, u16, unhex } from '../bytes/index.ts';
import { ACCEPT } from '../core/index.ts';
import type { Bed } from './bed.ts';
import { makeBed, packet, ROUTER, udp, withoutChance } from './bed.ts';

const out4 = { from: '10.0.0.2', to: '192.0.2.2' };
const me4 = { from: '10.0.0.2', to: '10.0.0.1' };
const out6 = { from: '2001:db8::2', to: '2001:db8:1::2' };
const MF = 0x2000;
const DF = 0x4000;

/** Fragments of a datagram with `length` bytes of data, cut at offsets that are multiples of 8. */
function pieces4(
  spec: { from: string; to: string },
  length: number,
  cuts: number[],
  flags = 0,
): Uint8Array[] {
  const payload = udp(spec, new Uint8Array(length).fill(0x61));
  return cuts.map((from, i) => {
    const to = cuts[i + 1] ?? payload.length;
    const more = to < payload.length ? MF : 0;
    const fragment = (from >> 3) | more | flags;
    return packet({ ...spec, id: 77, fragment, payload: payload.slice(from, to) });
  });
}

function pieces6(spec: { from: string; to: string }, length: number, cuts: number[]): Uint8Array[] {
  const payload = udp(spec, new Uint8Array(length).fill(0x61));
  return cuts.map((from, i) => {
    const to = cuts[i + 1] ?? payload.length;
    const header = unhex('1100000000000007');
    put16(header, 2, from | (to < payload.length ? 1 : 0));
    const part = new Uint8Array([...header, ...payload.slice(from, to)]);
    return packet({ ...spec, protocol: 44, payload: part });
  });
}

/** Total length and fragment field of IPv4 packets, payload length and offset of IPv6 ones. */
const shape = (sent: readonly string[]): string[] =>
  sent.map((line) => {
    const bytes = unhex(line.split(' ')[1]!);
    const v4 = bytes[0]! >> 4 === 4;
    return v4
      ? `${u16(bytes, 2)} ${u16(bytes, 6).toString(16)}`
      : `${u16(bytes, 4)} ${u16(bytes, 42)}`;
  });

const feed = (bed: Bed, pieces: readonly Uint8Array[]): string[] =>
  pieces.flatMap((one) => bed.receive('lan', one));

const SMALL = {
  interfaces: ROUTER.interfaces.map((one) => (one.name === 'wan' ? { ...one, mtu: 1300 } : one)),
};

describe('onto a smaller link', () => {
  test('a datagram is cut in units of eight bytes', () => {
    const sent = makeBed(SMALL).receive(
      'lan',
      packet({ ...out4, payload: udp(out4, new Uint8Array(1400)) }),
    );
    expect(shape(sent)).toEqual(['1300 2000', '148 a0']);
  });

  test('options that are not to be copied turn into no-operations behind the first fragment', () => {
    const spec = {
      ...out4,
      options: '94040000 07070400000000 00',
      payload: udp(out4, new Uint8Array(1400)),
    };
    const sent = makeBed(SMALL).receive('lan', packet(spec));
    expect(sent.map((line) => line.slice(4 + 40, 4 + 40 + 24))).toEqual([
      '94040000070708c000020100',
      '940400000101010101010100',
    ]);
  });

  test('a datagram that must not be cut is answered with the size that fits', () => {
    const payload = udp(out4, new Uint8Array(1400));
    const sent = withoutChance(
      makeBed(SMALL).receive('lan', packet({ ...out4, fragment: DF, payload })),
    );
    expect(sent.length).toBe(1);
    // 576 bytes in all; unreachable, fragmentation needed, 1300.
    expect(sent[0]).toMatch(/^lan 45c00240\.{4}00004001\.{4}0a0000010a0000020304.{4}00000514/);
    expect(sent[0]!.length).toBe(4 + 2 * 576);
  });

  test('IPv6 is never cut by a router: packet too big, 1280 bytes in all', () => {
    const payload = udp(out6, new Uint8Array(1400));
    const sent = makeBed(SMALL).receive('lan', packet({ ...out6, payload }));
    expect(sent.length).toBe(1);
    expect(sent[0]!.length).toBe(4 + 2 * 1280);
    expect(sent[0]!.slice(4 + 80, 4 + 84)).toBe('0200');
    expect(sent[0]!.slice(4 + 88, 4 + 96)).toBe('00000514');
  });
});

describe('in front of connection tracking', () => {
  test.each([
    { name: 'in order', order: [0, 1, 2] },
    { name: 'in reverse', order: [2, 1, 0] },
    { name: 'mixed', order: [1, 2, 0] },
  ])('$name, hooks see one packet and the wire the old fragments', ({ order }) => {
    const bed = makeBed({}, true);
    const seen: number[] = [];
    bed.stack.netns.hooks.register('inet', 'forward', {
      priority: 0,
      name: 'count',
      kind: 'user',
      run: (one) => {
        seen.push(one.length);
        return ACCEPT;
      },
    });
    const pieces = pieces4(out4, 2000, [0, 800, 1600]);
    const sent = feed(
      bed,
      order.map((i) => pieces[i]!),
    );
    expect(seen).toEqual([2028]);
    expect(shape(sent)).toEqual(['820 2000', '820 2064', '428 c8']);
  });

  test('IPv6 fragments leave as they came, with an identification of their own', () => {
    const sent = feed(makeBed({}, true), pieces6(out6, 600, [0, 200, 400]));
    expect(shape(sent)).toEqual(['208 1', '208 201', '216 400']);
    expect(sent[0]!.slice(4 + 88, 4 + 96)).not.toBe('00000007');
  });

  test('DF on all fragments: the whole has it, too large a one is refused', () => {
    expect(shape(feed(makeBed({}, true), pieces4(out4, 2000, [0, 1000], DF)))).toEqual([
      '1020 2000',
      '1028 7d',
    ]);
    const sent = feed(makeBed(SMALL, true), pieces4(out4, 2000, [0, 1400], DF));
    expect(sent.map((line) => line.slice(0, 3))).toEqual(['lan']);
  });

  test('an overlap loses the whole datagram', () => {
    const bed = makeBed({}, true);
    const [first, second] = pieces4(out4, 2000, [0, 800]) as [Uint8Array, Uint8Array];
    const [, other] = pieces4(out4, 2000, [0, 792]) as [Uint8Array, Uint8Array];
    expect(feed(bed, [first, other, second])).toEqual([]);
    expect(bed.stack.reassemblies.size).toBe(1);
  });

  test('fragments of other datagrams do not fit', () => {
    const bed = makeBed({}, true);
    const [first] = pieces4(out4, 2000, [0, 800]) as [Uint8Array];
    const [, second] = pieces4({ ...out4, from: '10.0.0.3' }, 2000, [0, 800]) as [
      Uint8Array,
      Uint8Array,
    ];
    expect(feed(bed, [first, second])).toEqual([]);
  });

  test('an IPv6 fragment of an odd length passes as it is', () => {
    const [odd] = pieces6(out6, 100, [0, 17]) as [Uint8Array];
    expect(shape(feed(makeBed({}, true), [odd]))).toEqual(['25 1']);
  });
});

describe('for this host', () => {
  test('a datagram is delivered whole', () => {
    const bed = makeBed();
    const got: number[] = [];
    bed.stack.listen({ protocol: 17, port: 9, receive: (one) => got.push(one.length) });
    feed(bed, pieces4(me4, 2000, [0, 800, 1600]));
    expect(got).toEqual([2028]);
  });

  test('after 30 seconds the sender is told, if the first fragment came', () => {
    const bed = makeBed();
    feed(bed, pieces4(me4, 2000, [0, 800]).slice(0, 1));
    bed.clock.advance(29.9e9);
    expect(bed.take()).toEqual([]);
    bed.clock.advance(0.2e9);
    expect(withoutChance(bed.take())[0]).toMatch(
      /^lan 45c0.{4}\.{4}00004001\.{4}0a0000010a0000020b01/,
    );
    feed(bed, pieces4(me4, 2000, [0, 800]).slice(1));
    bed.clock.advance(31e9);
    expect(bed.take()).toEqual([]);
  });

  test('a first fragment without its headers is a parameter problem (RFC 8200 §4.5)', () => {
    const me6 = { from: '2001:db8::2', to: '2001:db8::1' };
    const part = new Uint8Array([...unhex('1100000100000007'), 3, 232, 0, 9]);
    const [sent] = makeBed().receive('lan', packet({ ...me6, protocol: 44, payload: part }));
    expect(sent!.slice(4 + 80, 4 + 84)).toBe('0403');
  });
});
