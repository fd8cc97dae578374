// `sluice queue` as a person runs it: a process of its own, with rules of its own, that is told to
// stop, to reload, or is killed while packets come.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { commentsOf, LinkType, PcapWriter, readCapture } from '../../../src/capture/index.ts';
import { loadLibc } from '../../../src/linux/index.ts';
import { missing } from '../needs.ts';
import { until } from '../until.ts';
import { ADDRESS, type Datagrams, QueueField } from './field.ts';
import { Sluice } from './process.ts';

const reason = missing();
const PORT = 1331;
/** The command's own namespace is this machine's: a port that others who test here do not have. */
const METRICS = 20_000 + (process.pid % 12_000);
const MATCH = ['--match', `udp dport ${PORT}`];

/** Frames as tshark reads them. */
function fileOf(frames: readonly Uint8Array[]): Uint8Array {
  const writer = new PcapWriter({ linkType: LinkType.ethernet });
  const packets = frames.map((data) => writer.packet({ seconds: 0, nanoseconds: 0, data }));
  return Buffer.concat([writer.header(), ...packets]);
}

describe.skipIf(reason !== undefined)('sluice queue', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-queue-'));
  let field: QueueField;

  beforeAll(async () => {
    field = new QueueField(await loadLibc());
  });
  afterEach(() => field.reset());
  afterAll(() => {
    field.close();
    rmSync(folder, { recursive: true });
  });

  /** Writes a handler and runs the command on it until it listens. */
  async function run(handler: string, words: readonly string[] = MATCH): Promise<Sluice> {
    const file = join(folder, 'handler.ts');
    writeFileSync(file, handler);
    const sluice = new Sluice(field.name('router'), [file, ...words]);
    field.after(() => sluice.stop('SIGKILL').then(() => {}));
    await sluice.heard('listening');
    return sluice;
  }

  function talk(): { send: (words: string) => void; target: Datagrams } {
    const source = field.datagrams('client', 'ip', 4000);
    const target = field.datagrams('server', 'ip', PORT);
    return { target, send: (words) => source.send(words, ADDRESS.ip.server, PORT) };
  }

  const tables = (): string => field.exec('router', 'nft', 'list', 'tables');

  function drain(target: Datagrams): number {
    let got = 0;
    while (target.receiveNow() !== undefined) got++;
    return got;
  }

  test('a TypeScript handler with a table: opened, asked, reloaded, closed', async () => {
    const table = join(folder, 'table.json');
    writeFileSync(table, '{"say":"one"}');
    const sluice = await run(
      `
      import { readFile } from 'node:fs/promises';
      import type { HandlerContext, QueuedPacket } from 'sluice/queue';
      let say: string = '';
      const read = async (context: HandlerContext): Promise<void> => {
        say = JSON.parse(await readFile(context.args[0]!, 'utf8')).say;
      };
      export default {
        match: 'udp dport ${PORT}',
        open: read,
        reload: read,
        close: (): void => console.error('closed'),
        handle(packet: QueuedPacket) { packet.payload = new TextEncoder().encode(say); },
      };`,
      ['--', table],
    );
    const { send, target } = talk();
    send('x');
    expect(await target.receive()).toBe('one');
    writeFileSync(table, '{"say":"two and more"}');
    sluice.child.kill('SIGHUP');
    await sluice.heard('reloaded');
    send('x');
    expect(await target.receive()).toBe('two and more');
    expect(tables()).toContain('sluice_queue_7000');
    expect(await sluice.stop()).toBe(0);
    expect(tables()).not.toContain('sluice_queue');
    expect(sluice.errors).toContain('closed');
    expect((await sluice.heard('stopped')).packets).toBe(2);
  });

  test('told to stop, it answers what its handler holds', async () => {
    const sluice = await run('export default () => new Promise(() => {});', [
      ...MATCH,
      '--deadline',
      '60000',
    ]);
    const { send, target } = talk();
    for (let i = 0; i < 100; i++) send(`${i}`);
    await sleep(100);
    expect(drain(target)).toBe(0);
    expect(await sluice.stop('SIGINT')).toBe(0);
    expect(drain(target)).toBe(100);
  });

  test('a handler that never comes back: packets go their way past it', async () => {
    await run('export default () => { for (;;); };', [...MATCH, '--deadline', '100']);
    const { send, target } = talk();
    for (let i = 0; i < 10; i++) {
      send(`${i}`);
      expect(await target.receive()).toBe(`${i}`);
    }
  });

  test('killed under load: traffic goes on, the rules are gone', async () => {
    const sluice = await run('export default () => {};');
    const { send, target } = talk();
    const load = setInterval(() => {
      for (let i = 0; i < 20; i++) send(`${i}`);
    }, 1);
    await until('traffic', () => drain(target) > 0);
    await sluice.stop('SIGKILL');
    drain(target);
    clearInterval(load);
    await until('the rules to go', () => !tables().includes('sluice_queue'));
    for (let i = 0; i < 50; i++) send(`after ${i}`);
    await until('traffic after it', () => target.receiveNow() === 'after 49');
  });

  test('with rules of somebody else that bypass, too', async () => {
    const rules = field.rules(`udp dport ${PORT}`, { first: 9 });
    const sluice = await run('export default () => "drop";', ['--num', '9']);
    const { send, target } = talk();
    send('dropped');
    await sluice.heard('statistics');
    expect(target.receiveNow()).toBeUndefined();
    await sluice.stop('SIGKILL');
    send('let through');
    expect(await target.receive()).toBe('let through');
    rules.remove();
  });

  test('two workers share the flows', async () => {
    const sluice = await run('export default () => {};', [...MATCH, '--workers', '2']);
    const target = field.datagrams('server', 'ip', PORT);
    for (let i = 0; i < 64; i++) {
      // As many flows as source addresses: the balance of queues hashes addresses, not ports.
      field.exec('client', 'ip', 'addr', 'add', `10.81.1.${100 + i}/24`, 'dev', 'eth0');
    }
    const queues = () =>
      field
        .exec('router', 'cat', '/proc/net/netfilter/nfnetlink_queue')
        .trim()
        .split('\n')
        .map((line) => Number(line.trim().split(/\s+/)[7]));
    for (let i = 0; i < 64; i++) {
      const socket = field.run('client', () => field.socketAt(`10.81.1.${100 + i}`, 4000));
      socket.send(`${i}`, ADDRESS.ip.server, PORT);
      socket.close();
    }
    for (let i = 0; i < 64; i++) await target.receive();
    const [one = 0, two = 0] = queues();
    expect(one + two).toBe(64);
    expect(Math.min(one, two)).toBeGreaterThan(10);
    const before = sluice.events.length;
    await until('numbers of both', () =>
      sluice.events.slice(before).some((e) => e.event === 'statistics' && e.packets === 64),
    );
    expect(await sluice.stop()).toBe(0);
  });

  test('what it records has the packets as they came', async () => {
    const file = join(folder, 'seen.pcapng');
    const sluice = await run('export default (p) => { p.payload = new Uint8Array(3); };', [
      ...MATCH,
      '--record',
      file,
    ]);
    const { send, target } = talk();
    send('as it came');
    expect(await target.receive()).toBe('\0\0\0');
    await sluice.stop();
    const { packets } = readCapture(readFileSync(file));
    expect(new TextDecoder().decode(packets[0]!.data.slice(28))).toBe('as it came');
    expect(commentsOf(packets[0]!)).toEqual([
      expect.stringMatching(/^queue 7000 forward in eth0 out eth1/),
    ]);
  });

  test('what goes out of it is right for tshark', async () => {
    const tshark = spawnSync('tshark', ['--version']).status === 0;
    if (!tshark)
      return console.warn('tshark is not installed: checksums are not looked at with it');
    const file = join(folder, 'out.pcap');
    await run(`let n = 0; export default (p) => {
      p.payload = new TextEncoder().encode('x'.repeat(1 + 37 * n++));
      p.sourcePort = 5000 + n;
    };`);
    const capture = field.capture('server', 'eth0');
    const { send, target } = talk();
    for (let i = 0; i < 20; i++) send('edit me');
    for (let i = 0; i < 20; i++) await target.receive();
    writeFileSync(file, fileOf(capture.drain()));
    const check = ['-o', 'udp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];
    const count = (filter: string): number =>
      spawnSync('tshark', ['-r', file, ...check, '-Y', filter], { encoding: 'utf8' })
        .stdout.split('\n')
        .filter((line) => line !== '').length;
    const all = `udp.dstport==${PORT}`;
    expect(count(all)).toBe(20);
    expect(count(`${all} && udp.checksum.status==1 && ip.checksum.status==1`)).toBe(20);
  });

  test('its numbers for Prometheus', async () => {
    await run('export default () => {};', [...MATCH, '--metrics', `${METRICS}`]);
    const { send, target } = talk();
    send('counted');
    await target.receive();
    const answer = await fetch(`http://127.0.0.1:${METRICS}/metrics`);
    const lines = (await answer.text()).split('\n');
    expect(lines).toContain('sluice_queue_packets_total{queue="7000"} 1');
    expect(lines).toContain('sluice_queue_verdicts_total{queue="7000",verdict="accept"} 1');
    expect(lines).toContain('sluice_queue_latency_seconds_count{queue="7000"} 1');
  });

  test.each([
    ['no match and no number', 'export default () => {};', [], 'which packets?'],
    [
      'a wrong match',
      'export default () => {};',
      ['--match', 'udp dprt 1'],
      "did you mean 'dport'?",
    ],
    ['no handler', 'export default 3;', MATCH, 'neither a function nor an object'],
    ['a mistake in the file', 'export default () => {', MATCH, 'cannot be loaded'],
    [
      'a package that is not there',
      "import x from 'no-such'; export default () => x;",
      MATCH,
      "it imports 'no-such', which is not there; npm install no-such",
    ],
    [
      'open() that fails',
      'export default { open() { throw new Error("no") }, handle() {} };',
      MATCH,
      'open() failed: no',
    ],
  ])('%s is told in a sentence', async (_, handler, words, message) => {
    await expect(run(handler, words)).rejects.toThrow(message);
    expect(tables()).not.toContain('sluice_queue');
  });
});
