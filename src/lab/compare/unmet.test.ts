import { expect, test } from 'vitest';
import { loadRuleset } from '../ruleset.ts';
import { type CompareInput, compareRulesets } from './index.ts';

function input(name: string, text: string): CompareInput {
  const { batch, ipsets, program } = loadRuleset([{ name, text }]);
  return { batches: [batch], ipsets, program };
}

const iptables = (rules: string) =>
  input('rules.v4', `*filter\n:FORWARD ACCEPT\n:side -\n${rules}\nCOMMIT\n`);

/** The rules that no packet met, with the reason: `1 shadowed by 0`. */
function reasons(both: CompareInput): string[] {
  const { first } = compareRulesets(both, both, { tries: 150 });
  return first.missed.map(({ goal, reason, by }) => {
    const shadow = by === undefined ? '' : ` by ${by.index}`;
    return `${goal.index} ${reason}${shadow}`;
  });
}

test.each([
  [
    'a network in one before it',
    '-s 10.0.0.0/8 -j ACCEPT',
    '-s 10.1.2.0/24 -p tcp --dport 22 -j DROP',
  ],
  ['behind a rule for everything', '-j DROP', '-p udp -j ACCEPT'],
  ['a port of a range', '-p tcp --dport 1:1023 -j DROP', '-p tcp --dport 22 -j ACCEPT'],
  ['an interface of a wildcard', '-i ppp+ -j DROP', '-i ppp0 -j ACCEPT'],
  [
    'the same match',
    '-m mac --mac-source 02:00:00:00:00:01 -j DROP',
    '-m mac --mac-source 02:00:00:00:00:01 -p tcp -j ACCEPT',
  ],
])('shadowed: %s', (_, first, second) => {
  expect(reasons(iptables(`-A FORWARD ${first}\n-A FORWARD ${second}`))).toEqual([
    '1 shadowed by 0',
  ]);
});

test.each([
  [
    'a rule that is met now and then',
    '-m limit --limit 1/hour --limit-burst 500 -j DROP',
    '-p tcp -j ACCEPT',
  ],
  ['a network and a wider one', '-s 10.1.2.0/24 -j ACCEPT', '-s 10.0.0.0/8 -j DROP'],
  ['a rule without a verdict', '-s 10.0.0.0/8', '-s 10.1.2.0/24 -j DROP'],
])('not shadowed: %s', (_, first, second) => {
  const found = reasons(iptables(`-A FORWARD ${first}\n-A FORWARD ${second}`));
  expect(found.filter((one) => one.includes('shadowed'))).toEqual([]);
});

test('what nothing leads to, what contradicts itself, and what no rule sets', () => {
  const rules = `-A FORWARD -m connmark --mark 5 -j DROP
-A FORWARD -s 10.0.0.1 -m iprange --src-range 10.0.0.1-10.0.0.9 -p tcp -m multiport --dports 7 -j DROP
-A side -j DROP`;
  expect(reasons(iptables(rules))).toEqual(['0 unset', '0 unused']);
  const nft =
    'table ip t { chain c { type filter hook forward priority 0; tcp dport 5 tcp dport 6 drop; } }';
  expect(reasons(input('rules.nft', nft))).toEqual(['0 contradiction']);
});
