import { expect, test } from 'vitest';
import { loadRuleset } from './ruleset.ts';
import { trackedFamilies } from './tracking.ts';

const load = (text: string, interfaces = {}) =>
  loadRuleset([{ name: 'a.nft', text }], { interfaces });

const chain = (family: string, rule: string): string =>
  `table ${family} t {\n chain c {\n type filter hook forward priority 0;\n ${rule}\n }\n}`;

test('a ruleset becomes a batch, and the program it makes', () => {
  const loaded = load(chain('inet', 'tcp dport 22 accept'));
  expect(loaded.problems).toEqual([]);
  expect(loaded.failed).toBe(false);
  expect(loaded.size).toEqual({ tables: 1, chains: 1, rules: 1 });
  expect(loaded.program.tables[0]?.chains[0]?.rules[0]?.source).toMatchObject({
    file: 'a.nft',
    line: 4,
    text: 'tcp dport 22 accept',
  });
});

test('a mistake has its place, a caret and what was meant', () => {
  const { problems, failed, program } = load(chain('inet', 'tcp dport 22 accpet'));
  expect(failed).toBe(true);
  expect(program.tables).toEqual([]);
  expect(problems[0]).toMatchObject({ severity: 'error', file: 'a.nft', line: 4 });
  expect(problems[0]?.text).toContain('^^^^^^');
});

test('what only the kernel refuses is told at its place too', () => {
  const { problems, failed } = load(
    'table inet t {\n chain a { type filter hook input priority 0; jump b; }\n chain b { jump b; }\n}',
  );
  expect(failed).toBe(true);
  expect(problems[0]).toMatchObject({ severity: 'error', file: 'a.nft' });
});

test('interfaces named by index get one, those of a topology their own', () => {
  const { interfaces } = load(chain('inet', 'iif wan0 oif lan0 accept'), { lan0: 7 });
  expect(interfaces).toEqual({ lo: 1, lan0: 7, wan0: 8 });
});

test.each([
  { family: 'ip', rule: 'tcp dport 22 accept', want: [] },
  { family: 'ip', rule: 'ct state new accept', want: ['ip'] },
  { family: 'ip6', rule: 'ct mark set 1', want: ['ip6'] },
  { family: 'inet', rule: 'ct state new accept', want: ['ip', 'ip6'] },
  { family: 'inet', rule: 'notrack', want: [] },
  { family: 'ip', rule: 'ct count over 5 drop', want: ['ip'] },
])('connections of $family are tracked for "$rule": $want', ({ family, rule, want }) => {
  expect([...trackedFamilies(load(chain(family, rule)).program)]).toEqual(want);
});
