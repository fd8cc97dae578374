// Each handler on packets of its protocol, without a kernel.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hex, toLatin1, unhex } from '../../src/bytes/index.ts';
import { QueueBench } from '../../src/queue/index.ts';
import delay from './delay.ts';
import dnsFilter from './dns-filter.ts';
import firstPackets from './first-packets.ts';
import httpHeaders from './http-headers.ts';
import keepalive from './keepalive.ts';
import rescue from './rescue.ts';
import sip from './sip.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-handlers-'));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
afterAll(() => rmSync(folder, { recursive: true }));

test('none is longer than a page', () => {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const files = readdirSync(here).filter((name) => !name.endsWith('.test.ts'));
  expect(files).toHaveLength(7);
  for (const name of files) {
    const lines = readFileSync(join(here, name), 'utf8').trimEnd().split('\n').length;
    expect(lines, name).toBeLessThanOrEqual(60);
  }
});

describe('keep-alives of print servers', () => {
  const [printer, outside, server] = ['0a000005', 'cb007105', 'c6336401'];
  const there = `udp 10.0.0.5:1331 > 198.51.100.1:1331 hex ${printer}${server}616c697665`;
  const back = `udp 198.51.100.1:1331 > 203.0.113.5:1331 hex ${server}${outside}6f6b`;
  let bench: QueueBench;
  beforeAll(async () => {
    const table = file('addresses.txt', '# inside outside\n10.0.0.5 203.0.113.5\n');
    bench = await QueueBench.open(keepalive, { args: [table] });
  });

  test('carry the address outside on the way there', async () => {
    const judged = await bench.send(there);
    expect(hex(judged.payload)).toBe(`${outside}${server}616c697665`);
    expect(judged.hasRightChecksums).toBe(true);
  });

  test('carry the address inside on the way back', async () => {
    expect(hex((await bench.send(back)).payload)).toBe(`${server}${printer}6f6b`);
  });

  test('stay as they are, of printers that are not in the table, or cut short', async () => {
    expect((await bench.send(there.replaceAll(printer, '0a000006'))).edited).toBe(false);
    expect((await bench.send(there.slice(0, -16))).edited).toBe(false);
  });

  test('go by the new table after a reload', async () => {
    file('addresses.txt', '10.0.0.5 203.0.113.99\n');
    await bench.reload();
    expect(hex((await bench.send(there)).payload)).toContain('cb007163');
    expect(bench.log).toEqual(['1 addresses', '1 addresses']);
  });
});

test('the rescue: the new address of the server on the way there, the old one on the way back', async () => {
  const bench = await QueueBench.open(rescue, { args: ['198.51.100.1', '198.51.100.9'] });
  const there = await bench.send('udp 10.0.0.5:1331 > 198.51.100.9:1331 hex 0a000005c6336401');
  expect(hex(there.payload)).toBe('0a000005c6336409');
  const back = await bench.send('udp 198.51.100.9:1331 > 10.0.0.5:1331 hex c63364090a000005');
  expect(hex(back.payload)).toBe('c63364010a000005');
  expect(there.hasRightChecksums && back.hasRightChecksums).toBe(true);
});

test('SIP and SDP with the address outside, and the length of the body', async () => {
  const bench = await QueueBench.open(sip, { args: ['10.0.0.5', '203.0.113.50'] });
  const sdp = 'v=0\r\no=- 1 1 IN IP4 10.0.0.5\r\nc=IN IP4 10.0.0.5\r\nm=audio 4000 RTP/AVP 0\r\n';
  const message = (address: string, body: string): string =>
    `INVITE sip:b@192.0.2.1 SIP/2.0\r\nContact: <sip:a@${address}>\r\nX: 110.0.0.5 10.0.0.55\r\n` +
    `Content-Length: ${body.length}\r\n\r\n${body}`;
  const outside = sdp.replaceAll('10.0.0.5', '203.0.113.50');
  const data = hex(toLatin1(message('10.0.0.5', sdp)));
  const judged = await bench.send(`udp 10.0.0.5:5060 > 192.0.2.1:5060 hex ${data}`);
  expect(judged.text).toBe(message('203.0.113.50', outside));
  expect(judged.hasRightChecksums).toBe(true);
  const back = await bench.send(
    `udp 192.0.2.1:5060 > 203.0.113.50:5060 hex ${hex(judged.payload)}`,
  );
  expect(back.text).toBe(message('10.0.0.5', sdp));
});

