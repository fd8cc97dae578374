// `sluice nft --live` beside nft, on the same ruleset of the running kernel.

import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nft } from '../../src/cli/commands/nft.ts';
import { sluiceCommand } from '../../src/cli/test-bundled.ts';
import { testHost } from '../../src/cli/test-host.ts';
import { missing } from './needs.ts';
import { START, until } from './until.ts';

const reason = missing();
const root = join(import.meta.dirname, '..', '..');
const NETNS = `slnftl${process.pid}`;

const RULESET = `
table inet filter {
  set banned { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.0.2.1-192.0.2.9 }; }
  map ports { type inet_service : verdict; elements = { 22 : accept, 80 : drop }; }
  counter c { packets 3 bytes 99; }
  chain input {
    type filter hook input priority filter; policy drop;
    iif "lo" accept
    ct state established,related accept
    ip saddr @banned counter drop comment "no more"
    tcp dport vmap @ports
    meta mark and 0xff == 0x10 limit rate 5/second log prefix "x " level info
  }
}
table ip nat {
  chain prerouting {
    type nat hook prerouting priority dstnat;
    tcp dport { 8080, 8443 } dnat to 10.0.0.2:80
  }
}
`;

/** nft 1.0.6 keeps the usual burst to itself, and breaks the lines of maps where 1.1 does not. */
const asOfLate = (text: string): string =>
  text.replace(/ burst 5 packets/g, '').replace(/,\n\s+/g, ', ');

const run = (words: readonly string[]) =>
  spawnSync('ip', ['netns', 'exec', NETNS, 'nft', ...words], { encoding: 'utf8' });
const real = (words: readonly string[]): string => run(words).stdout;

async function ours(
  words: readonly string[],
  input = '',
): Promise<{ status: number; out: string; err: string }> {
  const host = testHost({ input });
  const status = await nft(['--live', '--netns', NETNS, ...words], host);
  return { status, out: host.stdout(), err: host.stderr() };
}

