import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { wantsColour } from './colour.ts';
import { parseDuration } from './duration.ts';
import { frameRanges, inRanges, packetRequests } from './packet-args.ts';
import { run } from './run.ts';
import { testHost } from './test-host.ts';
import { VERSION } from './version.ts';

test.each([
  ['5d', 432_000e9],
  ['1h30m', 5400e9],
  ['250ms', 250e6],
  ['1.5s', 1.5e9],
  ['90', 90e9],
  ['2min', 120e9],
  ['soon', undefined],
  ['', undefined],
  ['5 d', undefined],
  ['-1s', undefined],
])('a duration: %s', (text, want) => {
  expect(parseDuration(text)).toBe(want);
});

test.each([
  {
    name: 'notation',
    args: ['tcp 10.0.0.1:1 > 10.0.0.2:2 syn, in eth0'],
    want: [{ kind: 'notation', text: 'tcp 10.0.0.1:1 > 10.0.0.2:2 syn, in eth0' }],
  },
  {
    name: 'time in one argument and in two',
    args: ['advance 5d', 'advance', '10ms'],
    want: [
      { kind: 'advance', ns: 432_000e9 },
      { kind: 'advance', ns: 10e6 },
    ],
  },
  {
    name: 'hex with blanks, colons and an interface',
    args: ['hex 45 00:00, in eth1', 'hex', '0x6000'],
    want: [
      { kind: 'hex', digits: '450000', device: 'eth1' },
      { kind: 'hex', digits: '6000', device: undefined },
    ],
  },
  {
    name: 'frames of a capture, or all',
    args: ['a/b.pcapng#12,15-20', 'c.pcap'],
    want: [
      {
        kind: 'capture',
        path: 'a/b.pcapng',
        frames: [
          [12, 12],
          [15, 20],
        ],
      },
      { kind: 'capture', path: 'c.pcap', frames: [[1, Number.POSITIVE_INFINITY]] },
    ],
  },
])('packets on the command line: $name', ({ args, want }) => {
  expect(packetRequests(args)).toEqual(want);
});

test.each([
  ['advance soon', "'soon' is no time"],
  ['hex 450', 'odd number'],
  ['hex', 'no bytes'],
  ['a.pcap#0', "'0' is no range"],
  ['a.pcap#9-3', "'9-3' is no range"],
])('a packet that cannot be: %s', (arg, says) => {
  expect(() => packetRequests([arg])).toThrow(says);
});

test('a range may be open', () => {
  const ranges = frameRanges('3,7-');
  expect([1, 3, 6, 7, 1000].map((n) => inRanges(ranges, n))).toEqual([
    false,
    true,
    false,
    true,
    true,
  ]);
});

test.each([
  { name: 'a terminal', wish: 'auto', host: { terminal: true }, want: true },
  { name: 'a pipe', wish: 'auto', host: {}, want: false },
  { name: 'NO_COLOR', wish: 'auto', host: { terminal: true, env: { NO_COLOR: '1' } }, want: false },
  {
    name: 'an empty NO_COLOR',
    wish: 'auto',
    host: { terminal: true, env: { NO_COLOR: '' } },
    want: true,
  },
  { name: 'FORCE_COLOR in a pipe', wish: 'auto', host: { env: { FORCE_COLOR: '1' } }, want: true },
  { name: '--color over NO_COLOR', wish: 'always', host: { env: { NO_COLOR: '1' } }, want: true },
  { name: '--no-color', wish: 'never', host: { terminal: true }, want: false },
] as const)('colour: $name', ({ wish, host, want }) => {
  expect(wantsColour(wish, testHost(host))).toBe(want);
});

test.each([
  { args: ['--help'], code: 0, says: 'Exit codes' },
  { args: ['trace', '--help'], code: 0, says: 'sluice trace -r gateway.nft' },
  { args: ['nft', '--help'], code: 0, says: 'sluice nft -f /etc/nftables.conf' },
  { args: ['--version'], code: 0, says: VERSION },
])('$args', async ({ args, code, says }) => {
  const host = testHost();
  expect(await run(args, host)).toBe(code);
  expect(host.stdout()).toContain(says);
});

test.each([
  { args: [], says: 'Usage: sluice' },
  { args: ['trcae'], says: 'Did you mean trace?' },
  { args: ['trace', 'tcp'], says: "required option '-r, --ruleset <file>'" },
  { args: ['list', '--bytecode', '--json', 'a.nft'], says: 'cannot be used with' },
  { args: ['completion', 'tcsh'], says: "no completion for 'tcsh'" },
])('what is not understood is told, and the code is 2: $args', async ({ args, says }) => {
  const host = testHost();
  expect(await run(args, host)).toBe(2);
  expect(host.stderr()).toContain(says);
});

const SHELLS = [
  { shell: 'bash', check: ['-n'] },
  { shell: 'zsh', check: ['-n'] },
  { shell: 'fish', check: ['--no-execute'] },
];

const scriptFor = async (shell: string): Promise<string> => {
  const host = testHost();
  expect(await run(['completion', shell], host)).toBe(0);
  return host.stdout();
};

test.each(SHELLS)('the completion script for $shell knows the words', async ({ shell }) => {
  const script = await scriptFor(shell);
  for (const word of ['trace', 'replay', 'check', 'list', 'ruleset', 'nft', 'interactive'])
    expect(script).toContain(word);
});

describe.each(SHELLS)('completion in its shell ($shell absent)', ({ shell, check }) => {
  const isThere = spawnSync(shell, ['--version']).error === undefined;
  test.skipIf(!isThere)('the script parses', async () => {
    // As a file: fish reads no script from the socket that a child has for standard input.
    const folder = mkdtempSync(join(tmpdir(), 'sluice-completion-'));
    const file = join(folder, 'script');
    writeFileSync(file, await scriptFor(shell));
    expect(spawnSync(shell, [...check, file], { encoding: 'utf8' }).stderr).toBe('');
    rmSync(folder, { recursive: true });
  });
});

test('the version is that of the package', () => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  expect(JSON.parse(text)).toMatchObject({ version: VERSION });
});
