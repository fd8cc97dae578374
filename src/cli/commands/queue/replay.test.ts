import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import {
  LinkType,
  type PacketRecord,
  PcapngWriter,
  PcapWriter,
  readCapture,
} from '../../../capture/index.ts';
import { notationOf, parsePacketNotation, verifyChecksums } from '../../../packet/index.ts';
import { run } from '../../run.ts';
import { testHost } from '../../test-host.ts';

// The first handler waits for what loads TypeScript.
vi.setConfig({ testTimeout: 30_000 });

const folder = mkdtempSync(join(tmpdir(), 'sluice-replay-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
/** A handler in a file, given as what its default export is. */
function handlerFile(code: string): string {
  const path = join(folder, `${++files}.mjs`);
  writeFileSync(path, `export default ${code};\n`);
  return path;
}

const packetOf = (text: string): Uint8Array => {
  const spec = parsePacketNotation(text);
  if ('message' in spec) throw new Error(spec.message);
  return spec.bytes;
};
const joined = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((p) => [...p]));

const UDP = 'udp 10.0.0.1:1 > 10.0.0.2:1331';
const MACS = Uint8Array.from({ length: 12 }, (_, i) => i);
const ethernet = (packet: Uint8Array, least = 0): Uint8Array => {
  const frame = joined(MACS, Uint8Array.of(8, 0), packet);
  return joined(frame, new Uint8Array(Math.max(0, least - frame.length)));
};

const at = (seconds: number, data: Uint8Array) => ({
  seconds: Math.floor(seconds),
  nanoseconds: Math.round((seconds % 1) * 1e9),
  data,
});
function pcap(linkType: number, ...packets: readonly ReturnType<typeof at>[]): Uint8Array {
  const writer = new PcapWriter({ linkType, nanoseconds: false });
  return joined(writer.header(), ...packets.map((p) => writer.packet(p)));
}

/** What is written, and said. */
async function replay(capture: Uint8Array, words: readonly string[], output = 'out.pcap') {
  const host = testHost({ files: { 'in.pcap': capture } });
  const code = await run(['queue', '--replay', 'in.pcap', '-o', output, ...words], host);
  const written = host.written.get(output);
  const records = written === undefined ? [] : readCapture(written).records;
  const packets = records.filter((r): r is PacketRecord => r.kind === 'packet');
  return { code, out: host.stdout(), err: host.stderr(), records, packets };
}

const EDITS = `(packet) => { packet.payload = new TextEncoder().encode('longer than it was') }`;

describe.each([
  ['Ethernet', LinkType.ethernet, (p: Uint8Array) => ethernet(p, 60), 14],
  [
    'Linux cooked',
    LinkType.linuxSll,
    (p: Uint8Array) => joined(Uint8Array.of(0, 0, 0, 1, 0, 6, ...MACS.subarray(0, 8), 8, 0), p),
    16,
  ],
  ['raw', LinkType.raw, (p: Uint8Array) => p, 0],
] as const)('a capture of link type %s', (_, linkType, frame, header) => {
  const before = frame(packetOf(`${UDP} data "short"`));
  const capture = pcap(linkType, at(1000.25, before));

  test('has the packet in the link header it had, with right lengths and checksums', async () => {
    const { code, packets, err } = await replay(capture, [handlerFile(EDITS)]);
    expect([code, err]).toEqual([0, '']);
    const { data, seconds, nanoseconds, originalLength } = packets[0]!;
    expect(data.subarray(0, header)).toEqual(before.subarray(0, header));
    expect(notationOf(data.subarray(header), { exact: true })).toBe(
      `${UDP} data "longer than it was"`,
    );
    expect(verifyChecksums(data, header).map((r) => r.state)).toEqual(['correct', 'correct']);
    expect([seconds, nanoseconds, originalLength]).toEqual([1000, 250e6, data.length]);
    expect(packets[0]!.interface).toMatchObject({ linkType, tsResol: 6 });
  });

  test('is the same byte for byte where nobody changes it', async () => {
    const { packets } = await replay(capture, [handlerFile('() => {}')]);
    expect(packets[0]!.data).toEqual(before);
  });
});

describe('which packets', () => {
  const capture = pcap(
    LinkType.ethernet,
    at(1, ethernet(packetOf(UDP))),
    at(2, ethernet(packetOf('udp 10.0.0.1:1 > 10.0.0.2:53'))),
    at(3, joined(MACS, Uint8Array.of(8, 6), new Uint8Array(28))),
  );

  test('those of IP; others are written as they are', async () => {
    const { packets, out } = await replay(capture, [handlerFile(`() => 'drop'`)]);
    expect(out).toBe('3 packets, 2 to the handler: 0 accepted, 2 dropped\nwritten to out.pcap\n');
    expect(packets.map((p) => p.seconds)).toEqual([3]);
  });

  test('those that the handler wants to see', async () => {
    const handler = handlerFile(`{ match: 'udp dport 53', handle: () => 'drop' }`);
    expect((await replay(capture, [handler])).packets.map((p) => p.seconds)).toEqual([1, 3]);
    const { packets } = await replay(capture, [handler, '--match', 'udp dport 1331']);
    expect(packets.map((p) => p.seconds)).toEqual([2, 3]);
  });

  test('a match that is none is refused', async () => {
    const { code, err } = await replay(capture, [
      handlerFile('() => {}'),
      '--match',
      'udp dprot 1',
    ]);
    expect([code, err]).toEqual([2, expect.stringContaining('--match')]);
  });
});

describe('time is that of the capture', () => {
  const capture = pcap(
    LinkType.raw,
    ...[0, 0.5, 2].map((seconds) => at(1000 + seconds, packetOf(`${UDP} len ${10 * seconds}`))),
  );
  const waits = (seconds: number): string =>
    `{ open(c) { this.clock = c.clock }, handle() { return new Promise((done) => this.clock.after(${seconds * 1e9}, done)) } }`;
  const times = (packets: readonly PacketRecord[]) =>
    packets.map((p) => p.seconds + p.nanoseconds / 1e9);

  test('a packet that waited is written when it left', async () => {
    const { packets } = await replay(capture, [handlerFile(waits(0.75)), '--deadline', '5000']);
    expect(times(packets)).toEqual([1000.75, 1001.25, 1002.75]);
  });

  test('a handler that takes too long is overruled', async () => {
    const { packets, err, out } = await replay(capture, [handlerFile(waits(10))]);
    expect(times(packets)).toEqual([1001, 1001.5, 1003]);
    expect(err).toMatch(/packet 1: the handler expired: no answer in time/);
    expect(out).toContain('3 by the policy');
  });

  test('a handler that waits for something else is waited for', async () => {
    const later = `() => new Promise((done) => setImmediate(() => done('drop')))`;
    expect((await replay(capture, [handlerFile(later)])).packets).toEqual([]);
  });
});

test('what a recording says of its packets is what the handler is told', async () => {
  const writer = new PcapngWriter();
  const comment =
    'queue 7 input in eth5 mark 9 uid 1000 ct established reply mac 02:00:00:00:00:01';
  const capture = joined(
    writer.section(),
    writer.interface({ linkType: LinkType.raw, name: 'eth5' }),
    writer.packet(0, { ...at(1.5, packetOf(UDP)), comments: [comment] }),
  );
  const handler = handlerFile(`{ match: 'udp dport 1', open(c) { this.log = c.log }, handle(p) {
    this.log(JSON.stringify([p.queue, p.hook, p.indev, p.outdev, p.mark, p.uid, p.gid ?? null, p.connectionState, p.timestamp]));
  } }`);
  const { err, records } = await replay(capture, [handler], 'out.pcapng');
  expect(JSON.parse(err)).toEqual([
    7,
    'input',
    'eth5',
    '',
    9,
    1000,
    null,
    { state: 'established', reply: true },
    1.5,
  ]);
  expect(records.map((r) => r.kind)).toEqual(['section', 'interface', 'packet']);
});

test('a pcapng stays one, with its interfaces', async () => {
  const writer = new PcapngWriter();
  const capture = joined(
    writer.section(),
    writer.interface({ linkType: LinkType.ethernet, name: 'a' }),
    writer.interface({ linkType: LinkType.raw, name: 'b' }),
    writer.packet(1, at(1, packetOf(UDP))),
    writer.packet(0, at(2, ethernet(packetOf(UDP)))),
  );
  const { packets } = await replay(capture, [handlerFile(EDITS)], 'out');
  expect(packets.map((p) => [p.interface.name, p.data.length])).toEqual([
    ['b', 46],
    ['a', 60],
  ]);
  const { code, err } = await replay(capture, [handlerFile(EDITS)], 'out.pcap');
  expect([code, err]).toEqual([2, expect.stringContaining('name it .pcapng')]);
});

test('of a packet that was cut the handler knows the length, and cannot change it', async () => {
  const whole = packetOf(`${UDP} len 100`);
  const capture = pcap(LinkType.raw, {
    ...at(1, whole.subarray(0, 60)),
    originalLength: 128,
  } as never);
  const handler = handlerFile(
    `(p) => { if (p.truncated && p.length === 128) p.payload = new Uint8Array(1) }`,
  );
  const { packets, err } = await replay(capture, [handler]);
  expect(err).toContain('only the beginning of this packet was copied');
  expect(packets[0]).toMatchObject({ originalLength: 128 });
  expect(packets[0]!.data).toEqual(whole.subarray(0, 60));
});

test('numbers as JSON', async () => {
  const { out } = await replay(pcap(LinkType.raw, at(1, packetOf(UDP))), [
    handlerFile(EDITS),
    '--json',
  ]);
  expect(JSON.parse(out)).toMatchObject({
    read: 1,
    packets: 1,
    edited: 1,
    verdicts: { accept: 1 },
  });
});

test('handlers in TypeScript', async () => {
  const path = new URL('../../../../examples/queue/http-headers.ts', import.meta.url).pathname;
  const request = packetOf(
    `tcp 10.0.0.1:4000 > 10.0.0.2:80 psh,ack seq 1 data "User-Agent: x\\r\\n"`,
  );
  const { packets } = await replay(pcap(LinkType.raw, at(1, request)), [path]);
  expect(notationOf(packets[0]!.data, { exact: true })).toContain('User-Agent: sluice');
});
