import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type CaptureRecord,
  commentsOf,
  directionOf,
  LinkType,
  PcapngWriter,
  readCapture,
  textOption,
} from './index.ts';

const bytes = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/[0-9a-f]{2}/g) ?? [], (pair) => Number.parseInt(pair, 16));
const hex = (data: Uint8Array): string =>
  [...data].map((b) => b.toString(16).padStart(2, '0')).join('');
const join = (chunks: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));

const SHB_LE = '0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000';
const SHB_BE = '0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c';
const IDB_LE = '01000000 14000000 6500 0000 00000400 14000000';
const IDB_BE = '00000001 00000014 0001 0000 00000000 00000014';
/** 2026-01-01T00:00:00.000001Z is 1767225600000001 µs = 0x6474846204001. */
const EPB_LE = `06000000 24000000 00000000 48470600 01402046 02000000 28000000 4500 0000 24000000`;
const SPB_LE = '03000000 14000000 02000000 4500 0000 14000000';

test('reads sections of both byte orders in one file, each with its own interfaces', () => {
  const { records, packets, error } = readCapture(
    bytes(
      `${SHB_LE} ${IDB_LE} ${EPB_LE} ${SHB_BE} ${IDB_BE}
       00000006 00000024 00000000 00064748 46204001 00000001 00000001 45000000 00000024`,
    ),
  );
  expect(error).toBeUndefined();
  expect(records.map((r) => r.kind)).toEqual([
    'section',
    'interface',
    'packet',
    'section',
    'interface',
    'packet',
  ]);
  expect(packets.map((p) => p.interface.linkType)).toEqual([LinkType.raw, LinkType.ethernet]);
  expect(packets.map((p) => [p.number, p.seconds, p.nanoseconds])).toEqual([
    [1, 1767225600, 1000],
    [2, 1767225600, 1000],
  ]);
  expect(packets[0]).toMatchObject({ offset: 48, originalLength: 40 });
});

test('a simple packet has no time and ends at the snap length of interface 0', () => {
  const idb = '01000000 14000000 6500 0000 02000000 14000000';
  const spb = '03000000 14000000 09000000 45000000 14000000';
  const { packets } = readCapture(bytes(`${SHB_LE} ${idb} ${spb}`));
  expect(packets[0]).toMatchObject({ form: 'simple', timed: false, originalLength: 9 });
  expect(packets[0]?.data.length).toBe(2);
});

test('an obsolete packet block tells the drops before it', () => {
  const pb = '02000000 24000000 0000 0300 48470600 01402046 02000000 28000000 45000000 24000000';
  const { packets, error } = readCapture(bytes(`${SHB_LE} ${IDB_LE} ${pb}`));
  expect(error).toBeUndefined();
  expect(packets[0]).toMatchObject({ form: 'obsolete', drops: 3, seconds: 1767225600 });
});

test('interface options give the name, the clock and the offset of the clock', () => {
  // if_name "eth0", if_description "up", if_tsresol 10^-9, if_tsoffset -1
  const options =
    '0200 0400 65746830 0300 0200 75700000 0900 0100 09000000 0e00 0800 ffffffffffffffff 0000 0000';
  const idb = `01000000 3c000000 0100 0000 00000000 ${options} 3c000000`;
  const epb = '06000000 20000000 00000000 00000000 00ca9a3b 00000000 00000000 20000000';
  const { records, packets, error } = readCapture(bytes(`${SHB_LE} ${idb} ${epb}`));
  expect(error).toBeUndefined();
  expect(records[1]).toMatchObject({ name: 'eth0', description: 'up', tsResol: 9, tsOffset: -1 });
  expect(packets[0]).toMatchObject({ seconds: 0, nanoseconds: 0 });
});

test('name resolution, statistics, secrets and unknown blocks are kept', () => {
  const nrb = '04000000 20000000 0100 0b00 01020304 6d7900796f7500 00 00000000 20000000';
  const isb = '05000000 18000000 00000000 48470600 01402046 18000000';
  const custom = 'ad0b0000 14000000 01000000 deadbeef 14000000';
  const { records, error } = readCapture(bytes(`${SHB_LE} ${IDB_LE} ${nrb} ${isb} ${custom}`));
  expect(error).toBeUndefined();
  expect(records[2]).toMatchObject({ kind: 'names', entries: [{ names: ['my', 'you'] }] });
  expect(records[3]).toMatchObject({ kind: 'statistics', seconds: 1767225600, nanoseconds: 1000 });
  expect(records[4]).toMatchObject({ kind: 'block', type: 0xbad });
});

test.each([
  {
    name: 'a block that ends early',
    file: `${SHB_LE} ${IDB_LE} ${SPB_LE.slice(0, 20)}`,
    offset: 48,
  },
  { name: 'a block of 4 GiB', file: `${SHB_LE} 01000000 fcffffff 00000000 0000`, offset: 32 },
  { name: 'a block of 8 bytes', file: `${SHB_LE} 01000000 08000000 08000000`, offset: 32 },
  {
    name: 'a block length that is no multiple of four',
    file: `${SHB_LE} 01000000 15000000 00000000`,
    offset: 32,
  },
  {
    name: 'two lengths that differ',
    file: `${SHB_LE} ${IDB_LE.replace(/14000000$/, '18000000')}`,
    offset: 44,
  },
  { name: 'an unknown byte order', file: SHB_LE.replace('4d3c2b1a', '4d3c2b00'), offset: 8 },
  { name: 'version 2', file: SHB_LE.replace('0100 0000', '0200 0000'), offset: 12 },
  { name: 'a packet of an interface not described', file: `${SHB_LE} ${EPB_LE}`, offset: 36 },
  {
    name: 'a packet longer than its block',
    file: `${SHB_LE} ${IDB_LE} ${EPB_LE.replace('02000000 28', '05000000 28')}`,
    offset: 68,
  },
  {
    name: 'an option longer than its block',
    file: `${SHB_LE} 01000000 18000000 0100 0000 00000000 0100 ff00 18000000`,
    offset: 44,
  },
  {
    name: 'an interface description without fields',
    file: `${SHB_LE} 01000000 0c000000 0c000000`,
    offset: 32,
  },
  {
    name: 'a name record longer than its block',
    file: `${SHB_LE} 04000000 10000000 0100 ff00 10000000`,
    offset: 36,
  },
])('refuses $name at its offset', ({ file, offset }) => {
  const { error } = readCapture(bytes(file));
  expect(error?.offset).toBe(offset);
});

