// `sluice nft` beside nft(8): the same commands, one after another, give the same output and the
// same exit status. What the installed nft (1.0.6) says otherwise than 1.1 is not asked.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nft } from '../../src/cli/commands/nft.ts';
import { testHost } from '../../src/cli/test-host.ts';
import { missing } from './needs.ts';

interface Outcome {
  readonly status: number;
  readonly out: string;
}

/** Options, if any, and one command; what has blanks in it stays one word for both. */
const SCRIPT: readonly string[] = [
  'add table ip t',
  'add table ip t',
  'create table ip t',
  'add chain ip t in { type filter hook input priority 0; policy drop; }',
  'add chain t sub',
  'add rule t in tcp dport 22 accept',
  'add rule t in tcp dport { 80, 443 } counter accept comment "web"',
  'insert rule t in ct state established,related accept',
  '-a list table t',
  'add rule t in handle 3 udp dport 53 accept',
  'insert rule t in handle 3 udp dport 123 accept',
  'add rule t in index 0 iifname lo accept',
  'insert rule t in index 1 ip saddr 10.0.0.0/8 drop',
  'add rule t in position 3 ip protocol icmp accept',
  '-a list chain t in',
  'replace rule t in handle 3 tcp dport 2222 accept',
  'delete rule t in handle 6',
  'delete rule t in handle 6',
  'delete rule t in handle 999',
  'replace rule t in handle 999 drop',
  '-a list chain ip t in',
  'add chain t gone; create chain t sub; add rule t gone ip saddr { 1.2.3.4, 5.6.7.8 } accept; add table ip gone',
  'create chain t sub',
  'add rule t sub jump sub; add rule t in jump sub',
  'add counter t given',
  '-a list table t',
  'delete counter t given',
  'add rule t in jump sub',
  'delete chain t sub',
  'add rule t nowhere accept',
  'add rule nowhere in accept',
  'list table ip nowhere',
  'list chain t nowhere',
  'add set t s { type ipv4_addr; flags interval; }',
  'add element t s { 10.0.0.0/8, 192.0.2.1-192.0.2.9 }',
  'add element t s { 10.0.0.0/8 }',
  'get element t s { 10.1.2.3 }',
  'get element t s { 11.1.2.3 }',
  'delete element t s { 10.0.0.0/8 }',
  'delete element t s { 172.16.0.0/12 }',
  'list set t s',
  'add rule t in ip saddr @s drop',
  'delete set t s',
  'add map t m { type inet_service : verdict; elements = { 22 : accept } }',
  'add rule t in tcp dport vmap @m',
  'list map t m',
  'add counter t c',
  'add quota t q { over 10 mbytes }',
  'add rule t sub counter name c',
  'delete counter t c',
  'list counters',
  'reset counters',
  'list counter t c',
  'rename chain t sub other; add rule t sub accept; rename chain t sub another',
  'rename chain t another other',
  'create chain t other',
  'list chains',
  '-a list ruleset',
  '-s list ruleset',
  '-nn list ruleset',
  'list tables',
  '-j list tables',
  '-j list chains',
  '-j list chain t other',
  '-j list counters',
  'list sets',
  'list maps',
  'add table inet u; add chain inet u c; add rule inet u c accept; delete table inet nowhere',
  'list tables',
  'add table inet u { flags dormant; }',
  'list tables inet',
  '-e -a add rule t in tcp dport 99 accept',
  '-e insert rule t in index 1 tcp dport { 97, 98 } accept',
  '-e add element t s { 198.51.100.1, 203.0.113.0/24 }',
  '-e -a add chain t n { type filter hook output priority 0; }',
  '-e add set t e { type inet_service; elements = { 7 } }',
  '-e add counter t cc',
  '-e delete chain t n',
  '-e add table ip6 z',
  'delete table ip6 z',
  'describe tcp dport',
  'describe ct state',
  'describe ip dscp',
  'describe meta mark',
  ...['ether saddr', 'meta l4proto', 'meta time', 'meta priority', 'hbh nexthdr', 'rt mtu'].map(
    (what) => `describe ${what}`,
  ),
  ...[
    'verdict',
    'string',
    'ifname',
    'integer',
    'classid',
    'inet_proto',
    'ct_state',
    'ether_addr',
  ].map((what) => `describe ${what}`),
  'flush chain t in',
  'delete chain t other',
  'list chain t in',
  'flush table t',
  'flush set t s',
  'delete set t s',
  'add rule t in accept',
  '-a list table t',
  'delete table t handle 5',
  'delete table t',
  'list ruleset',
  'flush ruleset',
  'list ruleset',
  'add rule t in tcp dprot 22',
  'add chain t c { type nat hook forward priority 0; }',
  'list ruleset -a',
  '-f /does/not/exist',
  'add table ip r; add chain ip r soon; rename chain ip r soon later',
  'add table ip r; add chain ip r a',
  'rename chain ip r a b; add rule ip r b accept',
  'undefine nothing; add rule ip r a accept',
  'add set ip r s { type ipv4_addr; flags constant; elements = { 10.0.0.1, 10.0.0.2 } ; }',
  'add element ip r s { 10.0.0.3 }',
  'list ruleset',
];

