// `sluice nft --live list` beside `nft list`, of the same ruleset of the running kernel.

import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nft } from '../../src/cli/commands/nft.ts';
import { testHost } from '../../src/cli/test-host.ts';
import { missing } from './needs.ts';

const reason = missing();
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

const real = (words: readonly string[]): string =>
  spawnSync('ip', ['netns', 'exec', NETNS, 'nft', ...words], { encoding: 'utf8' }).stdout;

async function ours(
  words: readonly string[],
): Promise<{ status: number; out: string; err: string }> {
  const host = testHost();
  const status = await nft(['--live', '--netns', NETNS, ...words], host);
  return { status, out: host.stdout(), err: host.stderr() };
}

describe.skipIf(reason !== undefined)(
  `nft list and sluice nft --live list${reason ? ` (${reason})` : ''}`,
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

    test('a change is refused, and leaves everything as it was', async () => {
      const before = real(['list', 'ruleset']);
      const { status, err } = await ours(['add', 'table', 'ip', 'other']);
      expect([status, err]).toEqual([1, 'Error: --live lists the ruleset; nft changes it\n']);
      expect(real(['list', 'ruleset'])).toBe(before);
    });
  },
);
