import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checksum, parseIPv4, pseudoHeaderSum4, put16, put32, unhex } from '../bytes/index.ts';
import { ACCEPT } from '../core/index.ts';
import { Bed } from './bed.ts';
import { stateName } from './state.ts';

/** A flow as the kernel saw it; see the head of the file. */
interface Flow {
  readonly name: string;
  readonly until: number;
  readonly packets: readonly string[];
  readonly listing: readonly string[];
}

function flows(): Flow[] {
  const text = readFileSync(
    new URL('../../test/golden/conntrack/kernel-6.18.txt', import.meta.url),
    'utf8',
  );
  return text
    .split('\n\n')
    .filter((part) => part.startsWith('flow '))
    .map((part) => {
      const [head = '', ...lines] = part.trimEnd().split('\n');
      const [, kind, number, , until] = head.split(' ');
      return {
        name: `${kind} ${number}`,
        until: Number(until),
        packets: lines.filter((line) => !line.startsWith('=')),
        listing: lines.filter((line) => line.startsWith('=')).map((line) => line.slice(2)),
      };
    });
}

/** The IPv4 packet of a TCP line. */
function tcpPacket(
  number: number,
  forward: boolean,
  header: Uint8Array,
  payload: number,
): Uint8Array {
  const bytes = new Uint8Array(20 + header.length + payload).fill(0x78, 20 + header.length);
  bytes[0] = 0x45;
  put16(bytes, 2, bytes.length);
  bytes[8] = 64;
  bytes[9] = 6;
  const host = `${2 + (number >> 8)}.${number & 255}`;
  put32(bytes, forward ? 12 : 16, parseIPv4(`10.1.${host}`)!);
  put32(bytes, forward ? 16 : 12, parseIPv4(`10.2.${host}`)!);
  bytes.set(header, 20);
  const length = bytes.length - 20;
  put16(bytes, 36, checksum(bytes, 20, length, pseudoHeaderSum4(bytes, 0, 6, length)));
  return bytes;
}

/** Sends one line's packet; what the kernel said of it, and what we say. */
function replay(bed: Bed, flow: Flow, line: string): [string, string] {
  const [seconds, direction, bytes = '', ...rest] = line.split(' ');
  bed.clock.advanceTo(Number(seconds) * 1e9);
  const [state = '', payload] = [rest.at(-1), rest.length > 1 ? Number(rest[0]) : undefined];
  const number = Number(flow.name.split(' ')[1]);
  const raw = unhex(bytes);
  const packet = payload === undefined ? raw : tcpPacket(number, direction === '>', raw, payload);
  bed.packet.fill(packet, 0);
  const seen = bed.run('prerouting') === ACCEPT ? stateName(bed.packet) : 'drop';
  bed.run('postrouting');
  return [`${line.slice(0, 60)} ${state}`, `${line.slice(0, 60)} ${seen}`];
}

const withoutTimeout = (line: string): string => line.replace(/^(\S+ +\d+) \d+ /, '$1 ');

describe('flows as kernel 6.18 saw them', () => {
  test('there are some', () => {
    expect(flows().length).toBeGreaterThan(200);
  });

  test.each(flows())('$name', (flow) => {
    const bed = new Bed();
    const both = flow.packets.map((line) => replay(bed, flow, line));
    expect(both.map(([, ours]) => ours)).toEqual(both.map(([kernel]) => kernel));
    bed.clock.advanceTo(flow.until * 1e9);
    expect(bed.list().map(withoutTimeout).sort()).toEqual(flow.listing);
  });
});
