import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type CaptureRecord,
  createReader,
  LinkType,
  PcapngWriter,
  PcapWriter,
  readCapture,
  readRecords,
} from './index.ts';

const join = (chunks: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));

function sample(format: 'pcap' | 'pcapng'): Uint8Array {
  const packets = [0, 1, 40, 333].map((length, i) => ({
    seconds: i,
    nanoseconds: i,
    data: new Uint8Array(length).fill(i),
  }));
  if (format === 'pcap') {
    const writer = new PcapWriter({ linkType: LinkType.raw });
    return join([writer.header(), ...packets.map((p) => writer.packet(p))]);
  }
  const writer = new PcapngWriter();
  return join([
    writer.section({ application: 'test' }),
    writer.interface({ linkType: LinkType.raw, name: 'tun0' }),
    ...packets.map((p) => writer.packet(0, { ...p, comments: ['one'] })),
  ]);
}

/** What must not depend on the chunks a file came in. */
const essence = (records: readonly CaptureRecord[]) =>
  records.map((r) =>
    r.kind === 'packet' ? [r.number, r.offset, r.seconds, [...r.data]] : [r.kind],
  );

test.each(['pcap', 'pcapng'] as const)('%s: records do not depend on the chunks', (format) => {
  const file = sample(format);
  const whole = readCapture(file);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1 }), (sizes) => {
      const reader = createReader();
      const records: CaptureRecord[] = [];
      for (let at = 0, i = 0; at < file.length; i++) {
        const size = sizes[i % sizes.length] ?? 1;
        records.push(...reader.push(file.slice(at, at + size)));
        at += size;
      }
      expect(reader.end()).toBeUndefined();
      expect(essence(records)).toEqual(essence(whole.records));
    }),
  );
});

/** Where records end: a pcap keeps its section and its interface in one header of 24 bytes. */
const borderOffsets = (file: Uint8Array): number[] =>
  readCapture(file)
    .records.map((r) => r.offset)
    .concat(file[0] === 0x0a ? [] : [24])
    .filter((offset) => offset > 0);

test.each(['pcap', 'pcapng'] as const)(
  '%s: cut anywhere, the whole packets come first',
  (format) => {
    const file = sample(format);
    const { packets } = readCapture(file);
    const borders = [...borderOffsets(file), file.length];
    for (let cut = 0; cut < file.length; cut++) {
      const got = readCapture(file.subarray(0, cut));
      const complete = packets.filter((_, i) => (packets[i + 1]?.offset ?? file.length) <= cut);
      expect(got.packets.map((p) => p.number)).toEqual(complete.map((p) => p.number));
      // A cut between two records is no damage that could be seen.
      expect(got.error === undefined).toBe(borders.includes(cut));
      if (got.error !== undefined) expect(borders.concat(0)).toContain(got.error.offset);
    }
  },
);

test('a block fed byte by byte takes linear time', () => {
  const writer = new PcapngWriter();
  const file = join([writer.section(), writer.block(0x1234, new Uint8Array(300_000))]);
  const reader = createReader();
  const records: CaptureRecord[] = [];
  for (let at = 0; at < file.length; at++) records.push(...reader.push(file.subarray(at, at + 1)));
  expect(records.map((r) => r.kind)).toEqual(['section', 'block']);
  expect(reader.end()).toBeUndefined();
});

test('nothing is read after an error', () => {
  const reader = createReader();
  expect([...reader.push(Uint8Array.of(1, 2, 3, 4))]).toEqual([]);
  expect(reader.error?.offset).toBe(0);
  expect([...reader.push(sample('pcap'))]).toEqual([]);
  expect(reader.end()).toBe(reader.error);
});

test('a stream gives its records and then throws what was wrong', async () => {
  const file = sample('pcapng');
  const chunks = [file.subarray(0, 100), file.subarray(100, file.length - 3)];
  const kinds: string[] = [];
  const reading = async () => {
    for await (const record of readRecords(chunks)) kinds.push(record.kind);
  };
  await expect(reading()).rejects.toThrow(/the file ends \d+ bytes into a block/);
  expect(kinds).toEqual(['section', 'interface', 'packet', 'packet', 'packet']);
});
