// The handlers of examples/queue on the running kernel, between real programs.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import delay from '../../../examples/queue/delay.ts';
import dnsFilter from '../../../examples/queue/dns-filter.ts';
import firstPackets from '../../../examples/queue/first-packets.ts';
import httpHeaders from '../../../examples/queue/http-headers.ts';
import keepalive from '../../../examples/queue/keepalive.ts';
import rescue from '../../../examples/queue/rescue.ts';
import sip from '../../../examples/queue/sip.ts';
import { formatIPv4, parseIPv4, put32, u32 } from '../../../src/bytes/index.ts';
import { loadLibc } from '../../../src/linux/index.ts';
import { type HandlerModule, type RunnerOptions, rewriteStream } from '../../../src/queue/index.ts';
import { missingToo } from '../needs.ts';
import { START, until } from '../until.ts';
import { ADDRESS, type Place, QueueField } from './field.ts';

const reason = missingToo('curl', 'nginx', 'dig', 'dnsmasq', 'ping');
if (reason !== undefined) console.warn(`examples on the kernel are not tested: ${reason}`);

const { client: CLIENT, server: SERVER } = ADDRESS.ip;
/** The router as the server sees it. */
const OUTSIDE = '10.81.2.1';
const KEEPALIVE = 1331;
const MASQUERADE =
  'table ip hides { chain c { type nat hook postrouting priority 100; oifname "eth1" masquerade; }; }';

