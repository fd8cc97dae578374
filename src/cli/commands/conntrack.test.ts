// `sluice conntrack` where conntrack(8) of the test machine cannot be asked: labels, events, counters, the state
// shared with other commands. test/kernel/conntrack-command.test.ts holds the rest against it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { saveConnections } from '../../conntrack/index.ts';
import { stateWithConnections } from '../../lab/index.ts';
import { testHost } from '../test-host.ts';
import { wordsOfLine } from './conntrack/batch.ts';
import { ConntrackFault } from './conntrack/fault.ts';
import { LABEL_FILE, readLabels } from './conntrack/labels.ts';
import { LONG_OPTIONS } from './conntrack/options.ts';
import { parseCommand } from './conntrack/parse.ts';
import { openTable } from './conntrack/table.ts';
import { eventLine, type Told } from './conntrack/watch.ts';
import { conntrack } from './conntrack.ts';
import { nft } from './nft.ts';
import { Store } from './nft-store.ts';
import { Journal } from './watchers.ts';

const LABELS = '# bits and names\n0 first\n 3\tthird\n127 last\n3 again\n';

let folder = '';
let state = '';
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 });
  folder = mkdtempSync(join(tmpdir(), 'sluice-conntrack-'));
  state = join(folder, 'ruleset.json');
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

async function run(line: string, input = ''): Promise<{ code: number; out: string; err: string }> {
  const host = testHost({ env: { SLUICE_STATE: state }, input, files: { [LABEL_FILE]: LABELS } });
  const code = await conntrack(line.split(' '), host);
  return { code, out: host.stdout(), err: host.stderr() };
}

const FLOW = '-s 10.0.0.1 -d 10.0.0.2 -p udp --sport 1 --dport 2';

describe('time', () => {
  test('goes on between calls by the clock on the wall, and what is over is gone', async () => {
    await run(`-I ${FLOW} -t 50`);
    vi.advanceTimersByTime(20_500);
    expect((await run('-L')).out).toContain('udp      17 29 src=10.0.0.1');
    await run('-I -s 10.0.0.3 -d 10.0.0.2 -p 89 -t 5');
    vi.advanceTimersByTime(29_500);
    expect(await run('-C')).toMatchObject({ out: '0\n' });
  });

  test('also while other commands change the ruleset', async () => {
    await run(`-I ${FLOW} -t 50`);
    vi.advanceTimersByTime(10_000);
    const host = testHost({ env: { SLUICE_STATE: state } });
    expect(await nft(['add', 'table', 'ip', 't'], host)).toBe(0);
    vi.advanceTimersByTime(10_000);
    expect((await run('-L')).out).toContain('udp      17 30 src=10.0.0.1');
  });

  test('an update of something else leaves it alone', async () => {
    await run(`-I ${FLOW} -t 50`);
    vi.advanceTimersByTime(400);
    await run('-U -s 10.0.0.1 -m 3');
    vi.advanceTimersByTime(600);
    expect((await run('-L')).out).toContain('udp      17 49 src=10.0.0.1');
  });

  test('of a fixed entry cannot be changed', async () => {
    await run(`-I ${FLOW} -t 50 -u FIXED_TIMEOUT`);
    const { code, err } = await run('-U -s 10.0.0.1 -t 9');
    expect(code).toBe(1);
    expect(err).toContain('Operation failed: sorry, you must be root');
  });
});

describe('labels', () => {
  test.each([
    ['one is given at the beginning', '-L -l first', 1],
    ['all that are asked for must be there', '-L -l first,last', 0],
    ['asked for one after another', '-L -l first -l last', 0],
  ])('%s', async (_, line, shown) => {
    await run(`-I ${FLOW} -t 50 --label-add first,third`);
    expect((await run(line)).err).toContain(`${shown} flow entries`);
  });

  test('are added and taken away, one or all', async () => {
    await run(`-I ${FLOW} -t 50`);
    const shown = async (line: string): Promise<string | undefined> =>
      (await run(line)).out.match(/labels=\S+/)?.[0];
    expect(await shown('-L -o labels')).toBeUndefined();
    expect(await shown('-U -s 10.0.0.1 --label-add last -o labels')).toBe('labels=last');
    expect(await shown('-U -s 10.0.0.1 --label-add first,third -o labels')).toBe(
      'labels=first,third,last',
    );
    expect(await shown('-U -s 10.0.0.1 --label-del third -o labels')).toBe('labels=first,last');
    expect((await run('-L -o xml,labels')).out).toContain(
      '<labels><label>first</label><label>last</label></labels>',
    );
    expect(await shown('-U -s 10.0.0.1 -o labels --label-del')).toBeUndefined();
    expect((await run('-L -l last')).err).toContain('0 flow entries');
  });

  test.each([
    ['-L -l none', "unknown label 'none'", 2],
    ['-U --label-add first --label-del third', 'at the same time', 1],
  ])('%s', async (line, said, status) => {
    const { code, err } = await run(line);
    expect([code, err.includes(said)]).toEqual([status, true]);
  });

  test('of two names for a bit the first counts', () => {
    const labels = readLabels(LABELS);
    expect([labels.bitOf('again'), labels.nameOf(3), labels.bitOf('last')]).toEqual([
      undefined,
      'third',
      127,
    ]);
  });
});

