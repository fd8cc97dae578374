import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { LinkType, PcapWriter } from '../capture/index.ts';
import { parsePacketNotation } from '../packet/index.ts';
import { run } from './run.ts';
import { testHost } from './test-host.ts';

vi.setConfig({ testTimeout: 30_000 });
const folder = mkdtempSync(join(tmpdir(), 'sluice-queues-'));
afterAll(() => rmSync(folder, { recursive: true }));
const handler = join(folder, 'drops.mjs');
writeFileSync(
  handler,
  `export default async (packet) => (packet.udp?.destinationPort === 53 ? 'drop' : 'accept');\n`,
);

const files = {
  'r.nft':
    'table ip t { chain f { type filter hook forward priority 0; policy accept; meta l4proto udp queue to 7 } }',
};
const WORDS = ['-r', 'r.nft', '--queue', `7=${handler}`];
const DNS = 'udp 10.0.0.2:1 > 192.0.2.2:53';
const NTP = 'udp 10.0.0.2:1 > 192.0.2.2:123';

test('a handler answers for a queue of the ruleset in a trace', async () => {
  const host = testHost({ files });
  expect(await run(['trace', ...WORDS, DNS, NTP], host)).toBe(0);
  expect(host.stdout()).toMatch(
    /queue +7 answered drop[\s\S]*✗ dropped[\s\S]*queue +7 answered accept[\s\S]*✓ forwarded/,
  );
});

test('and in a replay', async () => {
  const writer = new PcapWriter({ linkType: LinkType.raw });
  const packets = [DNS, DNS, NTP].map((text, i) => {
    const spec = parsePacketNotation(text);
    if ('message' in spec) throw new Error(spec.message);
    return writer.packet({ seconds: i, nanoseconds: 0, data: spec.bytes });
  });
  const capture = Uint8Array.from([writer.header(), ...packets].flatMap((p) => [...p]));
  const host = testHost({ files: { ...files, 'in.pcap': capture } });
  expect(await run(['replay', ...WORDS, '--json', 'in.pcap'], host)).toBe(0);
  const { fates } = JSON.parse(host.stdout());
  expect([fates.dropped?.packets, fates.forwarded?.packets]).toEqual([2, 1]);
});

test.each([
  ['a number that is none', 'x=h.mjs', 2, 'a number and a file are wanted'],
  ['a file that is none', '1=nowhere.mjs', 1, 'nowhere.mjs: no such file'],
])('%s', async (_, queue, code, message) => {
  const host = testHost({ files });
  expect(await run(['trace', '-r', 'r.nft', '--queue', queue, DNS], host)).toBe(code);
  expect(host.stderr()).toContain(message);
});