test('a flood of interface descriptions is stopped before it fills the memory', () => {
  const writer = new PcapngWriter();
  const flood = [writer.section()];
  for (let i = 0; i < 300; i++) flood.push(writer.interface({ linkType: LinkType.raw }));
  const { records, error } = readCapture(join(flood), { maxBlockLength: 65536 });
  expect(error?.reason).toContain('too much memory');
  expect(records.length).toBeLessThan(300);
});

test('names, comments and directions that are written are read back', () => {
  const writer = new PcapngWriter();
  const file = join([
    writer.section({ application: 'sluice', comments: ['made for a test'] }),
    writer.interface({ linkType: LinkType.raw, name: 'wan0', description: 'out' }),
    writer.packet(0, {
      seconds: 1_767_225_600,
      nanoseconds: 123_456_789,
      data: Uint8Array.of(0x45),
      comments: ['dropped – policy', 'ct new'],
      direction: 'inbound',
      options: [textOption(0x8001, 'kept')],
    }),
  ]);
  const { records, packets, error } = readCapture(file);
  expect(error).toBeUndefined();
  expect(records[1]).toMatchObject({ name: 'wan0', description: 'out', tsResol: 9 });
  expect(packets[0]).toMatchObject({ seconds: 1_767_225_600, nanoseconds: 123_456_789 });
  expect(commentsOf(packets[0] ?? { options: [] })).toEqual(['dropped – policy', 'ct new']);
  expect(packets[0]?.options.map((o) => o.code)).toEqual([1, 1, 0x8001, 2]);
  expect(packets.map(directionOf)).toEqual(['inbound']);
});

const tsResol = fc.constantFrom(0, 3, 6, 9, 0x80, 0x8a, 0x94, 0x9c);

test('every clock of at most a nanosecond gives back the instant it was given', () => {
  const instant = fc.record({ seconds: fc.nat({ max: 2 ** 33 }), ticks: fc.nat() });
  fc.assert(
    fc.property(tsResol, instant, (resol, { seconds, ticks }) => {
      const perSecond = resol & 0x80 ? 2 ** (resol & 0x7f) : 10 ** resol;
      const nanoseconds = Math.floor(((ticks % perSecond) * 1e9) / perSecond);
      const writer = new PcapngWriter();
      const packet = { seconds, nanoseconds, data: Uint8Array.of() };
      const file = [
        writer.section(),
        writer.interface({ linkType: 1, tsResol: resol }),
        writer.packet(0, packet),
      ];
      expect(readCapture(join(file)).packets[0]).toMatchObject({ seconds, nanoseconds });
    }),
  );
});

test('picoseconds are cut to nanoseconds', () => {
  const writer = new PcapngWriter();
  const packet = { seconds: 1_767_225, nanoseconds: 999_999_999, data: Uint8Array.of() };
  const file = [
    writer.section(),
    writer.interface({ linkType: 1, tsResol: 12 }),
    writer.packet(0, packet),
  ];
  expect(readCapture(join(file)).packets[0]).toMatchObject({
    seconds: 1_767_225,
    nanoseconds: 999_999_999,
  });
});

const options = fc.array(
  fc.record({
    code: fc.integer({ min: 16, max: 0xffff }),
    value: fc.uint8Array({ maxLength: 20 }),
  }),
  { maxLength: 3 },
);
const step = fc.oneof(
  fc.record({ do: fc.constant('section' as const), littleEndian: fc.boolean(), options }),
  fc.record({ do: fc.constant('interface' as const), tsResol, options }),
  fc.record({
    do: fc.constant('packet' as const),
    data: fc.uint8Array({ maxLength: 40 }),
    nanoseconds: fc.nat({ max: 999_999_999 }),
    options,
  }),
  fc.record({
    do: fc.constant('block' as const),
    type: fc.integer({ min: 7, max: 0x7fffffff }),
    body: fc.uint8Array(),
  }),
);

test('writing again what was read gives the same bytes', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const writer = new PcapngWriter();
      const file = [writer.section(), writer.interface({ linkType: 1 })];
      for (const s of steps) {
        if (s.do === 'section') file.push(writer.section(s), writer.interface({ linkType: 113 }));
        else if (s.do === 'interface') file.push(writer.interface({ linkType: 101, ...s }));
        else if (s.do === 'packet')
          file.push(writer.packet(writer.nextInterface - 1, { seconds: 5, ...s }));
        else if (s.type !== 0x0a0d0d0a) file.push(writer.block(s.type, s.body));
      }
      const { records, error } = readCapture(join(file));
      expect(error).toBeUndefined();
      const again = new PcapngWriter();
      expect(hex(join(records.map((r: CaptureRecord) => again.record(r))))).toBe(hex(join(file)));
    }),
  );
});
