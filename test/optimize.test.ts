// `nft -o`: what is joined, what is left alone, and that the firewall stays the same.

import { describe, expect, test } from 'vitest';
import { manualClock, Netns, type Random, seeded } from '../src/core/index.ts';
import { NfTables } from '../src/engine/index.ts';
import { compile, listRuleset } from '../src/nft/index.ts';
import type { Step } from './kernel/case.ts';
import { EngineTarget } from './kernel/engine-target.ts';

const chain = (rules: readonly string[]): string =>
  `table inet t {\n chain z {\n }\n chain f {\n type filter hook forward priority 0; policy accept;\n${rules.join('\n')}\n }\n}\n`;

const optimized = (text: string) => compile({ name: 't.nft', text }, { optimize: true });

test.each<[string, readonly string[], readonly string[]]>([
  ['values', ['tcp dport 1 accept', 'tcp dport 2 accept'], ['tcp dport { 1, 2 } accept']],
  [
    'values of several fields, and what they have in common',
    ['ip saddr 1.1.1.1 tcp dport 1 drop', 'ip saddr 1.1.1.2 tcp dport 2 drop'],
    ['ip saddr . tcp dport { 1.1.1.1 . 1, 1.1.1.2 . 2 } drop'],
  ],
  [
    'verdicts, with the counter of each',
    ['udp dport 1 counter accept', 'udp dport 2 counter jump z'],
    ['udp dport vmap { 1 counter : accept, 2 counter : jump z }'],
  ],
  [
    'ports beside a state that stays a bit test',
    ['ct state new tcp dport 1 accept', 'ct state new tcp dport 2 accept'],
    ['ct state new tcp dport { 1, 2 } accept'],
  ],
  [
    'sets and ranges',
    ['tcp dport { 1, 2 } drop', 'tcp dport 5-9 drop'],
    ['tcp dport { 1, 2, 5-9 } drop'],
  ],
  [
    'prefixes that overlap, where the first match ends it',
    ['ip saddr 10.0.0.0/8 accept', 'ip saddr 10.1.0.0/16 accept'],
    ['ip saddr { 10.0.0.0/8, 10.1.0.0/16 } accept'],
  ],
  ['interfaces', ['iifname "a" counter', 'iifname "b" counter'], ['iifname { "a", "b" } counter']],
  ['flags are bit tests', ['tcp flags syn accept', 'tcp flags ack accept'], []],
  ['so are states', ['ct state established accept', 'ct state related accept'], []],
  [
    'each rule has its own limit',
    ['udp dport 1 limit rate 1/second', 'udp dport 2 limit rate 1/second'],
    [],
  ],
  [
    'a packet that both rules count',
    ['ip saddr 10.0.0.0/8 counter', 'ip saddr 10.1.1.1 counter'],
    [],
  ],
  ['names may mean the same', ['tcp dport http counter', 'tcp dport 80 counter'], []],
  ['the earlier verdict wins', ['ip saddr 10.1.1.1 accept', 'ip saddr 10.0.0.0/8 drop'], []],
  ['denials', ['ip saddr != 1.1.1.1 drop', 'ip saddr != 1.1.1.2 drop'], []],
  [
    'comments tell rules apart',
    ['udp dport 1 drop comment "a"', 'udp dport 2 drop comment "b"'],
    [],
  ],
  [
    'counters that have counted',
    ['udp dport 1 counter packets 1 bytes 9', 'udp dport 2 counter packets 1 bytes 9'],
    [],
  ],
  [
    'a random number is another each time',
    ['numgen random mod 2 0 udp dport 1 drop', 'numgen random mod 2 0 udp dport 2 drop'],
    [],
  ],
  ['what stands between', ['udp dport 1 drop', 'counter', 'udp dport 2 drop'], []],
])('%s', (_name, rules, want) => {
  const { merges, diagnostics } = optimized(chain(rules));
  expect(diagnostics).toEqual([]);
  expect(merges.map(({ into }) => into)).toEqual(want);
});

const pick = <T>(r: Random, from: readonly T[]): T => from[r.below(from.length)]!;

const MATCHES: readonly ((r: Random) => string)[] = [
  (r) =>
    `ip saddr ${pick(r, ['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.0/30', '10.0.0.2-10.0.0.5'])}`,
  (r) => `udp dport ${pick(r, ['53', 'domain', '54', '80', '53-60', '{ 53, 80 }'])}`,
  (r) => `ip ttl ${pick(r, ['64', '63', '1-64'])}`,
];
const ENDS = [
  'accept',
  'drop',
  'counter',
  'counter accept',
  'counter drop',
  'jump z',
  'return',
  'reject',
];

/** Long runs of the same form, so that there is much to join. */
function randomRules(r: Random): string[] {
  return Array.from({ length: 2 + r.below(3) }, () => {
    const forms = MATCHES.filter(() => r.below(2) === 0);
    const ends = [pick(r, ENDS), pick(r, ENDS)];
    return Array.from({ length: 1 + r.below(5) }, () =>
      [...forms.map((form) => form(r)), pick(r, ends)].join(' '),
    );
  }).flat();
}

const STEPS: readonly Step[] = [2, 3, 4, 5].flatMap((host) =>
  [53, 54, 60, 80, 81].map(
    (port): Step => ({ on: 'eth0', packet: `udp 10.0.0.${host}:9 > 192.0.2.2:${port}` }),
  ),
);

/** What the optimized text says, listed. */
function rewritten(text: string): { readonly text: string; readonly merges: number } {
  const { batch, diagnostics, merges } = optimized(text);
  expect(diagnostics).toEqual([]);
  const engine = new NfTables(new Netns({ clock: manualClock(), random: seeded(1) }));
  engine.apply(batch);
  return { text: listRuleset(engine.list(), { stateless: true }), merges: merges.length };
}

describe('random rulesets let the same packets through', () => {
  test('before and behind it', () => {
    const engine = new EngineTarget();
    let merged = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const before = chain(randomRules(seeded(seed)));
      const after = rewritten(before);
      merged += after.merges;
      const sent = [before, after.text].map(
        (ruleset) => engine.run({ name: `seed ${seed}`, ruleset, steps: STEPS }).sent,
      );
      expect(sent[1], `seed ${seed}\n${before}\n${after.text}`).toEqual(sent[0]);
    }
    expect(merged).toBeGreaterThan(40);
  }, 60_000);
});
