import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { put16, put32, put32le, u16 } from './access.ts';
import {
  checksum,
  fold16,
  pseudoHeaderSum4,
  pseudoHeaderSum6,
  sum16,
  updateChecksum16,
  updateChecksum32,
  updateChecksum128,
} from './checksum.ts';
import { crc32c } from './crc32c.ts';
import { unhex } from './hex.ts';
import { utf8Encode } from './utf8.ts';

/** The definition, in arithmetic that cannot overflow. */
function slowChecksum(bytes: Uint8Array): number {
  let sum = 0n;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += BigInt((bytes[i] ?? 0) * 256 + (bytes[i + 1] ?? 0));
  }
  while (sum > 0xffffn) sum = (sum & 0xffffn) + (sum >> 16n);
  return Number(0xffffn - sum);
}

describe('checksum', () => {
  test('the example of RFC 1071 §3', () => {
    expect(fold16(sum16(unhex('0001 f203 f4f5 f6f7'), 0, 8))).toBe(0xddf2);
  });

  test('an odd last byte is the high half of a word', () => {
    expect(checksum(unhex('010203'), 0, 3)).toBe(0xffff - (0x0102 + 0x0300));
  });

  test('a header that holds its checksum sums to zero', () => {
    const header = unhex('45000073 00004000 4011b861 c0a80001 c0a800c7');
    expect(checksum(header, 0, 20)).toBe(0);
  });

  test.each([65535, 65536, 1 << 20])('no overflow over %i bytes of ones', (length) => {
    const bytes = new Uint8Array(length).fill(0xff);
    expect(checksum(bytes, 0, length)).toBe(slowChecksum(bytes));
  });

  test('equals the definition at any offset and length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, skip) => {
        const offset = Math.min(skip, bytes.length);
        const part = bytes.subarray(offset);
        expect(checksum(bytes, offset, part.length)).toBe(slowChecksum(part));
      }),
    );
  });

  test('a sum continues over pieces of even length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(50), (bytes, half) => {
        const cut = Math.min(2 * half, bytes.length & ~1);
        const first = sum16(bytes, 0, cut);
        expect(checksum(bytes, cut, bytes.length - cut, first)).toBe(slowChecksum(bytes));
      }),
    );
  });
});

/**
 * A block that is not all zeros, for which alone the two zeros of ones' complement may be told
 * apart.
 */
const block = fc
  .uint8Array({ minLength: 48, maxLength: 48 })
  .filter((bytes) => bytes.subarray(32).some((byte) => byte !== 0));

describe('incremental update equals the full sum (RFC 1624)', () => {
  test('of 16 bits', () => {
    fc.assert(
      fc.property(block, fc.nat(15), fc.nat(0xffff), (bytes, word, value) => {
        const before = checksum(bytes, 0, 48);
        const old = u16(bytes, 2 * word);
        put16(bytes, 2 * word, value);
        expect(updateChecksum16(before, old, value)).toBe(checksum(bytes, 0, 48));
      }),
    );
  });

  test('of 32 bits', () => {
    fc.assert(
      fc.property(block, fc.nat(7), fc.nat(0xffffffff), (bytes, word, value) => {
        const before = checksum(bytes, 0, 48);
        const old = u16(bytes, 4 * word) * 65536 + u16(bytes, 4 * word + 2);
        put32(bytes, 4 * word, value);
        expect(updateChecksum32(before, old, value)).toBe(checksum(bytes, 0, 48));
      }),
    );
  });

  test('of 128 bits', () => {
    const address = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(block, address, (bytes, after) => {
        const before = checksum(bytes, 0, 48);
        const updated = updateChecksum128(before, bytes, 16, after, 0);
        bytes.set(after, 16);
        expect(updated).toBe(checksum(bytes, 0, 48));
      }),
    );
  });

  test('the corner case of RFC 1624 §4: 0x0000, never 0xffff', () => {
    expect(updateChecksum16(0xdd2f, 0x5555, 0x3285)).toBe(0);
  });
});

describe('pseudo headers', () => {
  test('a UDP datagram of IPv4', () => {
    // 10.0.0.1.1000 > 10.0.0.2.2000, one byte; tcpdump -vv calls 0x7f21 right.
    const packet = unhex('4500001d000100004011 66cd 0a000001 0a000002 03e8 07d0 0009 0000 61');
    const sum = pseudoHeaderSum4(packet, 0, 17, 9);
    expect(sum).toBe(0x0a00 + 0x0001 + 0x0a00 + 0x0002 + 17 + 9);
    expect(checksum(packet, 20, 9, sum)).toBe(0x7f21);
  });

  test('IPv6 counts lengths beyond 16 bits', () => {
    const header = new Uint8Array(40);
    expect(fold16(pseudoHeaderSum6(header, 0, 17, 0x12345))).toBe(1 + 0x2345 + 17);
  });
});

describe('crc32c', () => {
  test.each([
    { name: 'the check value', bytes: utf8Encode('123456789'), want: 0xe3069283 },
    { name: '32 zeros (RFC 3720 B.4)', bytes: new Uint8Array(32), want: 0x8a9136aa },
    { name: '32 ones', bytes: new Uint8Array(32).fill(0xff), want: 0x62a8ab43 },
    { name: 'nothing', bytes: new Uint8Array(0), want: 0 },
  ])('of $name', ({ bytes, want }) => {
    expect(crc32c(bytes, 0, bytes.length)).toBe(want);
  });

  test('continues from any cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(64), (bytes, at) => {
        const cut = Math.min(at, bytes.length);
        const first = crc32c(bytes, 0, cut);
        const whole = crc32c(bytes, 0, bytes.length);
        expect(crc32c(bytes, cut, bytes.length - cut, first)).toBe(whole);
      }),
    );
  });

  test('put32le writes the byte order of RFC 9260', () => {
    const out = new Uint8Array(4);
    put32le(out, 0, crc32c(new Uint8Array(32), 0, 32));
    expect(out).toEqual(unhex('aa36918a'));
  });
});