/** A connection that counts and has a helper, as only packets would make it. */
function putRich(): void {
  const { ct } = openTable(Date.now());
  ct.netns.sysctl.set('net.netfilter.nf_conntrack_acct', 1);
  const slot = ct.connections.create({
    family: 'ip',
    protocol: 6,
    original: { src: '10.0.0.1', dst: '10.0.0.2', sport: 4000, dport: 21 },
    reply: { src: '10.0.0.2', dst: '10.0.0.1', sport: 21, dport: 4000 },
    timeout: 500,
    status: 2,
    state: 'ESTABLISHED',
    mark: 0,
    zone: 0,
    id: 0,
    helper: 'ftp',
  });
  ct.store.account(slot, 0, 60);
  const store = new Store(state);
  store.exclusively(() =>
    store.write(stateWithConnections(store.read().state, saveConnections(ct), Date.now())),
  );
}

test('-z shows the counters and begins again', async () => {
  putRich();
  expect((await run('-L -z')).out).toContain('packets=1 bytes=60');
  expect((await run('-L')).out).toContain('packets=0 bytes=0');
});

describe('expectations', () => {
  const MASTER = '-s 10.0.0.1 -d 10.0.0.2 -p tcp --sport 4000 --dport 21';
  const EXPECTED = `${MASTER} --tuple-src 4.4.4.4 --tuple-dst 5.5.5.5 --mask-src 255.255.255.255 --mask-dst 255.255.255.255 --tuple-port-src 10 --tuple-port-dst 300 --mask-port-src 10 --mask-port-dst 300 -t 200`;
  const FOUND =
    '-s 4.4.4.4 -d 5.5.5.5 -p tcp --sport 10 --dport 300 --reply-port-src 1 --reply-port-dst 2';

  test('are made of a connection with a helper, listed, found and taken back', async () => {
    putRich();
    expect(await run(`-I expect ${EXPECTED}`)).toEqual({ code: 0, out: '', err: '' });
    expect(await run('-C expect')).toMatchObject({ out: '1\n' });
    const listed = await run('-L expect');
    expect(listed.out).toMatch(/^\d+ proto=6 src=4.4.4.4 dst=5.5.5.5 sport=10 dport=300 mask-src=/);
    expect(listed.out).toContain(
      ' master-src=10.0.0.1 master-dst=10.0.0.2 sport=4000 dport=21 class=0 helper=ftp\n',
    );
    expect((await run(`-G expect ${FOUND}`)).out).toBe(listed.out);
    const xml = (await run('-L expect -o xml')).out;
    expect(xml).toContain(
      '<expect>\n<flow><layer3 protonum="2" protoname="ipv4"><expected><src>4.4.4.4</src>',
    );
    expect(xml).toContain('<meta><helper-name>ftp</helper-name><timeout>');
    expect((await run('-S expect')).out).toContain('expect_create=1');
    await run(`-D expect ${FOUND}`);
    expect(await run('-C expect')).toMatchObject({ out: '0\n' });
    expect((await run(`-D expect ${FOUND}`)).err).toContain('No such file or directory');
  });

  test('go with their connection', async () => {
    putRich();
    await run(`-I expect ${EXPECTED}`);
    await run('-D -p tcp');
    expect(await run('-C expect')).toMatchObject({ out: '0\n' });
  });

  test('a connection that is not there, or has no helper, announces nothing', async () => {
    expect((await run(`-I expect ${EXPECTED}`)).err).toContain('master conntrack not found');
    await run(`-I ${MASTER} -t 50 --state ESTABLISHED`);
    expect((await run(`-I expect ${EXPECTED}`)).err).toContain('Operation not supported');
  });
});

describe('events', () => {
  const asked = (line: string) =>
    parseCommand(
      line.split(' '),
      () => readLabels(LABELS),
      () => {},
    );
  const lines = (events: readonly Told[], line: string): (string | undefined)[] =>
    events
      .map((event) => eventLine(event, asked(line), undefined, new Date()))
      .map((text) => text?.replace(/portid=\d+/, 'portid=P').replace(/id=\d+/, 'id=N'));

  test('are told to those that watch, as conntrack -E tells them', async () => {
    await run(`-I ${FLOW} -t 50`);
    const journal = new Journal<Told>(state, 'ctwatch');
    await run('-U -s 10.0.0.1 -m 4');
    await run('-L');
    await run('-D -s 10.0.0.1');
    const events = journal.take();
    journal.close();
    const tuple =
      'src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 mark=4';
    expect(lines(events, '-E')).toEqual([
      ` [UPDATE] udp      17 50 ${tuple} [USERSPACE] portid=P`,
      `[DESTROY] udp      17 50 ${tuple} [USERSPACE] portid=P`,
    ]);
    expect(lines(events, '-E -e DESTROY -o save')).toEqual([
      undefined,
      expect.stringMatching(/^-D -t 50 -u UNSET -s 10\.0\.0\.1 .* \[USERSPACE\] portid=P$/),
    ]);
    expect(lines(events, '-E -p tcp')).toEqual([undefined, undefined]);
    expect(lines(events, '-E expect')).toEqual([undefined, undefined]);
    expect(lines(events, '-E -o timestamp,id')[0]).toMatch(/^\[1700000000\.000000\]\t \[UPDATE\]/);
    expect(lines(events, '-E -o xml,timestamp')[0]).toMatch(/^<flow type="update">.*<when><hour>/);
  });
});

