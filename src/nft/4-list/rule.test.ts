// Rules as they come back: each expectation is what `nft list` of nftables 1.1 says.

import { describe, expect, test } from 'vitest';
import type { Expr, Table } from '../../program/index.ts';
import { listRule, NUMERIC } from './index.ts';
import { relistRule } from './test-support.ts';

type Row = readonly [sentence: string, written: string, listed: string];

const listed = (family: Table['family'], rows: readonly Row[]): void => {
  test.each(rows)('%s', (_sentence, written, text) => {
    expect(relistRule(family, written)).toBe(text);
  });
};

describe('types come from what was loaded', () => {
  listed('inet', [
    ['a port is a number', 'tcp dport ssh', 'tcp dport 22'],
    ['a mark is hexadecimal', 'meta mark 1', 'meta mark 0x00000001'],
    ['a state has its name', 'ct state new', 'ct state new'],
    ['an interface name is quoted', 'iifname eth0', 'iifname "eth0"'],
    ['a cut name is a prefix', 'iifname "eth*"', 'iifname "eth*"'],
    ['a name in any script', 'iifname "bücher"', 'iifname "bücher"'],
    ['loopback is known by its index', 'iif lo', 'iif "lo"'],
    ['an ICMP type has its name', 'icmp type 8', 'icmp type echo-request'],
    ['a class of service has its name', 'ip dscp 8', 'ip dscp cs1'],
    ['a time is told in units', 'ct expiration 90s', 'ct expiration 1m30s'],
    ['a day has its name', 'meta day 1', 'meta day "Monday"'],
    ['an address of the other family', 'ip6 saddr 0:0::1', 'ip6 saddr ::1'],
    ['a key that exists', 'tcp option maxseg exists', 'tcp option maxseg exists'],
  ]);
});

describe('protocol matches that a later match implies are left out', () => {
  listed('inet', [
    ['the port says TCP', 'meta l4proto tcp tcp dport 22', 'tcp dport 22'],
    ['the address says IPv4', 'meta nfproto ipv4 ip saddr 10.0.0.1', 'ip saddr 10.0.0.1'],
    ['ICMP says IPv4', 'meta nfproto ipv4 icmp type echo-reply', 'icmp type echo-reply'],
    ['one alone stays', 'meta l4proto tcp', 'meta l4proto tcp'],
    ['another one between stays', 'tcp dport 22 meta l4proto tcp', 'tcp dport 22 meta l4proto tcp'],
    [
      'two protocols share their ports',
      'meta l4proto { tcp, udp } th dport 53',
      'meta l4proto { tcp, udp } th dport 53',
    ],
    ['a reset says it again', 'reject with tcp reset', 'meta l4proto tcp reject with tcp reset'],
  ]);
});

describe('operators', () => {
  listed('ip', [
    ['a prefix', 'ip saddr 10.0.0.0/8', 'ip saddr 10.0.0.0/8'],
    ['a prefix that ends inside a byte', 'ip saddr != 10.1.128.0/17', 'ip saddr != 10.1.128.0/17'],
    [
      'a mask with gaps stays a mask',
      'ip saddr & 255.0.0.255 == 10.0.0.1',
      'ip saddr & 255.0.0.255 == 10.0.0.1',
    ],
    ['a range', 'tcp dport 22-80', 'tcp dport 22-80'],
    ['not a range', 'tcp dport != 22-80', 'tcp dport != 22-80'],
    ['greater', 'tcp dport > 22', 'tcp dport > 22'],
    ['any of some flags', 'ct state new,established', 'ct state established,new'],
    ['none of some flags', 'ct state ! new,established', 'ct state ! established,new'],
    ['flags under a mask', 'tcp flags & (syn | ack) == syn', 'tcp flags & (syn | ack) == syn'],
    ['the other way to write it', 'tcp flags syn / syn,ack', 'tcp flags & (syn | ack) == syn'],
    ['a field inside a byte', 'ip version 4 ip hdrlength 5', 'ip version 4 ip hdrlength 5'],
    [
      'bits of a mark rewritten',
      'meta mark set meta mark & 0xff | 0x10',
      'meta mark set meta mark & 0x000000ff | 0x00000010',
    ],
    ['bits of a header rewritten', 'ip dscp set cs1', 'ip dscp set cs1'],
  ]);
});

