// `monitor` on the running kernel: connections, the ruleset, steps of traces and logged packets.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sluiceCommand } from '../../src/cli/test-bundled.ts';
import { missing } from './needs.ts';
import { START, until } from './until.ts';

const reason = missing();
if (reason !== undefined) console.warn(`monitor on the kernel: skipped, ${reason}`);

const root = join(import.meta.dirname, '..', '..');
const NETNS = `slmon${process.pid}`;

const RULES = `
table inet t {
  set s {
    type ipv4_addr
  }
  chain in {
    type filter hook input priority 0
    udp dport 53 meta nftrace set 1
    udp dport 53 log prefix "asked " group 7
    udp dport 53 counter drop
  }
}
`;

const SEND = `
const socket = require('node:dgram').createSocket('udp4');
socket.send('hello', Number(process.argv[1]), '127.0.0.1', () => socket.close());
`;

describe.skipIf(reason !== undefined)('sluice monitor', () => {
  const running = new Set<ChildProcess>();
  const inside = (words: readonly string[], input?: string) =>
    spawnSync('ip', ['netns', 'exec', NETNS, ...words], { encoding: 'utf8', input });

  beforeAll(() => {
    spawnSync('ip', ['netns', 'add', NETNS]);
    spawnSync('ip', ['-n', NETNS, 'link', 'set', 'lo', 'up']);
  });
  afterAll(() => {
    for (const child of running) child.kill('SIGKILL');
    spawnSync('ip', ['netns', 'del', NETNS]);
  });

  async function start(words: readonly string[]) {
    const args = sluiceCommand('monitor', '--netns', NETNS, ...words);
    const child = spawn(process.execPath, args, { cwd: root });
    running.add(child);
    const seen = { out: '', err: '' };
    child.stdout.on('data', (chunk) => {
      seen.out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      seen.err += chunk;
    });
    // With --json nothing is said of that; a table of its own tells when it listens.
    if (!words.includes('--json'))
      await until('the command to listen', () => seen.err.includes('monitoring'), START);
    else
      await until(
        'the command to listen',
        () => {
          inside(['nft', 'add', 'table', 'ip', 'ping']);
          inside(['nft', 'delete', 'table', 'ip', 'ping']);
          return seen.out.includes('ping');
        },
        START,
      );
    seen.out = '';
    return seen;
  }

  test('what happens is told as it happens', async () => {
    const all = await start(['--no-hex', '--group', '7', 'conntrack', 'ruleset', 'trace']);
    inside(['nft', '-f', '-'], RULES);
    await until('the rules', () => all.out.includes('counter'), START);
    inside(['nft', 'add', 'element', 'inet', 't', 's', '{ 192.0.2.7 }']);
    inside(['nft', 'add', 'rule', 'inet', 't', 'in', 'ct', 'state', 'new', 'accept']);
    inside([process.execPath, '-e', SEND, '53']);
    inside([process.execPath, '-e', SEND, '54']);
    await until(
      'the packets',
      () => /✗ dropped/.test(all.out) && all.out.includes('dport=54'),
      START,
    );
    inside(['nft', 'delete', 'table', 'inet', 't']);
    await until('the end', () => all.out.includes('delete table'), START);
    expect(all.out).toMatch(/ruleset {4}add table inet t/);
    expect(all.out).toMatch(/ruleset {4}add element inet t s \{ 192\.0\.2\.7 \}/);
    expect(all.out).toMatch(/ruleset {4}add rule inet t in ct state new accept/);
    expect(all.out).toMatch(/conntrack {2}\[NEW\] udp .*dst=127\.0\.0\.1 sport=\d+ dport=54/);
    expect(all.out).toMatch(/asked input in lo {2}IP .* > 127\.0\.0\.1\.53: .*length 5/);
    expect(all.out).toMatch(
      /^[0-9a-f]{8} {2}IP 127\.0\.0\.1\.\d+ > 127\.0\.0\.1\.53: UDP, length 5\n│ in lo, at .*\n├─ input {8}inet t in {5}0 {2}drop\n(│ .*\n)*│ +ruleset:\d+ {2}✓ udp dport 53 counter drop\n└─ ✗ dropped {2}ruleset:\d+ {2}udp dport 53 counter drop {2}in ip input, inet t in\n/m,
    );
  });

  test('as JSON, a line each', async () => {
    const all = await start(['--json', 'ruleset', 'trace']);
    inside(['nft', '-f', '-'], RULES);
    inside([process.execPath, '-e', SEND, '53']);
    await until('the packet', () => all.out.includes('"trace"') && all.out.includes('drop'), START);
    const events = all.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(events).toContainEqual(
      expect.objectContaining({
        event: 'trace',
        chain: 'in',
        packet: expect.stringMatching(/^IP /),
      }),
    );
    expect(events).toContainEqual(
      expect.objectContaining({
        event: 'ruleset',
        change: { add: { table: expect.objectContaining({ family: 'inet', name: 't' }) } },
      }),
    );
  });
});