test('headers of HTTP, cut anywhere', async () => {
  const bench = await QueueBench.open(httpHeaders);
  const pieces = ['GET / HTTP/1.1\r\nUser-', 'Agent: curl/7', '.88\r\nAccept: */*\r\n\r\n'];
  let heard = '';
  let seq = 1;
  for (const piece of pieces) {
    const data = hex(toLatin1(piece));
    const judged = await bench.send(
      `tcp 10.0.0.2:4000 > 192.0.2.1:80 psh,ack seq ${seq} ack 1 hex ${data}`,
    );
    expect(judged.hasRightChecksums).toBe(true);
    heard += judged.text;
    seq += piece.length;
  }
  expect(heard).toBe('GET / HTTP/1.1\r\nUser-Agent: sluice\r\nAccept: */*\r\n\r\n');
  const { notation } = await bench.send(
    `tcp 192.0.2.1:80 > 10.0.0.2:4000 ack seq 1 ack ${1 + heard.length}`,
  );
  expect(notation).toContain(`ack ${seq}`);
});

describe('names that are filtered', () => {
  /** `example.com A`, with one answer. */
  const name = '076578616d706c6503636f6d00';
  const answer = `123481800001000100000000${name}00010001c00c00010001000000780004c0000201`;
  const udp = (data: string): string => `udp 192.0.2.53:53 > 10.0.0.2:4000 hex ${data}`;
  let bench: QueueBench;
  beforeAll(async () => {
    bench = await QueueBench.open(dnsFilter, { args: [file('names.txt', 'Example.com\n')] });
  });

  test('do not exist', async () => {
    const judged = await bench.send(udp(answer));
    expect(hex(judged.payload)).toBe(`123481830001000000000000${name}00010001`);
    expect(judged.hasRightChecksums).toBe(true);
  });

  test('nor do names below them', async () => {
    const below = answer.replace(name, `03777777${name}`);
    expect(hex((await bench.send(udp(below))).payload)).toContain('8183');
  });

  test('others do, and what is no question goes its way', async () => {
    const other = answer.replace('6578616d706c65', '6578616d706c66');
    expect((await bench.send(udp(other))).edited).toBe(false);
    for (let length = 0; length < unhex(answer).length; length += 7)
      await bench.send(udp(answer.slice(0, 2 * Math.max(1, length))));
    expect(bench.failures).toEqual([]);
  });
});

test('the first five packets of a connection, of which the last is marked', async () => {
  const bench = await QueueBench.open(firstPackets);
  const marks = [];
  for (let i = 0; i < 5; i++)
    marks.push((await bench.send('tcp 10.0.0.2:4000 > 192.0.2.1:80 ack')).mark);
  const other = await bench.send('tcp 10.0.0.2:4001 > 192.0.2.1:80 syn');
  expect([...marks, other.mark]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    1,
    undefined,
  ]);
  expect(bench.log[4]).toBe('10.0.0.2:4000 > 192.0.2.1:80 #5 40 bytes');
});

test('packets that wait', async () => {
  const bench = await QueueBench.open(delay, { args: ['200'] });
  const ping = bench.send('icmp 10.0.0.2 > 192.0.2.1 echo-request');
  bench.advance(0.199);
  expect(bench.statistics.pending).toBe(1);
  bench.advance(0.001);
  expect(await ping).toMatchObject({ verdict: 'accept', cause: 'handler', edited: false });
  expect(bench.statistics.latency.quantile(1)).toBeGreaterThanOrEqual(200e6);
});