describe('sets in a rule', () => {
  listed('ip', [
    ['values', 'tcp dport { 80, 22 }', 'tcp dport { 22, 80 }'],
    ['ranges and prefixes', 'ip saddr { 10.0.0.0/8, 1.2.3.4 }', 'ip saddr { 1.2.3.4, 10.0.0.0/8 }'],
    [
      'concatenations',
      'ip saddr . tcp dport { 1.2.3.4 . 22, 1.2.3.5 . 80-90 }',
      'ip saddr . tcp dport { 1.2.3.4 . 22, 1.2.3.5 . 80-90 }',
    ],
    [
      'verdicts',
      'tcp dport vmap { 22 : accept, 80 : jump k }',
      'tcp dport vmap { 22 : accept, 80 : jump k }',
    ],
    [
      'data',
      'meta mark set ip saddr map { 1.2.3.4 : 5 }',
      'meta mark set ip saddr map { 1.2.3.4 : 0x00000005 }',
    ],
    [
      'all the rest',
      'tcp dport vmap { 22 : accept, * : drop }',
      'tcp dport vmap { 22 : accept, * : drop }',
    ],
    [
      'destinations',
      'dnat to ip saddr . tcp dport map { 1.2.3.4 . 22 : 5.6.7.8 . 2222 }',
      'dnat ip to ip saddr . tcp dport map { 1.2.3.4 . 22 : 5.6.7.8 . 2222 }',
    ],
  ]);
});

describe('statements', () => {
  listed('ip', [
    ['a limit', 'limit rate 5/second', 'limit rate 5/second burst 5 packets'],
    [
      'a limit in bytes',
      'limit rate over 10 mbytes/hour burst 1 kbytes',
      'limit rate over 10 mbytes/hour burst 1 kbytes',
    ],
    ['a log', 'log prefix "a \'b\'" level debug', 'log prefix "a \'b\'" level debug'],
    ['the usual reject', 'reject with icmp port-unreachable', 'reject'],
    ['another reject', 'reject with icmp 1', 'reject with icmp host-unreachable'],
    ['a queue', 'queue num 1-3 bypass', 'queue flags bypass to 1-3'],
    [
      'a source',
      'ip protocol tcp snat to 1.2.3.4-1.2.3.9:1-9 random',
      'ip protocol tcp snat to 1.2.3.4-1.2.3.9:1-9 random',
    ],
    ['a masquerade', 'masquerade fully-random', 'masquerade fully-random'],
    ['a comment', 'accept comment "why not"', 'accept comment "why not"'],
  ]);
});

const TABLE: Table = {
  family: 'ip',
  name: 't',
  flags: [],
  chains: [],
  sets: [],
  objects: [],
  flowtables: [],
};

describe('bytecode no rule of text compiles to', () => {
  const list = (...exprs: Expr[]): string => listRule({ exprs }, TABLE);
  const load = (offset: number, len: number): Expr => ({
    kind: 'payload',
    dreg: 1,
    base: 'transport',
    offset,
    len,
  });
  const cmp = (data: string): Expr => ({ kind: 'cmp', sreg: 1, op: 'eq', data });

  test('bytes of an unknown transport header are raw', () => {
    expect(list(load(4, 4), cmp('00000001'))).toBe('@th,32,32 0x1');
  });

  test('a cut header field is raw', () => {
    expect(
      list({ kind: 'payload', dreg: 1, base: 'network', offset: 13, len: 2 }, cmp('0001')),
    ).toBe('@nh,104,16 0x1');
  });

  test('an expression it does not know is listed as it was written', () => {
    expect(list({ kind: 'opaque', text: 'xt match "u32"', reason: 'unknown match' })).toBe(
      'xt match "u32"',
    );
  });
});

test('-n leaves no name of a constant', () => {
  expect(relistRule('inet', 'ct state new meta pkttype host icmp type 8', NUMERIC)).toBe(
    'ct state 0x8 meta pkttype 0 icmp type 8',
  );
});
