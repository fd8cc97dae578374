// `sniff` on the running kernel: what it prints, what it writes, and that its rules go with it.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createReader } from '../../src/capture/index.ts';
import { sluiceCommand } from '../../src/cli/test-bundled.ts';
import { missing } from './needs.ts';
import { START, until } from './until.ts';

const reason = missing();
if (reason !== undefined) console.warn(`sniff on the kernel: skipped, ${reason}`);

const root = join(import.meta.dirname, '..', '..');
const NETNS = `slsnf${process.pid}`;

const SEND = `
const socket = require('node:dgram').createSocket(process.argv[2]);
socket.send(process.argv[1], Number(process.argv[3]), process.argv[4], () => socket.close());
`;

describe.skipIf(reason !== undefined)('sluice sniff', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-sniff-'));
  const running = new Set<ChildProcess>();
  const inside = (...words: readonly string[]) =>
    spawnSync('ip', ['netns', 'exec', NETNS, ...words], { encoding: 'utf8' });
  const send = (text: string, type: 'udp4' | 'udp6', port: number, to: string): void => {
    inside(process.execPath, '-e', SEND, text, type, String(port), to);
  };
  const tables = (): string => inside('nft', 'list', 'tables').stdout;

  beforeAll(() => {
    spawnSync('ip', ['netns', 'add', NETNS]);
    spawnSync('ip', ['-n', NETNS, 'link', 'set', 'lo', 'up']);
  });
  afterAll(() => {
    for (const child of running) child.kill('SIGKILL');
    spawnSync('ip', ['netns', 'del', NETNS]);
    rmSync(folder, { recursive: true });
  });

  /** Starts the command, and waits for its rules; what it printed when it has ended. */
  async function sniffing(words: readonly string[], meanwhile: () => void): Promise<string> {
    const args = sluiceCommand('sniff', '--netns', NETNS, ...words);
    const child = spawn(process.execPath, args, { cwd: root });
    running.add(child);
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    const ended = new Promise((done) => child.once('exit', done));
    await until('the rules', () => tables().includes('sluice_sniff'), START);
    meanwhile();
    await ended;
    running.delete(child);
    return out;
  }

  test('a packet is a line with its bytes, and is written; what does not match is not told', async () => {
    const file = join(folder, 'seen.pcapng');
    const words = ['--match', 'udp dport 53', '--hook', 'prerouting', '-c', '2', '-o', file];
    const out = await sniffing(words, () => {
      send('not this', 'udp4', 54, '127.0.0.1');
      send('hello', 'udp4', 53, '127.0.0.1');
      send('hello', 'udp6', 53, '::1');
    });
    const lines = out.split('\n').filter((line) => /^\d\d:/.test(line));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /prerouting in lo {2}IP .* 127\.0\.0\.1\.\d+ > 127\.0\.0\.1\.53: .*length 5/,
    );
    expect(lines[1]).toMatch(/prerouting in lo {2}IP6 .* ::1\.\d+ > ::1\.53: /);
    expect(out).toMatch(/ {2}0x0010: .*hel/);
    const packets = [...createReader().push(readFileSync(file))].filter((r) => r.kind === 'packet');
    expect(packets.map(({ data }) => data.length)).toEqual([33, 53]);
    expect(tables()).not.toContain('sluice_sniff');
  });

  test('as JSON, with who sent it', async () => {
    const words = ['--json', '--hook', 'output', '--match', 'meta skuid 0 udp dport 53', '-c', '1'];
    const out = await sniffing(words, () => send('hello', 'udp4', 53, '127.0.0.1'));
    expect(JSON.parse(out)).toMatchObject({
      hook: 'output',
      out: 'lo',
      uid: 0,
      bytes: expect.stringMatching(/68656c6c6f$/),
    });
  });
});
