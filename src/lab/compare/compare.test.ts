import { expect, test } from 'vitest';
import { loadRuleset } from '../ruleset.ts';
import { type CompareInput, compareRulesets } from './index.ts';

function input(text: string): CompareInput {
  const loaded = loadRuleset([{ name: 'rules.nft', text }]);
  expect(loaded.problems).toEqual([]);
  return { batches: [loaded.batch], program: loaded.program };
}

const filter = (rules: string, policy = 'accept'): CompareInput =>
  input(`table inet f {
    chain forward { type filter hook forward priority 0; policy ${policy}; ${rules} }
    chain side { counter }
  }`);
const postrouting = (rule: string): CompareInput =>
  input(`table ip n { chain c { type nat hook postrouting priority 100; ${rule} } }`);

const compare = (a: CompareInput, b: CompareInput) => compareRulesets(a, b, { tries: 400 });

test.each([
  ['a port and the next one', 'tcp dport 1000 drop', 'tcp dport 1001 drop'],
  ['a range that ends one later', 'udp dport 10-20 drop', 'udp dport 10-21 drop'],
  ['a prefix and half of it', 'ip saddr 10.0.0.0/8 drop', 'ip saddr 10.0.0.0/9 drop'],
  ['the same for IPv6', 'ip6 daddr 2001:db8:7::/48 drop', 'ip6 daddr 2001:db8:7::/49 drop'],
  ['a bit of the flags and all of them', 'tcp flags syn drop', 'tcp flags == syn drop'],
  ['an interface and another', 'iifname "lan0" drop', 'iifname "lan1" drop'],
  ['in and out', 'iifname "lan0" drop', 'oifname "lan0" drop'],
  ['dropped and rejected', 'tcp dport 7 drop', 'tcp dport 7 reject'],
  ['a mark nobody asks for', 'tcp dport 7 meta mark set 1', 'tcp dport 7 meta mark set 2'],
  ['a mark of the connection', 'tcp dport 7 ct mark set 1', 'tcp dport 7 ct mark set 2'],
  ['replies let through or not', 'ct state established drop', 'ct state established accept'],
  ['an element more', 'udp dport { 53, 67 } drop', 'udp dport { 53, 67, 68 } drop'],
  [
    'a field of a concatenation',
    'ip saddr . tcp dport { 10.1.1.1 . 22 } drop',
    'ip saddr . tcp dport { 10.1.1.1 . 23 } drop',
  ],
  ['a type of ICMP', 'icmp type echo-request drop', 'icmp type timestamp-request drop'],
])('told apart: %s', (_, a, b) => {
  const found = compare(filter(a), filter(b)).difference;
  expect(found).toBeDefined();
  expect(found?.first).not.toEqual(found?.second);
});

test.each([
  ['one set for two rules', 'tcp dport 22 drop; tcp dport 23 drop', 'tcp dport { 22, 23 } drop'],
  ['two ranges that touch', 'udp dport 1-5 drop; udp dport 6-9 drop', 'udp dport 1-9 drop'],
  [
    'the order of what does not overlap',
    'tcp dport 1 drop; udp dport 1 drop',
    'udp dport 1 drop; tcp dport 1 drop',
  ],
  ['a rule nothing reaches', 'drop; tcp dport 1 accept', 'drop'],
])('the same: %s', (_, a, b) => {
  expect(compare(filter(a), filter(b)).difference).toBeUndefined();
});

test('a difference of translation shows the packets on the wire', () => {
  const { difference } = compare(
    postrouting('oifname "wan" snat to 192.0.2.1'),
    postrouting('oifname "wan" snat to 192.0.2.2'),
  );
  expect(difference?.aspect).toBe('sent');
  expect(difference?.first[0]).toContain('192.0.2.1');
  expect(difference?.second[0]).toContain('192.0.2.2');
});

test('packets that read the same are told with the fields that differ', () => {
  const mangle = (rule: string) =>
    input(`table ip m { chain c { type filter hook forward priority mangle; ${rule} } }`);
  const { difference } = compare(mangle('ip ttl set 9'), mangle('ip ttl set 10'));
  expect(difference?.first.at(-1)).toMatch(/^ {2}with ip ttl 9$/);
  expect(difference?.second.at(-1)).toMatch(/^ {2}with ip ttl 10$/);
});

test('what shows a difference is made as short as it can be', () => {
  const { difference } = compare(filter('tcp dport 7 drop'), filter('tcp dport 7 accept'));
  expect(difference?.packets).toHaveLength(1);
});

test('every rule that a packet can meet is met', () => {
  const rules = `iifname "lan0" oifname "wan" ip daddr 203.0.113.0/24 tcp dport 1-1023 accept
    ct state { established, related } accept
    ip saddr 10.0.0.0/8 ip daddr 172.16.9.1 udp sport 123 udp dport 123 drop
    ip6 nexthdr icmpv6 icmpv6 type nd-neighbor-solicit accept
    meta mark 0x7 drop
    meta mark 0x7 accept`;
  const both = filter(rules);
  const { first, second } = compareRulesets(both, both, { tries: 1500 });
  expect(first.missed.map(({ goal }) => goal.index)).toEqual([5, 0]);
  expect(second.rules).toBe(7);
});

test('a chain reached by a jump asks for what the jump asks for', () => {
  const ruleset = (port: number) =>
    input(`table ip f {
      chain web { tcp sport ${port} drop }
      chain forward { type filter hook forward priority 0; iifname "lan0" tcp dport 8443 jump web }
    }`);
  expect(compare(ruleset(5), ruleset(6)).difference?.packets[0]).toContain(':8443');
});
