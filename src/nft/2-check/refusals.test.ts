// What is refused, with which code, and where the complaint points.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileText, complaint, ruleset } from '../3-compile/test-support.ts';

type Family = Parameters<typeof ruleset>[0];

test.each<{ family: Family; rule: string; code: string; at: string; hook?: string }>([
  { family: 'ip6', rule: 'ip saddr 10.0.0.1', code: 'protocol_conflict', at: 'ip saddr' },
  { family: 'ip', rule: 'udp dport 1 tcp dport 2', code: 'protocol_conflict', at: 'tcp dport' },
  { family: 'ip', rule: 'ip protocol udp tcp dport 1', code: 'protocol_conflict', at: 'tcp dport' },
  {
    family: 'inet',
    rule: 'ip saddr 1.1.1.1 ip6 daddr ::1',
    code: 'protocol_conflict',
    at: 'ip6 daddr',
  },
  { family: 'arp', rule: 'tcp dport 1', code: 'protocol_conflict', at: 'tcp dport' },
  { family: 'ip', rule: 'tcp dport 70000', code: 'value_out_of_range', at: '70000' },
  { family: 'ip', rule: 'ip dscp 64', code: 'value_out_of_range', at: '64' },
  { family: 'ip', rule: '@nh,3,5 40', code: 'value_out_of_range', at: '40' },
  { family: 'ip', rule: 'ip saddr 10.0.0.300', code: 'unknown_symbol', at: '10.0.0.300' },
  { family: 'ip', rule: 'icmp type echo-reqest', code: 'unknown_symbol', at: 'echo-reqest' },
  { family: 'ip', rule: 'iif "nosuch"', code: 'unknown_symbol', at: '"nosuch"' },
  { family: 'ip', rule: 'ip saddr @ss', code: 'no_such_set', at: '@ss' },
  { family: 'ip', rule: 'jump e', code: 'no_such_chain', at: 'e' },
  { family: 'ip', rule: 'counter name "m"', code: 'no_such_object', at: '"m"' },
  { family: 'ip', rule: 'flow add @f', code: 'no_such_flowtable', at: 'f' },
  { family: 'ip', rule: 'tcp dport @s', code: 'type_mismatch', at: '@s' },
  { family: 'ip', rule: 'ip saddr { 10.0.0.1 . 22 }', code: 'type_mismatch', at: '10.0.0.1' },
  { family: 'ip', rule: 'ip saddr 10.0.0.9-10.0.0.1', code: 'bad_range', at: '10.0.0.9-10.0.0.1' },
  { family: 'ip', rule: 'queue num 5-1', code: 'bad_range', at: '5-1' },
  { family: 'ip', rule: 'accept drop', code: 'unreachable', at: 'drop' },
  { family: 'ip', rule: 'ip saddr set 1.1.1.1/24', code: 'range_argument', at: '1.1.1.1/24' },
  { family: 'ip', rule: 'ct state set new', code: 'bad_set', at: 'ct state' },
  { family: 'ip', rule: 'meta oifname set "x"', code: 'bad_set', at: 'meta oifname' },
  { family: 'ip', rule: 'meta ibrname "x"', code: 'wrong_family', at: 'meta ibrname' },
  { family: 'ip', rule: 'fwd to "lo"', code: 'wrong_family', at: 'fwd to "lo"' },
  {
    family: 'ip',
    rule: 'iifname "averyveryverylongname"',
    code: 'string_too_long',
    at: '"averyveryverylongname"',
  },
  { family: 'ip', rule: 'iifname "*"', code: 'only_wildcard', at: '"*"' },
  { family: 'ip', rule: '@th,0,129 1', code: 'bad_offset', at: '@th,0,129' },
  { family: 'ip', rule: 'log group 1 level warn', code: 'bad_log', at: 'log group 1 level warn' },
  { family: 'ip', rule: 'meter f { ip saddr drop }', code: 'bad_meter', at: 'drop' },
  { family: 'ip', rule: 'ct event new', code: 'write_only', at: 'ct event' },
  { family: 'ip', rule: 'fib daddr . oif oif 1', code: 'bad_fib', at: 'fib daddr . oif oif' },
  { family: 'ip', rule: 'masquerade', code: 'wrong_hook', at: 'masquerade' },
  { family: 'ip', rule: 'dnat to 1.1.1.1:80', hook: 'prerouting', code: 'no_transport', at: '80' },
  {
    family: 'inet',
    rule: 'dnat to 1.1.1.1',
    hook: 'prerouting',
    code: 'ambiguous_address',
    at: 'dnat to 1.1.1.1',
  },
  {
    family: 'inet',
    rule: 'dnat ip6 to 1.1.1.1',
    hook: 'prerouting',
    code: 'unknown_symbol',
    at: '1.1.1.1',
  },
  {
    family: 'bridge',
    rule: 'ip6 saddr ::1 reject with icmp host-unreachable',
    code: 'protocol_conflict',
    at: 'reject with icmp host-unreachable',
  },
  {
    family: 'ip',
    rule: 'tcp dport vmap { 1-5 : accept, 3-9 : drop }',
    code: 'interval_overlap',
    at: '3-9',
  },
])('in $family, $rule is refused: $code', ({ family, rule, hook, code, at }) => {
  expect(complaint(ruleset(family, rule, hook))).toEqual({ code, at });
});

