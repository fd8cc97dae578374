// Matches and statements as the kernel's expressions.

import { expect, test } from 'vitest';
import { bytecode, changesOf, compileText, ruleset } from './test-support.ts';

const CT_STATE = '[ ct load state => reg 1 ]';
const MARK = '[ meta load mark => reg 1 ]';
const SADDR = '[ payload load 4b @ network header + 12 => reg 1 ]';
const TCP = ['[ meta load l4proto => reg 1 ]', '[ cmp eq reg 1 0x06 ]'];
const FLAGS = [...TCP, '[ payload load 1b @ transport header + 13 => reg 1 ]'];

test.each<{ rule: string; want: readonly string[]; name: string }>([
  {
    name: 'whole bytes of a prefix are compared as they are',
    rule: 'ip saddr 10.0.0.0/8',
    want: ['[ payload load 1b @ network header + 12 => reg 1 ]', '[ cmp eq reg 1 0x0a ]'],
  },
  {
    name: 'other prefixes are masked',
    rule: 'ip saddr 10.1.0.0/17',
    want: [
      SADDR,
      '[ bitwise reg 1 = ( reg 1 & 0xffff8000 ) ^ 0x00000000 ]',
      '[ cmp eq reg 1 0x0a010000 ]',
    ],
  },
  {
    name: 'a range is one comparison',
    rule: 'ip saddr != 10.0.0.1-10.0.0.9',
    want: [SADDR, '[ range neq reg 1 0x0a000001 0x0a000009 ]'],
  },
  {
    name: 'part of a byte is masked, and the value shifted to it',
    rule: 'ip dscp 8',
    want: [
      '[ payload load 1b @ network header + 1 => reg 1 ]',
      '[ bitwise reg 1 = ( reg 1 & 0xfc ) ^ 0x00 ]',
      '[ cmp eq reg 1 0x20 ]',
    ],
  },
  {
    name: 'flags out of a mask',
    rule: 'tcp flags syn / syn,ack',
    want: [...FLAGS, '[ bitwise reg 1 = ( reg 1 & 0x12 ) ^ 0x00 ]', '[ cmp eq reg 1 0x02 ]'],
  },
  {
    name: 'the same written as arithmetic',
    rule: 'tcp flags & (syn | ack) == syn',
    want: [...FLAGS, '[ bitwise reg 1 = ( reg 1 & 0x12 ) ^ 0x00 ]', '[ cmp eq reg 1 0x02 ]'],
  },
  {
    name: 'a list of states is any of them',
    rule: 'ct state established,related',
    want: [
      CT_STATE,
      '[ bitwise reg 1 = ( reg 1 & 0x00000006 ) ^ 0x00000000 ]',
      '[ cmp neq reg 1 0x00000000 ]',
    ],
  },
  {
    name: 'one state is one bit',
    rule: 'ct state new',
    want: [
      CT_STATE,
      '[ bitwise reg 1 = ( reg 1 & 0x00000008 ) ^ 0x00000000 ]',
      '[ cmp neq reg 1 0x00000000 ]',
    ],
  },
  {
    name: 'any state but one is compared whole',
    rule: 'ct state != invalid',
    want: [CT_STATE, '[ cmp neq reg 1 0x00000001 ]'],
  },
  {
    name: 'a wildcard compares the bytes before it',
    rule: 'iifname "eth*"',
    want: ['[ meta load iifname => reg 1 ]', '[ cmp eq reg 1 0x657468 ]'],
  },
  {
    name: 'a whole name ends in a zero',
    rule: 'iifname "eth0"',
    want: [
      '[ meta load iifname => reg 1 ]',
      '[ cmp eq reg 1 0x65746830 0x00000000 0x00000000 0x00000000 ]',
    ],
  },
  {
    name: 'what is ordered is in network order',
    rule: 'meta length < 100',
    want: [
      '[ meta load len => reg 1 ]',
      '[ byteorder reg 1 = hton(reg 1, 4, 4) ]',
      '[ cmp lt reg 1 0x00000064 ]',
    ],
  },
  {
    name: 'a mark under a mask',
    rule: 'meta mark & 0xff == 0x10',
    want: [
      MARK,
      '[ bitwise reg 1 = ( reg 1 & 0x000000ff ) ^ 0x00000000 ]',
      '[ cmp eq reg 1 0x00000010 ]',
    ],
  },
  {
    name: 'fields of a concatenation take a small register each',
    rule: 'ip saddr . tcp dport { 10.0.0.1 . 22 }',
    want: [
      ...TCP,
      SADDR,
      '[ payload load 2b @ transport header + 2 => reg 9 ]',
      '[ lookup reg 1 set __set0 ]',
    ],
  },
  {
    name: 'a verdict map',
    rule: 'tcp dport vmap { 22 : accept, 80 : jump d }',
    want: [
      ...TCP,
      '[ payload load 2b @ transport header + 2 => reg 1 ]',
      '[ lookup reg 1 set __map0 dreg 0 ]',
    ],
  },
  {
    name: 'a mark from another, masked and joined in one step',
    rule: 'meta mark set ct mark & 0xff | 0x100',
    want: [
      '[ ct load mark => reg 1 ]',
      '[ bitwise reg 1 = ( reg 1 & 0x000000ff ) ^ 0x00000100 ]',
      '[ meta set mark with reg 1 ]',
    ],
  },
  {
    name: 'part of a byte is written with the bytes around it',
    rule: 'ip dscp set 8',
    want: [
      '[ payload load 2b @ network header + 0 => reg 1 ]',
      '[ bitwise reg 1 = ( reg 1 & 0xff03 ) ^ 0x0020 ]',
      '[ payload write reg 1 => 2b @ network header + 0 csum_type 1 csum_off 10 csum_flags 0x0 ]',
    ],
  },
  {
    name: 'a hash works on registers after the one it fills',
    rule: 'meta mark set jhash ip saddr mod 2 seed 0xdead offset 5',
    want: [
      '[ payload load 4b @ network header + 12 => reg 2 ]',
      '[ hash reg 1 = jhash(reg 2, 4, 0xdead) % mod 2 offset 5 ]',
      '[ meta set mark with reg 1 ]',
    ],
  },
  {
    name: 'the largest segment',
    rule: 'tcp option maxseg size set 1400',
    want: ['[ immediate reg 1 0x0578 ]', '[ exthdr write tcpopt reg 1 => 2b @ 2 + 2 ]'],
  },
  {
    name: 'an option that is there',
    rule: 'ip option rr exists',
    want: ['[ exthdr load ipv4 1b @ 7 + 0 present => reg 1 ]', '[ cmp eq reg 1 0x01 ]'],
  },
  {
    name: 'the kind of an address',
    rule: 'fib daddr . iif type local',
    want: ['[ fib daddr . iif type => reg 1 ]', '[ cmp eq reg 1 0x00000002 ]'],
  },
  {
    name: 'statements without arguments of their own',
    rule: 'limit rate over 10/second burst 3 packets quota over 10 mbytes counter name "n" drop',
    want: [
      '[ limit rate 10/second burst 3 type packets flags 0x1 ]',
      '[ quota bytes 10485760 consumed 0 flags 1 ]',
      '[ objref type 1 name n ]',
      '[ immediate reg 0 drop ]',
    ],
  },
  {
    name: 'a dynamic set is told its key',
    rule: 'update @u { ip saddr }',
    want: [SADDR, '[ dynset update reg_key 1 set u ]'],
  },
])('$name: $rule', ({ rule, want }) => {
  expect(bytecode('ip', rule)).toEqual(want);
});

