import { describe, expect, test } from 'vitest';
import { hex, unhex } from '../bytes/index.ts';
import { build } from './build/build.ts';
import { ipv4, ipv6, ipv6Fragment } from './build/network.ts';
import { sctp, tcp, udp } from './build/transport.ts';
import { fixChecksums, verifyChecksums } from './checksums.ts';

const A = { source: '10.0.0.1', destination: '192.0.2.10' };
const S = { source: '2001:db8::1', destination: '2001:db8::2' };
const P = { sourcePort: 1, destinationPort: 2 };

const states = (packet: Uint8Array, offset = 0): string[] =>
  verifyChecksums(packet, offset).map(({ protocol, state }) => `${protocol} ${state}`);

describe('verifyChecksums', () => {
  test('says what is and what should be', () => {
    const packet = build([ipv4({ ...A, checksum: 1 }), tcp({ ...P, checksum: 2 })]);
    expect(verifyChecksums(packet, 0)).toEqual([
      { protocol: 'ipv4', number: 4, offset: 10, actual: 1, expected: 0xaec5, state: 'incorrect' },
      {
        protocol: 'transport',
        number: 6,
        offset: 36,
        actual: 2,
        expected: 0xe3d6,
        state: 'incorrect',
      },
    ]);
  });

  test.each([
    {
      name: 'UDP over IPv4 without a checksum',
      packet: build([ipv4(A), udp({ ...P, checksum: 0 })]),
      want: 'absent',
    },
    {
      name: 'UDP over IPv6 without a checksum',
      packet: build([ipv6(S), udp({ ...P, checksum: 0 })]),
      want: 'incorrect',
    },
    {
      name: 'SCTP with a wrong sum',
      packet: build([ipv4(A), sctp({ ...P, checksum: 1 })]),
      want: 'incorrect',
    },
  ])('$name: $want', ({ packet, want }) => {
    expect(states(packet).at(-1)).toBe(`transport ${want}`);
  });

  test('a fragment has no transport checksum to verify', () => {
    const first = build([ipv4({ ...A, moreFragments: true }), udp(P), 'abcdefgh']);
    expect(states(first)).toEqual(['ipv4 correct']);
    expect(states(build([ipv6(S), ipv6Fragment({ moreFragments: true }), udp(P)]))).toEqual([]);
    // But an atomic fragment is whole.
    expect(states(build([ipv6(S), ipv6Fragment(), udp(P)]))).toEqual(['transport correct']);
  });

  test.each(['', '45', '4500001400000000', 'ff'.repeat(60), '450000ff' + '00'.repeat(40)])(
    'nothing to say of %s',
    (digits) => {
      expect(verifyChecksums(unhex(digits), 0)).toEqual([]);
    },
  );

  test('a packet may lie anywhere in its bytes, with padding behind', () => {
    const packet = build([ipv4(A), tcp(P), 'x']);
    const frame = new Uint8Array(14 + packet.length + 5).fill(0xee);
    frame.set(packet, 14);
    expect(states(frame, 14)).toEqual(['ipv4 correct', 'transport correct']);
  });
});

describe('fixChecksums', () => {
  test.each([
    { name: 'TCP', right: build([ipv4(A), tcp(P), 'odd']) },
    { name: 'UDP over IPv6', right: build([ipv6(S), udp(P), 'x']) },
    {
      name: 'SCTP',
      right: build([ipv4(A), sctp({ ...P, chunks: [{ name: 'cookieAck', flags: 0 }] })]),
    },
    { name: 'a UDP checksum that is sent as ffff', right: build([ipv4(A), udp(P), unhex('33cc')]) },
  ])('$name', ({ right }) => {
    const packet = right.slice();
    for (const { offset } of verifyChecksums(right, 0)) packet[offset]! ^= 0xff;
    expect(hex(packet)).not.toBe(hex(right));
    fixChecksums(packet, 0);
    expect(hex(packet)).toBe(hex(right));
  });

  test('a UDP checksum of zero stays zero', () => {
    const packet = build([ipv4({ ...A, checksum: 0 }), udp({ ...P, checksum: 0 }), 'x']);
    fixChecksums(packet, 0);
    expect(states(packet)).toEqual(['ipv4 correct', 'transport absent']);
  });

  test('only the header of a fragment is touched', () => {
    const packet = build([
      ipv4({ ...A, fragmentOffset: 8, protocol: 6, checksum: 0 }),
      'x'.repeat(40),
    ]);
    fixChecksums(packet, 0);
    expect(states(packet)).toEqual(['ipv4 correct']);
    expect(packet.subarray(20).every((byte) => byte === 0x78)).toBe(true);
  });
});
