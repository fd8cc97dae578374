// `sluice divert` with real programs: curl asks for addresses and ports nobody has, nginx-like servers
// of Node answer, and what the client sees must be what it asked.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createReader, LinkType } from '../../src/capture/index.ts';
import { sluiceCommand } from '../../src/cli/test-bundled.ts';
import { printPacket } from '../../src/packet/index.ts';
import { missingToo } from './needs.ts';
import { START, until } from './until.ts';

const reason = missingToo('curl');
if (reason !== undefined) console.warn(`sluice divert on the kernel: skipped, ${reason}`);

const root = join(import.meta.dirname, '..', '..');
const CLIENT = `sldvc${process.pid}`;
const GATEWAY = `sldvg${process.pid}`;

const ip = (...words: readonly string[]): void => {
  const { status, stderr } = spawnSync('ip', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
};

/** Says on every connection which port it listens on, and whom it sees. */
const SERVER = `
const { createServer } = require('node:http');
for (const port of [80, 1337])
  createServer((request, response) =>
    response.end(\`port \${port} host \${request.headers.host} client \${request.socket.remoteAddress}\`),
  ).listen(port, '::');
`;

describe.skipIf(reason !== undefined)('sluice divert', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-divert-'));
  const running = new Set<ChildProcess>();

  function start(netns: string, words: readonly string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', netns, ...words], { cwd: root });
    running.add(child);
    return child;
  }

  beforeAll(() => {
    ip('netns', 'add', CLIENT);
    ip('netns', 'add', GATEWAY);
    ip(
      ...['-n', CLIENT, 'link', 'add', 'veth0', 'type', 'veth'],
      ...['peer', 'name', 'eth1', 'netns', GATEWAY],
    );
    for (const [netns, device, v4, v6] of [
      [CLIENT, 'veth0', '10.66.0.2/24', 'fd66::2/64'],
      [GATEWAY, 'eth1', '10.66.0.1/24', 'fd66::1/64'],
    ] as const) {
      ip('-n', netns, 'addr', 'add', v4, 'dev', device);
      ip('-n', netns, 'addr', 'add', v6, 'dev', device, 'nodad');
      ip('-n', netns, 'link', 'set', 'lo', 'up');
      ip('-n', netns, 'link', 'set', device, 'up');
    }
    ip('-n', CLIENT, 'route', 'add', 'default', 'via', '10.66.0.1');
    ip('-n', CLIENT, '-6', 'route', 'add', 'default', 'via', 'fd66::1');
    ip('-n', GATEWAY, 'route', 'add', 'default', 'via', '10.66.0.2');
    start(GATEWAY, [process.execPath, '-e', SERVER]);
  });

  afterAll(() => {
    for (const child of running) child.kill('SIGKILL');
    for (const netns of [CLIENT, GATEWAY]) spawnSync('ip', ['netns', 'del', netns]);
    rmSync(folder, { recursive: true });
  });

  const rules = (): string =>
    spawnSync('ip', ['netns', 'exec', GATEWAY, 'nft', 'list', 'ruleset'], { encoding: 'utf8' })
      .stdout;

  const curl = (netns: string, url: string): string =>
    spawnSync('ip', ['netns', 'exec', netns, 'curl', '-sgm', '5', url], { encoding: 'utf8' })
      .stdout;

  /** Runs the command while `meanwhile` runs; what it printed. */
  async function diverting(
    config: string,
    meanwhile: () => void | Promise<void>,
    signal: NodeJS.Signals = 'SIGTERM',
  ): Promise<string> {
    const file = join(folder, 'divert.yaml');
    writeFileSync(file, config);
    const words = sluiceCommand('divert', '--netns', GATEWAY, '--json', file);
    const child = spawn(process.execPath, words, { cwd: root });
    running.add(child);
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    await until(
      'the rules',
      () => {
        if (child.exitCode !== null) throw new Error(err);
        return rules().includes('sluice_divert');
      },
      START,
    );
    await meanwhile();
    const ended = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    expect(await ended).toBe(signal === 'SIGTERM' ? 0 : null);
    running.delete(child);
    return out;
  }

  const requests = (out: string): Record<string, unknown>[] =>
    out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  const LAB = `
mode: gateway
interfaces: [eth1]
listeners: [{ protocol: tcp, port: 80, for: [8000-8999] }]
default: { tcp: 1337 }
allow: [{ to: 10.66.0.1, protocol: tcp, port: 80 }]
deny: [{ protocol: tcp, port: 666 }]
`;

  test('any address and any port answer as what was asked, over IPv4 and IPv6', async () => {
    const out = await diverting(LAB, async () => {
      await until('the server', () => curl(CLIENT, 'http://10.66.0.1/') !== '', START);
      expect(curl(CLIENT, 'http://203.0.113.9/')).toBe(
        'port 80 host 203.0.113.9 client ::ffff:10.66.0.2',
      );
      expect(curl(CLIENT, 'http://203.0.113.9:8123/')).toContain('port 80 host 203.0.113.9:8123');
      expect(curl(CLIENT, 'http://198.51.100.7:45678/')).toContain('port 1337');
      expect(curl(CLIENT, 'http://[2001:db8::9]:45678/')).toBe(
        'port 1337 host [2001:db8::9]:45678 client fd66::2',
      );
      expect(curl(CLIENT, 'http://203.0.113.9:666/')).toBe('');
    });
    expect(rules()).not.toContain('sluice_divert');
    const asked = requests(out).map(({ to, toPort, listener, isDefault }) => [
      to,
      toPort,
      listener,
      isDefault,
    ]);
    expect(asked).toEqual([
      ['203.0.113.9', 80, 80, false],
      ['203.0.113.9', 8123, 80, false],
      ['198.51.100.7', 45678, 1337, true],
      ['2001:db8::9', 45678, 1337, true],
    ]);
  });

  /** Between whom the packets of a file are, without the ports that clients are given (32768 on). */
  const between = (file: string): readonly string[] => {
    const ends = (data: Uint8Array): string => {
      const text = printPacket(data, LinkType.raw);
      const [, from = text, to = ''] = /(\S+) > (\S+?):/.exec(text) ?? [];
      const shown = [from, to].map((end) =>
        end.replace(/\.(\d+)$/, (all, port) => (port >= 32_768 ? '' : all)),
      );
      return shown.join(' > ');
    };
    const all = [...createReader().push(readFileSync(file))];
    return [...new Set(all.flatMap((one) => (one.kind === 'packet' ? [ends(one.data)] : [])))];
  };
  const bothWays = (client: string, server: string): readonly string[] => [
    `${client} > ${server}`,
    `${server} > ${client}`,
  ];
  const captures = (name: string) => {
    const [before, after] = [join(folder, `${name}-before`), join(folder, `${name}-after`)];
    return { before, after, words: `capture: { before: ${before}, after: ${after} }\n` };
  };

  test('programs of this host, and whose they are', async () => {
    const { before, after, words } = captures('host');
    const config = `
mode: host
default: { tcp: 1337 }
only: [{ user: root }]
${words}`;
    const out = await diverting(config, () => {
      expect(curl(GATEWAY, 'http://203.0.113.9:17777/')).toContain('port 1337');
    });
    expect(requests(out)).toMatchObject([
      { to: '203.0.113.9', toPort: 17777, uid: 0, listener: 1337 },
    ]);
    expect(between(before)).toEqual(bothWays('10.66.0.1', '203.0.113.9.17777'));
    expect(between(after)).toEqual(bothWays('10.66.0.1', '127.0.0.1.1337'));
  });

  test('captures have what the client saw and what the listener saw', async () => {
    const { before, after, words } = captures('gateway');
    await diverting(`${LAB}${words}`, () => {
      // A neighbour that is asked for, over IPv6 and unknown to connection tracking.
      ip('-n', CLIENT, 'neigh', 'flush', 'all');
      spawnSync('ip', ['netns', 'exec', CLIENT, 'ping', '-c1', '-W1', 'fd66::1']);
      // Left alone.
      expect(curl(CLIENT, 'http://10.66.0.1/')).toContain('port 80');
      expect(curl(CLIENT, 'http://203.0.113.9:17777/')).toContain('port 1337');
    });
    expect(between(before)).toEqual(bothWays('10.66.0.2', '203.0.113.9.17777'));
    expect(between(after)).toEqual(bothWays('10.66.0.2', '10.66.0.1.1337'));
  });

  test('a killed command leaves no rules, and a second one is told of the first', async () => {
    await diverting(
      LAB,
      () => {
        const file = join(folder, 'divert.yaml');
        const words = sluiceCommand('divert', '--netns', GATEWAY, file);
        const second = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
        expect(second.status).toBe(1);
        expect(second.stderr).toContain('another program of sluice or a log daemon');
      },
      'SIGKILL',
    );
    await until('the rules to go', () => !rules().includes('sluice_divert'));
  });
});