const DSCP6 = [
  '[ payload load 2b @ network header + 0 => reg 1 ]',
  '[ bitwise reg 1 = ( reg 1 & 0x0fc0 ) ^ 0x0000 ]',
];
const TO_HOST = [
  '[ byteorder reg 1 = ntoh(reg 1, 2, 2) ]',
  '[ bitwise reg 1 = ( reg 1 >> 0x00000006 ) ]',
];
const LOOKUP = '[ lookup reg 1 set __map0 dreg 1 ]';
const SET_MARK = '[ meta set mark with reg 1 ]';
const SET_HOPLIMIT =
  '[ payload write reg 1 => 1b @ network header + 7 csum_type 0 csum_off 0 csum_flags 0x0 ]';

test.each<{ rule: string; want: readonly string[]; name: string }>([
  {
    name: 'the key of a map is masked once, where it stands',
    rule: 'meta mark set ip6 dscp map { cs1 : 1 }',
    want: [...DSCP6, LOOKUP, SET_MARK],
  },
  {
    name: 'a catch-all cannot be shifted, so the key is',
    rule: 'meta mark set ip6 dscp map { cs1 : 1, * : 2 }',
    want: [...DSCP6, ...TO_HOST, LOOKUP, SET_MARK],
  },
  {
    name: 'so is the key where a header is written',
    rule: 'ip6 hoplimit set ip6 dscp map { cs1 : 1 }',
    want: [...DSCP6, LOOKUP, SET_HOPLIMIT],
  },
  {
    name: 'a catch-all cannot be shifted there either',
    rule: 'ip6 hoplimit set ip6 dscp map { cs1 : 1, * : 2 }',
    want: [...DSCP6, ...TO_HOST, LOOKUP, SET_HOPLIMIT],
  },
])('$name: $rule', ({ rule, want }) => {
  expect(bytecode('ip6', rule)).toEqual(want);
});

