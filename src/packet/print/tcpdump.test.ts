import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { concatBytes, put32, unhex, Writer } from '../../bytes/index.ts';
import { LINKTYPE_ETHERNET } from '../../uapi/index.ts';
import { printPacket } from './packet.ts';

/*
 * Each case of the golden file is a packet, the line that tcpdump 4.99.3 prints for it (`tcpdump
 * -nnv -S`, with `-e` for Ethernet, its lines joined), and where ours is meant to be another, our
 * line (`!`) and why (`?`). UPDATE_GOLDEN=1 asks the installed tcpdump again.
 */
const GOLDEN = new URL('./tcpdump.golden.txt', import.meta.url);

interface Case {
  readonly name: string;
  readonly linkType: number;
  readonly bytes: Uint8Array;
  readonly tcpdump: string;
  readonly ours: string | undefined;
  readonly reason: string | undefined;
}

function readCase(text: string): Case {
  const lines = text.split('\n');
  const marked = (mark: string) => lines.find((line) => line.startsWith(mark))?.slice(2);
  const [linkType = '', digits = ''] = (lines[1] ?? '').split(' ');
  return {
    name: marked('# ') ?? '',
    linkType: Number(linkType),
    bytes: unhex(digits),
    tcpdump: marked('= ') ?? '',
    ours: marked('! '),
    reason: marked('? '),
  };
}

const readGolden = (): string[] => readFileSync(GOLDEN, 'utf8').trimEnd().split(/\n\n/);

/** A capture file of one packet. */
function captureOf({ linkType, bytes }: Case): Uint8Array {
  const file = new Writer().u32(0xa1b2c3d4).u16(2).u16(4).zeros(8).u32(262144).u32(linkType);
  const record = new Uint8Array(16);
  put32(record, 8, bytes.length);
  put32(record, 12, bytes.length);
  return concatBytes(file.finish(), record, bytes);
}

/** One line, single spaces: tcpdump breaks lines and is not of one mind about spaces. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

function askTcpdump(one: Case): string {
  const path = `/tmp/sluice-golden-${process.pid}.pcap`;
  writeFileSync(path, captureOf(one));
  const flags = ['-nnv', '-S', '-t', ...(one.linkType === LINKTYPE_ETHERNET ? ['-e'] : [])];
  const text = execFileSync('tcpdump', [...flags, '-r', path], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  rmSync(path);
  return oneLine(text.toString());
}

if (process.env['UPDATE_GOLDEN'] === '1') {
  const updated = readGolden().map((text) => {
    return text.replace(/^= .*$/m, () => `= ${askTcpdump(readCase(text))}`);
  });
  writeFileSync(GOLDEN, `${updated.join('\n\n')}\n`);
}

const CASES = readGolden().map(readCase);

test('the golden file has its cases', () => {
  expect(CASES.length).toBeGreaterThan(200);
});

test.each(CASES)('$name', ({ linkType, bytes, tcpdump, ours, reason }) => {
  const line = oneLine(printPacket(bytes, linkType, { link: true }));
  expect(line).toBe(ours ?? tcpdump);
  // A difference has its reason, and must still be one.
  expect(ours === undefined).toBe(reason === undefined);
  expect(ours).not.toBe(tcpdump);
});
