import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LinkType, PcapWriter, readCapture } from './index.ts';

const bytes = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/[0-9a-f]{2}/g) ?? [], (pair) => Number.parseInt(pair, 16));
const hex = (data: Uint8Array): string =>
  [...data].map((b) => b.toString(16).padStart(2, '0')).join(' ');

const HEADER_LE = 'd4c3b2a1 0200 0400 00000000 00000000 00000400 65000000';
const HEADER_BE = 'a1b2c3d4 0002 0004 00000000 00000000 00040000 00000065';

test.each([
  {
    name: 'little-endian microseconds',
    file: `${HEADER_LE} 01000000 02000000 03000000 40000000 450000`,
    want: { seconds: 1, nanoseconds: 2000, originalLength: 64 },
  },
  {
    name: 'big-endian microseconds',
    file: `${HEADER_BE} 00000001 00000002 00000003 00000040 450000`,
    want: { seconds: 1, nanoseconds: 2000, originalLength: 64 },
  },
  {
    name: 'little-endian nanoseconds',
    file: `4d3cb2a1 0200 0400 00000000 00000000 00000400 65000000
           01000000 ffc99a3b 03000000 03000000 450000`,
    want: { seconds: 1, nanoseconds: 999_999_999, originalLength: 3 },
  },
  {
    name: 'big-endian nanoseconds after 2038',
    file: `a1b23c4d 0002 0004 00000000 00000000 00040000 00000065
           ffffffff 00000001 00000003 00000003 450000`,
    want: { seconds: 0xffffffff, nanoseconds: 1, originalLength: 3 },
  },
  {
    name: 'a fraction of more than a second is carried',
    file: `${HEADER_LE} 01000000 41420f00 03000000 03000000 450000`,
    want: { seconds: 2, nanoseconds: 1000, originalLength: 3 },
  },
  {
    name: 'the modified header with an interface index',
    file: `34cdb2a1 0200 0400 00000000 00000000 00000400 65000000
           01000000 02000000 03000000 03000000 07000000 0008 00 00 450000`,
    want: { seconds: 1, nanoseconds: 2000, originalLength: 3, ifindex: 7 },
  },
  {
    name: 'version 2.2, whose lengths are the other way round',
    file: `d4c3b2a1 0200 0200 00000000 00000000 00000400 65000000
           01000000 02000000 40000000 03000000 450000`,
    want: { seconds: 1, nanoseconds: 2000, originalLength: 64 },
  },
])('reads $name', ({ file, want }) => {
  const { packets, error } = readCapture(bytes(file));
  expect(error).toBeUndefined();
  expect(packets).toHaveLength(1);
  expect(packets[0]).toMatchObject({ number: 1, timed: true, ...want });
  expect(hex(packets[0]?.data ?? new Uint8Array())).toBe('45 00 00');
});

test('the frame check sequence bits are no part of the link type', () => {
  const { records } = readCapture(bytes('d4c3b2a1 0200 0400 00000000 00000000 00000400 01000024'));
  expect(records[1]).toMatchObject({
    kind: 'interface',
    linkType: LinkType.ethernet,
    snapLen: 262144,
  });
});

const whole = `${HEADER_LE} 01000000 02000000 03000000 03000000 450000`;

test.each([
  { name: 'an empty file', file: '', offset: 0, packets: 0, says: 'only 0 bytes' },
  { name: 'two bytes', file: 'd4c3', offset: 0, packets: 0, says: 'only 2 bytes' },
  { name: 'text', file: '68656c6c6f', offset: 0, packets: 0, says: 'starts with 68656c6c' },
  { name: 'gzip', file: '1f8b0800', offset: 0, packets: 0, says: 'gzip' },
  { name: 'half a header', file: 'd4c3b2a1 0200', offset: 0, packets: 0, says: 'file header' },
  {
    name: 'version 3',
    file: HEADER_LE.replace('0200 0400', '0300 0000'),
    offset: 4,
    packets: 0,
    says: 'version 3.0',
  },
  { name: 'half a packet header', file: `${whole} 0100`, offset: 43, packets: 1, says: 'packet 2' },
  {
    name: 'half a packet',
    file: `${whole} 01000000 02000000 03000000 03000000 45`,
    offset: 43,
    packets: 1,
    says: 'ends 17 bytes into packet 2',
  },
  {
    name: 'a captured length of 4 GiB',
    file: `${whole} 01000000 02000000 ffffffff 03000000 45`,
    offset: 51,
    packets: 1,
    says: 'packet 2 claims 4294967295 captured bytes',
  },
])('refuses $name at its offset, after the whole packets', ({ file, offset, packets, says }) => {
  const capture = readCapture(bytes(file));
  expect(capture.packets).toHaveLength(packets);
  expect(capture.error?.offset).toBe(offset);
  expect(capture.error?.message).toContain(says);
});

test('writes the bytes of the format', () => {
  const writer = new PcapWriter({ linkType: LinkType.raw, nanoseconds: false });
  expect(hex(writer.header())).toBe(hex(bytes(HEADER_LE)));
  const packet = { seconds: 1, nanoseconds: 2999, data: bytes('450000'), originalLength: 64 };
  expect(hex(writer.packet(packet))).toBe(hex(bytes('01000000 02000000 03000000 40000000 450000')));
});

const packetArbitrary = fc.record({
  seconds: fc.nat({ max: 0xffffffff }),
  nanoseconds: fc.nat({ max: 999_999_999 }),
  data: fc.uint8Array({ maxLength: 60 }),
  originalLength: fc.nat({ max: 0xffffffff }),
});

test('what is written is read back, in every byte order and however it is chunked', () => {
  fc.assert(
    fc.property(fc.array(packetArbitrary), fc.boolean(), (packets, littleEndian) => {
      const writer = new PcapWriter({ linkType: LinkType.ethernet, littleEndian });
      const file = [writer.header(), ...packets.map((p) => writer.packet(p))];
      const read = readCapture(Uint8Array.from(file.flatMap((chunk) => [...chunk])));
      expect(read.error).toBeUndefined();
      expect(read.packets.map(plain)).toEqual(packets.map(plain));
    }),
  );
});

const plain = (p: {
  seconds: number;
  nanoseconds: number;
  data: Uint8Array;
  originalLength: number;
}) => ({
  seconds: p.seconds,
  nanoseconds: p.nanoseconds,
  originalLength: p.originalLength,
  data: hex(p.data),
});