describe.skipIf(reason !== undefined)(
  `nft and sluice nft --live${reason ? ` (${reason})` : ''}`,
  () => {
    beforeAll(() => {
      spawnSync('ip', ['netns', 'add', NETNS]);
      spawnSync('ip', ['netns', 'exec', NETNS, 'nft', '-f', '-'], { input: RULESET });
    });
    afterAll(() => {
      spawnSync('ip', ['netns', 'del', NETNS]);
    });

    test.each([
      [['list', 'ruleset']],
      [['-a', 'list', 'ruleset']],
      [['-s', 'list', 'table', 'inet', 'filter']],
      [['list', 'chain', 'inet', 'filter', 'input']],
      [['list', 'tables']],
      [['list', 'set', 'inet', 'filter', 'banned']],
    ])('%s is what nft prints', async (words) => {
      const want = real(words);
      expect(want).not.toBe('');
      expect(asOfLate((await ours(words)).out)).toBe(asOfLate(want));
    });

    test('-j list ruleset is the same JSON', async () => {
      const bare = (text: string): unknown[] =>
        (JSON.parse(text) as { nftables: Record<string, unknown>[] }).nftables.filter(
          (one) => !('metainfo' in one),
        );
      // Chains of a table come before its sets here, and behind them in 1.0.6.
      const sorted = (text: string): string[] =>
        bare(text)
          .map((one) => JSON.stringify(one))
          .sort();
      const words = ['-j', 'list', 'ruleset'];
      expect(sorted((await ours(words)).out)).toEqual(sorted(real(words)));
    });

    /** Where the carets stand under a command, and the sentence. */
    const complaint = (err: string): readonly [string, string] => {
      const [sentence = '', , carets = ''] = err.split('\n');
      return [sentence, carets.replace(/^ {5}\| /, '').trimEnd()];
    };

    test.each([
      'create table ip nat',
      'delete rule inet filter input handle 999',
      'replace rule inet filter input handle 999 drop',
      'delete set inet filter banned',
      'delete map inet filter ports',
      'add table ip u; add chain ip u c; create chain ip u c',
    ])('%s is refused in the words of nft, at the same place', async (command) => {
      const before = real(['list', 'ruleset']);
      const { status, err } = await ours([command]);
      const want = run([command]);
      expect([status, ...complaint(err)]).toEqual([want.status, ...complaint(want.stderr)]);
      expect(real(['list', 'ruleset'])).toBe(before);
    });

    test('several of a batch that are refused are told, each at its place', async () => {
      const batch =
        'delete rule inet filter input handle 999\nadd table ip more\ndelete set inet filter banned\n';
      const { status, err } = await ours(['-f', '-'], batch);
      expect(status).toBe(1);
      expect(err).toBe(
        [
          '/dev/stdin:1:38-40: Error: Could not process rule: No such file or directory',
          '   1 | delete rule inet filter input handle 999',
          '     |                                      ^^^',
          '/dev/stdin:3:24-29: Error: Could not process rule: Device or resource busy',
          '   3 | delete set inet filter banned',
          '     |                        ^^^^^^\n',
        ].join('\n'),
      );
      expect(real(['list', 'tables'])).not.toContain('more');
    });

    test('a check says what would be, and leaves everything as it was', async () => {
      const before = real(['list', 'ruleset']);
      expect(await ours(['-c', 'add', 'table', 'ip', 'other'])).toEqual({
        ...{ status: 0, out: '', err: '' },
      });
      expect((await ours(['-c', 'create', 'table', 'ip', 'nat'])).status).toBe(1);
      expect(real(['list', 'ruleset'])).toBe(before);
    });

    test('a file of both languages that is loaded here is listed by nft as its own', async () => {
      const text = real(['list', 'ruleset']);
      const json = real(['-j', 'list', 'ruleset']);
      const many = Array.from(
        { length: 3000 },
        (_, i) => `add rule ip big c tcp dport ${i + 1} accept`,
      );
      const big = `add table ip big\nadd chain ip big c\n${many.join('\n')}\n`;
      for (const [words, input] of [
        [['-f', '-'], `flush ruleset\n${text}`],
        [['-j', '-f', '-'], json.replace('[', '[{"flush": {"ruleset": null}},')],
      ] as const) {
        expect(await ours(words, input)).toEqual({ status: 0, out: '', err: '' });
        expect(real(['list', 'ruleset'])).toBe(text);
      }
      expect((await ours(['-f', '-'], big)).status).toBe(0);
      expect(real(['list', 'chain', 'ip', 'big', 'c']).match(/accept/g)).toHaveLength(3000);
      expect(await ours(['delete', 'table', 'ip', 'big'])).toMatchObject({ status: 0 });
      expect(real(['list', 'ruleset'])).toBe(text);
    });

    test('what is reset is told as it was', async () => {
      const counts = `
        table ip r {
          counter c { packets 7 bytes 70; }
          quota q { over 10 mbytes used 5 kbytes; }
          set s { type ipv4_addr; counter; elements = { 10.0.0.1 counter packets 3 bytes 30, 10.0.0.2 counter packets 4 bytes 40 }; }
          set i { type ipv4_addr; flags interval; counter; elements = { 10.0.0.0/8 counter packets 5 bytes 50, 11.0.0.0/8 counter packets 6 bytes 60 }; }
          chain x { counter packets 8 bytes 80 accept; counter packets 9 bytes 90 drop; }
        }`;
      expect(await ours(['-f', '-'], counts)).toMatchObject({ status: 0 });
      const packets = async (...words: readonly string[]): Promise<string> => {
        const { out, err } = await ours(words);
        return err + (out.match(/packets \d+|used \d+ \w+/g) ?? []).join(', ');
      };
      const all = () => packets('list', 'table', 'ip', 'r');
      expect(await all()).toBe(
        'packets 7, used 5 kbytes, packets 3, packets 4, packets 5, packets 6, packets 8, packets 9',
      );
      expect(await packets('reset', 'counter', 'ip', 'r', 'c')).toBe('packets 7');
      expect(await packets('reset', 'quotas', 'table', 'ip', 'r')).toBe('used 5 kbytes');
      expect(await packets('reset', 'element', 'ip', 'r', 's', '{ 10.0.0.2 }')).toBe('packets 4');
      expect(await packets('reset', 'element', 'ip', 'r', 'i', '{ 11.0.0.0/8 }')).toBe('packets 6');
      expect(await packets('list', 'set', 'ip', 'r', 's')).toBe('packets 3, packets 0');
      expect(await packets('list', 'set', 'ip', 'r', 'i')).toBe('packets 5, packets 0');
      expect(await packets('reset', 'set', 'ip', 'r', 's')).toBe('packets 3, packets 0');
      const [handle] =
        /(?<=drop # handle )\d+/.exec((await ours(['-a', 'list', 'chain', 'ip', 'r', 'x'])).out) ??
        [];
      expect(await packets('reset', 'rule', 'ip', 'r', 'x', 'handle', `${handle}`)).toBe(
        'packets 9',
      );
      expect(await packets('reset', 'rules', 'chain', 'ip', 'r', 'x')).toBe('packets 8, packets 0');
      expect(await all()).toBe(
        'packets 0, packets 0, packets 0, packets 5, packets 0, packets 0, packets 0',
      );
      await ours(['delete', 'table', 'ip', 'r']);
    });

    test('monitor tells what nft does, and whose it is', async () => {
      const args = sluiceCommand('nft', '--live', '--netns', NETNS, 'monitor');
      const child = spawn(process.execPath, args, { cwd: root });
      let out = '';
      child.stdout.on('data', (chunk) => {
        out += String(chunk);
      });
      try {
        // It says nothing of when it listens.
        await until(
          'the command to listen',
          () => {
            for (const verb of ['add', 'delete']) run([verb, 'table', 'ip', 'ping']);
            return out.includes('ping');
          },
          START,
        );
        run(['add table ip seen; add chain ip seen c; add rule ip seen c tcp dport 22 accept']);
        // What is gone again when the command looks is not told.
        await until('the rule', () => out.includes('add rule ip seen'), START);
        run(['delete table ip seen']);
        await until('the end', () => out.includes('delete table ip seen'), START);
        expect(out).toMatch(
          /add table ip seen\nadd chain ip seen c\nadd rule ip seen c tcp dport 22 accept\n# new generation \d+ by process \d+ \(nft\)\n/,
        );
      } finally {
        child.kill('SIGKILL');
      }
    });
  },
);