/** Words as a shell would hand them over, without its quoting: braces and all. */
const wordsOf = (line: string): string[] => {
  const [, options = '', command = ''] = /^((?:-\S+ )*)(.*)$/.exec(line) ?? [];
  const words = options.trim() === '' ? [] : options.trim().split(' ');
  return words.at(-1) === '-f' ? [...words, ...command.split(' ')] : [...words, command];
};

/** nft 1.0.6 tells the generation with an echo, and ends some of its lines with a blank. */
const plain = (out: string): string =>
  out
    .replace(/^# new generation .*\n/gm, '')
    .replace(/ +$/gm, '')
    .replace(/"metainfo": \{[^}]*\}/, '');

const reason = missing();

describe.skipIf(reason !== undefined)(`nft and sluice nft${reason ? ` (${reason})` : ''}`, () => {
  const netns = `slnft${process.pid}`;
  const live = `slnftv${process.pid}`;
  const folder = mkdtempSync(join(tmpdir(), 'sluice-nft-'));
  const state = join(folder, 'ruleset.json');
  beforeAll(() => {
    for (const one of [netns, live]) spawnSync('ip', ['netns', 'add', one]);
  });
  afterAll(() => {
    for (const one of [netns, live]) spawnSync('ip', ['netns', 'del', one]);
    rmSync(folder, { recursive: true });
  });

  const real = (words: readonly string[]): Outcome => {
    const done = spawnSync('ip', ['netns', 'exec', netns, 'nft', ...words], { encoding: 'utf8' });
    return { status: done.status ?? -1, out: done.stdout };
  };
  const ours = async (words: readonly string[]): Promise<Outcome & { readonly err: string }> => {
    const host = testHost({ env: { SLUICE_STATE: state } });
    const status = await nft(words, host);
    return { status, out: host.stdout(), err: host.stderr() };
  };

  test('a script of commands, each with the same answer, kept and on the kernel', async () => {
    const differences: string[] = [];
    for (const line of SCRIPT) {
      const words = wordsOf(line);
      const want = real(words);
      for (const before of [[], ['--live', '--netns', live]]) {
        const said = [...before, line].join(' ');
        const got = await ours([...before, ...words]);
        if (want.status !== got.status)
          differences.push(`${said}\n  exit ${got.status}, nft ${want.status}\n${got.err}`);
        else if (plain(want.out) !== plain(got.out))
          differences.push(`${said}\n--- nft\n${want.out}\n--- sluice\n${got.out}`);
        if (got.status !== 0) expect(got.err, said).toMatch(/^Error: /);
      }
    }
    expect(differences.join('\n')).toBe('');
    expect(SCRIPT.length).toBeGreaterThan(40);
  });
});