test.each<{ text: string; code: string; at: string }>([
  { text: 'add chain ip t c', code: 'no_such_table', at: 't' },
  { text: 'table ip t { chain c { policy drop; } }', code: 'no_hook', at: 'c' },
  {
    text: 'table ip t { chain c { type filter hook ingress priority 0; } }',
    code: 'bad_hook',
    at: 'ingress',
  },
  {
    text: 'table ip t { chain c { type nat hook input priority nonsense; } }',
    code: 'bad_priority',
    at: 'nonsense',
  },
  { text: 'table ip t { set s { type ipv5_addr; } }', code: 'unknown_datatype', at: 'ipv5_addr' },
  {
    text: 'table ip t { set s { type integer; } }',
    code: 'unqualified_type',
    at: 'set s { type integer; }',
  },
  {
    text: 'table ip t { set s { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 10.1.0.0/16 } } }',
    code: 'interval_overlap',
    at: '10.1.0.0/16',
  },
  {
    text: 'table ip t { map m { type ipv4_addr : mark; elements = { 10.0.0.1 } } }',
    code: 'not_a_map',
    at: '10.0.0.1',
  },
  { text: 'table ip t { flags domant; }', code: 'unknown_symbol', at: 'domant' },
])('$text is refused: $code', ({ text, code, at }) => {
  expect(complaint(text)).toEqual({ code, at });
});

test('a name that is nearly right is suggested', () => {
  const text = ruleset('ip', 'icmp type echo-reqest');
  expect(compileText(text).diagnostics[0]?.suggestion).toBe('echo-request');
  const chains = 'table ip t { chain services { }\n chain c { jump servces } }';
  expect(compileText(chains).diagnostics[0]?.suggestion).toBe('services');
  const tables = 'table ip filter { }\nadd chain ip filtre c';
  expect(compileText(tables).diagnostics[0]?.suggestion).toBe('filter');
});

test('one bad rule does not hide the next', () => {
  const text = ruleset('ip', 'tcp dport 70000\n accept\n ip dscp 99');
  expect(compileText(text).diagnostics.map((d) => d.code)).toEqual([
    'value_out_of_range',
    'value_out_of_range',
  ]);
});

const WORDS = [
  ...['ip', 'saddr', 'daddr', 'tcp', 'dport', 'udp', 'sport', 'ct', 'state', 'mark', 'meta', 'set'],
  ...['{', '}', ',', '.', ':', '-', '/', '==', '!=', '<', '&', '|', '(', ')', '@s', '@m', '"eth0"'],
  ...[
    '10.0.0.1',
    '10.0.0.0/8',
    '::1',
    '22',
    '0xff',
    '99999',
    'established',
    'new',
    'accept',
    'drop',
  ],
  ...[
    'jump d',
    'vmap',
    'map',
    'counter',
    'limit rate 5/second',
    'log',
    'reject',
    'snat to',
    'dnat to',
  ],
  ...[
    'masquerade',
    'queue num',
    'numgen inc mod',
    'jhash',
    'fib',
    'type local',
    'update',
    'exists',
  ],
  ...[
    'icmp',
    'icmpv6',
    'type',
    'vlan id',
    'ether',
    '@th,0,16',
    'tcp flags',
    'syn',
    '*',
    '1h',
    'exthdr',
  ],
];

test('no rule makes the compiler fail, and complaints point into the text', () => {
  const rule = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 14 });
  const family = fc.constantFrom<Family>('ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev');
  fc.assert(
    fc.property(family, rule, (where, words) => {
      const text = ruleset(where, words.join(' '));
      for (const { span } of compileText(text).diagnostics) {
        expect(span.start).toBeGreaterThanOrEqual(0);
        expect(span.end).toBeGreaterThanOrEqual(span.start);
        expect(span.end).toBeLessThanOrEqual(text.length);
      }
    }),
    { numRuns: 500 },
  );
});