describe.skipIf(reason !== undefined)('examples', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-examples-'));
  let field: QueueField;

  beforeAll(async () => {
    field = new QueueField(await loadLibc());
  });
  afterEach(() => field.reset());
  afterAll(() => {
    field.close();
    rmSync(folder, { recursive: true });
  });

  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  /** The handler on what it wants to see, in the router. */
  async function handle(module: HandlerModule, options: Partial<RunnerOptions> = {}, gso = false) {
    const running = await field.queue(module, { gso }, options);
    field.rules(module.match ?? '');
    return running;
  }

  function nft(text: string): void {
    field.exec('router', 'nft', text);
    const [, name = ''] = /table (\w+ \w+)/.exec(text) ?? [];
    field.after(() => void field.exec('router', 'nft', 'delete', 'table', ...name.split(' ')));
  }

  /** A program of a namespace, to its end; packets go on meanwhile. */
  function run(place: Place, ...words: readonly string[]): Promise<string> {
    const child = spawn('ip', ['netns', 'exec', field.name(place), ...words]);
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        said += chunk.toString('latin1');
      });
    return new Promise((done) => child.once('close', () => done(said)));
  }

  /** A program that goes on until the test is over; there when it has the port. */
  async function serve(port: string, ...words: readonly string[]): Promise<void> {
    const child = spawn('ip', ['netns', 'exec', field.name('server'), ...words]);
    const ended = new Promise((done) => child.once('exit', done));
    field.after(async () => {
      child.kill();
      await ended;
    });
    const [protocol, number] = port.split(' ');
    const sockets = () =>
      field.exec('server', 'ss', '-Hln', `--${protocol}`, `sport = :${number}`).trim();
    await until(`${words[0]} on ${port}`, () => sockets() !== '', START);
  }

  /** What keep-alives hold: from whom, to whom. */
  const addresses = (from: string, to: string): Uint8Array => {
    const payload = new Uint8Array(8);
    put32(payload, 0, parseIPv4(from)!);
    put32(payload, 4, parseIPv4(to)!);
    return payload;
  };

  function printers() {
    const printer = field.datagrams('client', 'ip', KEEPALIVE);
    const server = field.datagrams('server', 'ip', KEEPALIVE);
    const heard = async (socket: typeof server): Promise<string[]> => {
      const bytes = await socket.receiveBytes();
      return [0, 4].map((at) => formatIPv4(u32(bytes, at)));
    };
    return { printer, server, heard };
  }

  test('keep-alives: the server answers the address it reads, through NAT, also after a reload', async () => {
    nft(MASQUERADE);
    const table = file('addresses.txt', `${CLIENT} ${OUTSIDE}\n`);
    const { runner } = await handle(keepalive, { args: [table] });
    const { printer, server, heard } = printers();
    printer.send(addresses(CLIENT, SERVER), SERVER, KEEPALIVE);
    const [from = '', to] = await heard(server);
    expect([from, to]).toEqual([OUTSIDE, SERVER]);
    server.send(addresses(SERVER, from), from, KEEPALIVE);
    expect(await heard(printer)).toEqual([SERVER, CLIENT]);
    file('addresses.txt', `${CLIENT} 192.0.2.77\n`);
    await runner.reload();
    printer.send(addresses(CLIENT, SERVER), SERVER, KEEPALIVE);
    expect(await heard(server)).toEqual(['192.0.2.77', SERVER]);
    expect(field.wrongChecksums('server') + field.wrongChecksums('client')).toBe(0);
  });

  test('the rescue: printers speak to the server where it was', async () => {
    const old = '198.51.100.1';
    nft(
      `table ip moved { chain c { type nat hook prerouting priority -100; ip daddr ${old} dnat to ${SERVER}; }; }`,
    );
    await handle(rescue, { args: [old, SERVER] });
    const { printer, server, heard } = printers();
    printer.send(addresses(CLIENT, old), old, KEEPALIVE);
    expect(await heard(server)).toEqual([CLIENT, SERVER]);
    server.send(addresses(SERVER, CLIENT), CLIENT, KEEPALIVE);
    expect(await heard(printer)).toEqual([old, CLIENT]);
  });

  test('SIP: a phone behind NAT is called where it can be', async () => {
    nft(MASQUERADE);
    await handle(sip, { args: [CLIENT, OUTSIDE] });
    const phone = field.datagrams('client', 'ip', 5060);
    const proxy = field.datagrams('server', 'ip', 5060);
    const message = (start: string, at: string): string => {
      const sdp = `v=0\r\no=- 1 1 IN IP4 ${at}\r\nc=IN IP4 ${at}\r\n`;
      return `${start}\r\nContact: <sip:a@${at}>\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`;
    };
    phone.send(message('INVITE sip:b@example SIP/2.0', CLIENT), SERVER, 5060);
    expect(await proxy.receive()).toBe(message('INVITE sip:b@example SIP/2.0', OUTSIDE));
    proxy.send(message('SIP/2.0 200 OK', OUTSIDE), OUTSIDE, 5060);
    expect(await phone.receive()).toBe(message('SIP/2.0 200 OK', CLIENT));
  });

  /** nginx in the server's namespace; gives what it logs of who asked. */
  async function web(files: Readonly<Record<string, string>>): Promise<() => string> {
    const root = join(folder, 'www');
    mkdirSync(root, { recursive: true });
    for (const [name, text] of Object.entries(files)) file(`www/${name}`, text);
    const log = file('agents.log', '');
    const config = `daemon off; user root; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
      events {} http { log_format agent "$http_user_agent"; access_log ${log} agent;
      client_body_temp_path ${folder}; server { listen 80; root ${root}; add_header X-Powered-By magic; } }`;
    await serve('tcp 80', 'nginx', '-c', file('nginx.conf', config));
    return () => readFileSync(log, 'utf8');
  }

  test('headers of HTTP, both ways, of requests on one connection', async () => {
    const agents = await web({ a: 'first\n', b: 'second\n' });
    await handle(httpHeaders);
    const urls = ['a', 'b'].map((name) => `http://${SERVER}/${name}`);
    const said = await run('client', 'curl', '-sSi', '--max-time', '20', ...urls);
    expect(said.match(/^Server: [^\r]*/gm)).toEqual(['Server: somebody', 'Server: somebody']);
    expect(said).not.toContain('X-Powered-By');
    expect(said).toMatch(/first\n[\s\S]*second\n/);
    expect(agents()).toBe('sluice\nsluice\n');
  });

  describe('a long stream that grows and shrinks', () => {
    const words = ['cat ', 'dog ', 'elephant ', 'and what else there is to be said\n'];
    const text = Array.from({ length: 30_000 }, (_, i) => words[(i * i + (i >> 3)) % 4]).join('');
    const rules = [
      ['cat', 'leopard'],
      ['elephant', 'ant'],
      ['dog ', ''],
    ] as const;
    const replaced = (before: string): string =>
      rules.reduce((made, [from, to]) => made.replaceAll(from, to), before);

    /** What is left that should have been replaced, once all the rest is as it should be. */
    async function fetch(
      gso: boolean,
    ): Promise<{ missed: number; flushed: number; edits: number }> {
      await web({ text });
      const stream = rewriteStream({
        match: 'meta l4proto tcp ct original proto-dst 80',
        toClient: rules,
      });
      const { errors } = await handle(stream, {}, gso);
      // The length in the header is that of the file.
      const options = ['-sS', '--ignore-content-length', '--http1.0', '--max-time', '60'];
      const got = await run('client', 'curl', ...options, `http://${SERVER}/text`);
      expect(errors).toEqual([]);
      expect(replaced(got) === replaced(text)).toBe(true);
      expect(field.wrongChecksums('client')).toBe(0);
      const missed = got.match(/cat|elephant|dog /g)?.length ?? 0;
      return { missed, ...stream.counts };
    }

    /** `iifname "eth1"` is what the server says. */
    test.each<[string, string, number, boolean]>([
      ['with no packet lost', '', 0, false],
      ['in large packets that are cut later', '', 0, true],
      ['with every fiftieth packet lost before it is changed', 'iifname "eth1"', -200, false],
      ['with every fiftieth packet lost after it was changed', 'iifname "eth1"', 0, false],
      ['with every fiftieth packet lost, acknowledgements too', 'meta l4proto tcp', 0, false],
    ])('arrives as it should %s', async (_, which, priority, gso) => {
      if (which !== '')
        nft(
          `table ip loses { chain c { type filter hook forward priority ${priority}; ${which} numgen inc mod 50 == 7 drop; }; }`,
        );
      const { missed, flushed, edits } = await fetch(gso);
      // What waits while its sender says it again is decided: that match may be missed.
      expect(missed).toBeLessThanOrEqual(flushed);
      expect(edits).toBeGreaterThan(20_000);
    });
  });

  test('names that are filtered, for dig and dnsmasq', async () => {
    const answers = ['good.example', 'bad.example'].map((name) => `--address=/${name}/192.0.2.1`);
    const options = ['--no-daemon', '--conf-file=/dev/null', '--no-resolv', '--no-hosts'];
    await serve('udp 53', 'dnsmasq', ...options, '--user=root', '--pid-file', ...answers);
    await handle(dnsFilter, { args: [file('names.txt', 'bad.example\n')] });
    const dig = (name: string) =>
      run('client', 'dig', '+tries=1', '+time=5', `@${SERVER}`, name, 'A');
    expect(await dig('www.good.example')).toMatch(/NOERROR[\s\S]*192\.0\.2\.1/);
    const bad = await dig('www.bad.example');
    expect(bad).toContain('NXDOMAIN');
    expect(bad).not.toMatch(/192\.0\.2\.1|malformed|WARNING/);
  });

  test('the first five packets of a connection leave the kernel, and no more', async () => {
    nft(
      'table ip done { chain c { type filter hook postrouting priority 0; meta mark 1 ct mark set 1; }; }',
    );
    await web({ big: 'x'.repeat(300_000) });
    const log: string[] = [];
    await field.queue(firstPackets, {}, { log: (line) => log.push(line) });
    field.rules('tcp dport 80 ct mark 0');
    const said = await run('client', 'curl', '-sS', '--max-time', '20', `http://${SERVER}/big`);
    expect(said).toHaveLength(300_000);
    expect(log.map((line) => /#\d+/.exec(line)?.[0])).toEqual(['#1', '#2', '#3', '#4', '#5']);
  });

  test('packets that wait, there and back, in order', async () => {
    const { runner } = await handle(delay, { args: ['60'] });
    const said = await run('client', 'ping', '-c', '5', '-i', '0.05', '-W', '5', SERVER);
    const times = [...said.matchAll(/icmp_seq=(\d+) .*time=([\d.]+)/g)];
    expect(times.map(([, seq]) => seq)).toEqual(['1', '2', '3', '4', '5']);
    for (const [, , time] of times) expect(Number(time)).toBeGreaterThanOrEqual(119);
    expect(runner.statistics.verdicts.accept).toBe(10);
  });
});
