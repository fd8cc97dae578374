// Every capture of the shared vectors, read in place and counted by Wireshark's own tool.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { networkOf, readCapture } from './index.ts';

const folder = fileURLToPath(new URL('../../../shared/conformance/captures/', import.meta.url));
const present = existsSync(folder);
/** One name stands for all where they are absent, so that the skip is counted. */
const files = present
  ? readdirSync(folder).filter((f) => /\.pcap(ng)?$/.test(f))
  : ['every capture'];

const hasCapinfos = spawnSync('capinfos', ['--version']).status === 0;

/** Packet count, first and last time as capinfos prints them. */
function capinfos(path: string): { count: number; start: string; end: string } {
  const { stdout } = spawnSync('capinfos', ['-TrcaeS', path], { encoding: 'utf8' });
  const [, count, start, end] = stdout.trim().split('\t');
  return { count: Number(count), start: start ?? '', end: end ?? '' };
}

describe.skipIf(!present)('captures of the vectors (../shared/conformance absent)', () => {
  test.each(files)('%s is read to its end, every frame placed', (file) => {
    const { packets, error } = readCapture(readFileSync(folder + file));
    expect(error).toBeUndefined();
    expect(packets.length).toBeGreaterThan(0);
    const places = packets.map((p) => networkOf(p.interface.linkType, p.data).kind);
    expect(new Set(places)).toEqual(new Set(['network']));
  });

  describe.skipIf(!hasCapinfos)('against Wireshark (capinfos absent)', () => {
    test.each(files)('%s has the packets and times capinfos counts', (file) => {
      const { packets } = readCapture(readFileSync(folder + file));
      const { count, start, end } = capinfos(folder + file);
      expect(packets.length).toBe(count);
      const times = packets.map((p) => p.seconds + p.nanoseconds / 1e9);
      expect(Math.min(...times)).toBeCloseTo(Number(start), 5);
      expect(Math.max(...times)).toBeCloseTo(Number(end), 5);
    });
  });
});
