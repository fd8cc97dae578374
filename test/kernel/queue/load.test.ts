// Queues of the running kernel under much: large offloaded packets of a TCP stream, and as many
// packets as a queue can hold.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { loadLibc } from '../../../src/linux/index.ts';
import type { QueuedPacket } from '../../../src/queue/index.ts';
import { missing } from '../needs.ts';
import { until } from '../until.ts';
import { ADDRESS, type Family, QueueField } from './field.ts';

const reason = missing();
const PORT = 1332;
const MEGABYTES = 8;

/** Prints how many bytes it got, and how many were no `b`. */
const SERVER = `
const net = require('node:net');
net.createServer((socket) => {
  let total = 0, other = 0;
  socket.on('data', (chunk) => { total += chunk.length; for (const byte of chunk) if (byte !== 98) other++; });
  socket.on('end', () => { console.log(JSON.stringify({ total, other })); process.exit(0); });
}).listen(${PORT}, '::', () => console.log('ready'));`;

const client = (address: string): string => `
const socket = require('node:net').connect(${PORT}, '${address}');
for (let i = 0; i < ${MEGABYTES * 4}; i++) socket.write(Buffer.alloc(1 << 18, 'a'));
socket.end();`;

describe.skipIf(reason !== undefined)('queues of the kernel under load', () => {
  let field: QueueField;

  beforeAll(async () => {
    field = new QueueField(await loadLibc());
  });
  afterEach(() => field.reset());
  afterAll(() => field.close());

  function node(place: 'client' | 'server', script: string) {
    const words = ['netns', 'exec', field.name(place), process.execPath, '-e', script];
    const child = spawn('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += String(chunk);
    });
    field.after(() => void child.kill('SIGKILL'));
    return { child, said: () => said };
  }

  describe.each(['ip', 'ip6'] as const)('%s', (family: Family) => {
    test.each([
      { name: 'large packets, edited as they are', gso: true },
      { name: 'cut into segments for the queue', gso: false },
    ])('a TCP stream: $name', async ({ gso }) => {
      const wrong = field.wrongChecksums('server');
      field.rules(`tcp dport ${PORT}`);
      let large = 0;
      const { runner, errors } = await field.queue(
        (p: QueuedPacket) => {
          if (p.gso) large++;
          expect(p.length).toBeLessThanOrEqual(p.gso ? 65_535 : 1500);
          p.payload.fill(98);
        },
        { gso, maxLength: 4096 },
      );
      const server = node('server', SERVER);
      await until('the server', () => server.said().includes('ready'), 20_000);
      const { child } = node('client', client(ADDRESS[family].server));
      await Promise.all([once(server.child, 'exit'), once(child, 'exit')]);
      expect(JSON.parse(server.said().split('\n')[1]!)).toEqual({
        total: MEGABYTES << 20,
        other: 0,
      });
      expect(errors).toEqual([]);
      expect(field.wrongChecksums('server')).toBe(wrong);
      expect(runner.statistics.losses).toMatchObject({ refused: 0, malformed: 0 });
      if (gso) expect(large).toBeGreaterThan(10);
      else expect(large).toBe(0);
    });
  });

  test('64k packets queued, all under way at once, all answered', async () => {
    const COUNT = 65_000;
    field.rules(`udp dport ${PORT}`);
    field.count('through', 'postrouting', `udp dport ${PORT}`);
    let open: () => void = () => {};
    const gate = new Promise<void>((go) => {
      open = go;
    });
    const { socket, runner } = await field.queue(
      () => gate,
      { maxLength: 65_536, receiveBuffer: 512 << 20 },
      { underWay: 70_000, deadline: 120_000 },
    );
    const source = field.datagrams('client', 'ip', 4000);
    for (let i = 0; i < COUNT; i++) source.send('a packet', ADDRESS.ip.server, PORT);
    await until('all to be under way', () => runner.statistics.pending === COUNT, 30_000);
    expect(socket.waiting).toBe(COUNT);
    open();
    await until('all to be answered', () => runner.statistics.verdicts.accept === COUNT, 60_000);
    expect(socket.waiting).toBe(0);
    expect(field.counted('through')).toBe(COUNT);
    expect(runner.statistics).toMatchObject({ pending: 0, causes: { handler: COUNT } });
  });
});