test.each<{ rule: string; hook: string; want: readonly string[] }>([
  {
    rule: 'dnat to 10.0.0.1',
    hook: 'prerouting',
    want: ['[ immediate reg 1 0x0a000001 ]', '[ nat dnat ip addr_min reg 1 ]'],
  },
  {
    rule: 'tcp dport 80 dnat to 10.0.0.1:8080',
    hook: 'prerouting',
    want: [
      ...TCP,
      '[ payload load 2b @ transport header + 2 => reg 1 ]',
      '[ cmp eq reg 1 0x0050 ]',
      '[ immediate reg 1 0x0a000001 ]',
      '[ immediate reg 2 0x1f90 ]',
      '[ nat dnat ip addr_min reg 1 proto_min reg 2 flags 0x2 ]',
    ],
  },
  {
    rule: 'snat to 10.0.0.1-10.0.0.9 random',
    hook: 'postrouting',
    want: [
      '[ immediate reg 1 0x0a000001 ]',
      '[ immediate reg 2 0x0a000009 ]',
      '[ nat snat ip addr_min reg 1 addr_max reg 2 flags 0x4 ]',
    ],
  },
  { rule: 'masquerade', hook: 'postrouting', want: ['[ masq ]'] },
])('$rule at $hook', ({ rule, hook, want }) => {
  expect(bytecode('ip', rule, hook)).toEqual(want);
});

test('an anonymous set takes the next free name and comes before its rule', () => {
  const result = compileText(
    ruleset(
      'ip',
      'ip saddr { 10.0.0.1, 10.0.0.2 } drop\nip daddr . ip saddr vmap { 1.1.1.1 . 2.2.2.2 : drop }',
    ),
  );
  expect(result.diagnostics).toEqual([]);
  const made = changesOf(result, 'newset').map(({ set }) => [set.name, set.flags.join(), set.size]);
  expect(made.slice(-2)).toEqual([
    ['__set0', 'anonymous,constant', 2],
    ['__map1', 'anonymous,constant', 1],
  ]);
  const order = result.batch.map((change) => change.op).slice(-6);
  expect(order).toEqual(['newset', 'newelem', 'newrule', 'newset', 'newelem', 'newrule']);
});

test('ranges within a concatenation have both ends on every element', () => {
  const rule = 'ip saddr . tcp dport { 10.0.0.1 . 22, 10.0.0.2 . 80-90 }';
  const [change] = changesOf(compileText(ruleset('ip', rule)), 'newelem');
  expect(change?.elements).toEqual([
    { key: '0a00000100160000', keyEnd: '0a00000100160000' },
    { key: '0a00000200500000', keyEnd: '0a000002005a0000' },
  ]);
});

test('a rule without a name jumps to a chain of its own', () => {
  const result = compileText(ruleset('ip', 'tcp dport 22 jump { ip saddr 10.0.0.1 drop; accept }'));
  expect(result.diagnostics).toEqual([]);
  const chain = changesOf(result, 'newchain').find((change) =>
    change.chain.flags.includes('binding'),
  );
  expect(chain?.chain.name).toBe('__chain0');
  const inner = changesOf(result, 'newrule').filter((change) => change.chain === '__chain0');
  expect(inner).toHaveLength(2);
});

test('a rule carries where it was written, and how', () => {
  const [change] = changesOf(
    compileText('table ip t {\n chain c {\n  tcp dport 22\n   accept }\n}'),
    'newrule',
  );
  expect(change?.rule.source).toEqual({
    file: 'test.nft',
    line: 3,
    column: 3,
    text: 'tcp dport 22',
  });
});