test('a file that cannot be read is not opened', async () => {
  const { code, err } = await run('-R /none');
  expect([code, err.split('\n')[0]]).toEqual([
    2,
    'conntrack v1.4.9 (conntrack-tools): Failed to open file /none for reading',
  ]);
});

test('lines of a file are one change: what stood before a refused one stays', async () => {
  const { code } = await run('-R -', `-I ${FLOW} -t 50\n-I ${FLOW} -t 50\n-F\n`);
  expect(code).toBe(1);
  expect(await run('-C')).toMatchObject({ out: '1\n' });
});

test('copies of one zone go to another', async () => {
  await run(`-I ${FLOW} -t 50 -w 11`);
  const { out } = await run('-L -w 11 -o save');
  expect(await run('-R -', out.replaceAll('-w 11', '-w 12'))).toMatchObject({ code: 0 });
  expect((await run('-L -w 12')).err).toContain('1 flow entries');
});

test('--state in the first place names the file; behind a protocol it is one of TCP', async () => {
  const other = join(folder, 'other.json');
  await run(`--state ${other} -I ${FLOW} -t 9`);
  expect(await run('-C')).toMatchObject({ out: '0\n' });
  expect(await run(`--state=${other} -C`)).toMatchObject({ out: '1\n' });
});

test('words of a line: quotes hold blanks, a backslash counts within them', () => {
  expect(wordsOfLine(' -l "a b"\t"c\\"d" e\\f\n')).toEqual(['-l', 'a b', 'c"d', 'e\\f']);
});

describe('any words', () => {
  const known = [
    ...LONG_OPTIONS.map(({ name }) => `--${name}`),
    ...'LIDGFEACSUsdrqpftumcnjgwlzeoi',
  ].map((word) => (word.startsWith('--') ? word : `-${word}`));
  const values = [
    'tcp',
    'icmp',
    'gre',
    '1.1.1.1',
    '::1/64',
    '[::1]:5',
    '7/x',
    'expect',
    'xml,id',
    '-1',
    '!A,,',
  ];
  const word = fc.oneof(
    fc.constantFrom(...known, ...values, '--sport', '--state', '--icmp-type', '--'),
    fc.string({ maxLength: 6 }),
  );

  test('are a command, or a fault with a sentence and its status', () => {
    const labels = readLabels(LABELS);
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        try {
          parseCommand(
            words,
            () => labels,
            () => {},
          );
        } catch (error) {
          expect(error).toBeInstanceOf(ConntrackFault);
          expect((error as ConntrackFault).text).toMatch(
            /^conntrack v1\.4\.9 \(conntrack-tools\): ./,
          );
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('what -o save writes, -R makes again', async () => {
    const port = fc.integer({ min: 0, max: 0xffff });
    const flow = fc.record({
      src: fc.ipV4(),
      dst: fc.ipV4(),
      protocol: fc.constantFrom('tcp', 'udp', 'udplite', 'gre', '89'),
      ports: fc.tuple(port, port),
      zone: fc.constantFrom('', ' -w 3', ' --orig-zone 4', ' --reply-zone 5'),
      nat: fc.constantFrom('', ' -n 192.0.2.1', ' -g 192.0.2.2', ' -n 192.0.2.1 -g 192.0.2.2'),
      status: fc.constantFrom('', ' -u SEEN_REPLY', ' -u SEEN_REPLY,ASSURED', ' -u FIXED_TIMEOUT'),
    });
    await fc.assert(
      fc.asyncProperty(flow, async ({ src, dst, protocol, ports: [a, b], zone, nat, status }) => {
        await run('-F');
        const ports: Readonly<Record<string, string>> = {
          gre: ` --srckey ${a} --dstkey ${b}`,
          '89': '',
          tcp: ` --sport ${a} --dport ${b} --state SYN_SENT`,
        };
        const own = ports[protocol] ?? ` --sport ${a} --dport ${b}`;
        const line = `-I -s ${src} -d ${dst} -p ${protocol}${own}${zone}${nat}${status} -t 50`;
        expect((await run(line)).code).toBe(0);
        const saved = (await run('-L -o save')).out;
        await run('-F');
        expect(await run('-R -', saved)).toMatchObject({ code: 0 });
        expect((await run('-L -o save')).out).toBe(saved);
      }),
      { numRuns: 60 },
    );
  });
});

test('-h prints the help of sluice, with the options of a protocol', async () => {
  const { code, out } = await run('-h -p gre');
  expect([code, out.includes('--srckey, --orig-key-src')]).toEqual([0, true]);
});
