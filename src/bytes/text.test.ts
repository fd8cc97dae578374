import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hex, hexdump, unhex } from './hex.ts';
import { Reader } from './reader.ts';
import { utf8Decode, utf8Encode } from './utf8.ts';
import { concatBytes, Writer } from './writer.ts';

describe('hex', () => {
  test('both ways', () => {
    expect(hex(Uint8Array.of(0, 0xab, 0x0c))).toBe('00ab0c');
    expect(hex(Uint8Array.of(0, 0xab), ' ')).toBe('00 ab');
    expect(unhex('0x00 AB:0c\n')).toEqual(Uint8Array.of(0, 0xab, 0x0c));
    expect(unhex('')).toEqual(new Uint8Array(0));
  });

  test.each(['abc', '0g', '0x1', 'zz'])("'%s' is a RangeError", (text) => {
    expect(() => unhex(text)).toThrow(RangeError);
  });

  test('a dump looks as tcpdump -X prints it', () => {
    const bytes = utf8Encode('GET / HTTP/1.1\r\nHo');
    expect(hexdump(bytes, { offset: 0x20 })).toBe(
      [
        '0x0020:  4745 5420 2f20 4854 5450 2f31 2e31 0d0a  GET./.HTTP/1.1..',
        '0x0030:  486f                                     Ho',
      ].join('\n'),
    );
  });
});

describe('utf8', () => {
  test('encodes as TextEncoder, lone surrogates too', () => {
    // fast-check's own strings of any code point take seconds to set up.
    const unit = fc.oneof(fc.nat(0xffff), fc.constantFrom(0x41, 0xe9, 0xd83d, 0xde00, 0xffff));
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 12 }), (units) => {
        const text = String.fromCharCode(...units);
        expect(utf8Encode(text)).toEqual(new TextEncoder().encode(text));
      }),
    );
  });

  test('decodes any bytes as TextDecoder', () => {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    const interesting = fc.constantFrom(
      0x41,
      0x80,
      0xbf,
      0xc2,
      0xe0,
      0xa0,
      0xed,
      0xf0,
      0x90,
      0xf4,
      0xff,
    );
    const bytes = fc.array(fc.oneof(interesting, fc.nat(255)), { maxLength: 12 });
    fc.assert(
      fc.property(bytes, (codes) => {
        const input = Uint8Array.from(codes);
        expect(utf8Decode(input)).toBe(decoder.decode(input));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('Reader and Writer', () => {
  test('what was written reads back', () => {
    const bytes = new Writer(1)
      .u8(1)
      .u16(0x0203)
      .u32(0xfffefdfc)
      .u64(0x0102030405060708n)
      .u16le(0x0203)
      .u32le(0xfffefdfc)
      .u64le(5n)
      .text('añ')
      .align(4)
      .finish();
    const r = new Reader(bytes);
    expect([r.u8(), r.u16(), r.u32(), r.u64()]).toEqual([
      1,
      0x0203,
      0xfffefdfc,
      0x0102030405060708n,
    ]);
    expect([r.u16le(), r.u32le(), r.u64le(), r.text(3)]).toEqual([0x0203, 0xfffefdfc, 5n, 'añ']);
    r.align(4);
    expect(r.remaining).toBe(0);
    expect(r.ok).toBe(true);
  });

  test('the first error is kept, with its field', () => {
    const r = new Reader(Uint8Array.of(1, 2, 3));
    expect(r.u16('type')).toBe(0x0102);
    expect(r.u32('length')).toBe(0);
    expect(r.u8('flags')).toBe(0);
    expect(r.error).toBe('length: 4 bytes wanted at offset 2, 1 left');
    expect(r.remaining).toBe(0);
  });

  test('a negative length is an error, not a step back', () => {
    const r = new Reader(Uint8Array.of(1, 2, 3), 2);
    r.take(-1, 'data');
    expect(r.ok).toBe(false);
  });

  test('patches fill in lengths', () => {
    const w = new Writer();
    w.u16(0).u32(0).bytes(Uint8Array.of(9));
    expect(hex(w.patch16(0, w.length).patch32(2, 1).finish())).toBe('00070000000109');
    expect(w.reset().length).toBe(0);
  });

  test('concatBytes', () => {
    expect(concatBytes(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3))).toEqual(
      Uint8Array.of(1, 2, 3),
    );
  });
});
