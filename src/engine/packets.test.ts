import { expect, test } from 'vitest';
import type { Expr } from '../program/index.ts';
import {
  base,
  bench,
  checksumsRight,
  cmp,
  counter,
  counters,
  judge,
  load,
  rule,
  run,
  table,
  udp,
  verdict,
} from './test-support.ts';

const value = (bytes: string, dreg = 1): Expr => ({
  kind: 'immediate',
  dreg,
  data: { kind: 'value', bytes },
});
const write = (more: Partial<Extract<Expr, { kind: 'payload-write' }>>): Expr => ({
  kind: 'payload-write',
  base: 'transport',
  offset: 2,
  len: 2,
  sreg: 1,
  csumType: 'inet',
  csumOffset: 6,
  csumFlags: 0,
  ...more,
});

test('a written port and a written address leave right checksums', () => {
  const b = bench();
  b.nft.apply([
    table(),
    base(),
    rule('c', [value('08ae'), write({})]),
    rule('c', [
      value('7f000002'),
      write({ base: 'network', offset: 16, len: 4, csumOffset: 10, csumFlags: 1 }),
    ]),
  ]);
  const packet = udp(b);
  run(b, packet);
  expect([...packet.networkBytes().subarray(16, 24)]).toEqual([127, 0, 0, 2, 3, 0xe8, 8, 0xae]);
  expect(checksumsRight(packet)).toBe(true);
});

// Seen on kernel 6.18: UDP from 127.0.0.1 to itself, ports 5555 and 1111 … 1112, checksum 0.
test('UDP without checksum keeps none when addresses change, but gets a wrong one from `csum_off`', () => {
  const b = bench();
  b.nft.apply([
    table(),
    base(),
    rule('c', [
      value('7f000002'),
      write({ base: 'network', offset: 16, len: 4, csumOffset: 10, csumFlags: 1 }),
    ]),
  ]);
  const packet = udp(b, { noChecksum: true });
  run(b, packet);
  expect([...packet.networkBytes().subarray(26, 28)]).toEqual([0, 0]);
  const c = bench();
  c.nft.apply([table(), base(), rule('c', [value('08ae'), write({})])]);
  const other = udp(c, { noChecksum: true, dport: 1111 });
  run(c, other);
  expect([...other.networkBytes().subarray(26, 28)]).toEqual([0xfb, 0xa8]);
});

test('a write past the end breaks the rule and changes nothing', () => {
  const b = bench();
  b.nft.apply([table(), base(), rule('c', [value('0001'), write({ offset: 12 }), counter])]);
  const packet = udp(b, { length: 3 });
  const before = packet.frameBytes().join();
  run(b, packet);
  expect(counters(b)).toEqual([0]);
  expect(packet.frameBytes().join()).toBe(before);
});

const meta = (key: string): Expr => ({ kind: 'meta', key, dreg: 1 });
const name = (text: string): string => [...text].map((c) => c.charCodeAt(0).toString(16)).join('');

test.each<{ key: string; data: string }>([
  { key: 'len', data: '00000020' },
  { key: 'protocol', data: '0800' },
  { key: 'nfproto', data: '02' },
  { key: 'l4proto', data: '11' },
  { key: 'mark', data: '00000000' },
  { key: 'iif', data: '00000002' },
  { key: 'oif', data: '00000003' },
  { key: 'iifname', data: name('eth0').padEnd(32, '0') },
  { key: 'oifname', data: name('eth') },
  { key: 'iiftype', data: '0001' },
  { key: 'iifgroup', data: '00000000' },
  { key: 'iifkind', data: name('veth').padEnd(32, '0') },
  { key: 'pkttype', data: '00' },
  { key: 'cpu', data: '00000000' },
  { key: 'secpath', data: '00' },
  // 14 November 2023, 22:13:20 UTC, a Tuesday.
  { key: 'hour', data: '00013880' },
  { key: 'day', data: '02' },
  { key: 'time', data: '17979cfe362a0000' },
])('meta $key is $data', ({ key, data }) => {
  expect(judge([[meta(key), cmp(data), verdict('drop')]])).toBe('drop');
});

test.each(['skuid', 'oifkind', 'bri_iifname', 'rtclassid', 'cgroup'])(
  'meta %s breaks the rule where there is none',
  (key) => {
    expect(judge([[meta(key), verdict('drop')]])).toBe('accept');
  },
);

test('without an output device its index is 0 and its name empty, and rules on it do not break', () => {
  const b = bench();
  b.nft.apply([
    table(),
    base('c', { base: { type: 'filter', hook: 'prerouting', priority: 0, devices: [] } }),
    rule('c', [meta('oif'), cmp('00000000'), counter]),
    rule('c', [meta('oifname'), cmp(name('eth1').padEnd(32, '0'), 'neq'), counter]),
    rule('c', [meta('oiftype'), counter]),
  ]);
  run(b, udp(b), 'prerouting');
  expect(counters(b)).toEqual([1, 1, 0]);
});

test('ct state without tracking is invalid, with notrack untracked, also later in the rule', () => {
  const state = (mask: string): Expr[] => [
    { kind: 'ct', key: 'state', dreg: 1 },
    { kind: 'bitwise', op: 'mask-xor', sreg: 1, dreg: 1, len: 4, mask, xor: '00000000' },
    cmp('00000000', 'neq'),
  ];
  const b = bench();
  b.nft.apply([
    table(),
    base(),
    rule('c', [...state('00000001'), counter, { kind: 'notrack' }, ...state('00000040'), counter]),
    rule('c', [...state('00000001'), counter]),
    rule('c', [{ kind: 'ct', key: 'mark', dreg: 1 }, counter]),
  ]);
  run(b, udp(b));
  const all = b.nft
    .list()
    .tables[0]!.chains[0]!.rules.map((r) =>
      r.exprs.flatMap((e) => (e.kind === 'counter' ? [e.packets] : [])),
    );
  expect(all).toEqual([[1, 1], [0], [0]]);
});

test('a link header is only there where it was received', () => {
  const rules = [[load('link', 6, 6), cmp('020000000001'), verdict('drop')]];
  const b = bench();
  expect(judge(rules, udp(b))).toBe('drop');
  const without = udp(b);
  without.mac = -1;
  expect(judge(rules, without)).toBe('accept');
});

test('a tag that the device took off stands in the link header all the same', () => {
  const b = bench();
  const packet = udp(b);
  packet.vlanTci = 0x2005;
  packet.vlanProto = 0x8100;
  // EtherType, tag and the protocol behind it.
  const rules = [[load('link', 12, 6), cmp('810020050800'), verdict('drop')]];
  expect(judge(rules, packet)).toBe('drop');
});

test('the payload behind UDP is the inner header', () => {
  expect(judge([[load('inner', 0, 4), cmp('00000000'), verdict('drop')]])).toBe('drop');
  expect(judge([[load('inner', 0, 8), verdict('drop')]])).toBe('accept');
});

test.each<{ name: string; exprs: Expr[] }>([
  {
    name: 'range inside',
    exprs: [
      load('transport', 2, 2),
      { kind: 'range', sreg: 1, op: 'eq', from: '0030', to: '0035' },
    ],
  },
  {
    name: 'range outside',
    exprs: [
      load('transport', 2, 2),
      { kind: 'range', sreg: 1, op: 'neq', from: '0036', to: '0040' },
    ],
  },
  { name: 'less', exprs: [load('transport', 2, 2), cmp('0036', 'lt')] },
  { name: 'not less', exprs: [load('transport', 2, 2), cmp('0035', 'gte')] },
  { name: 'longer than a word', exprs: [load('network', 12, 8), cmp('0a0000010a000001', 'gt')] },
  {
    name: 'a masked address',
    exprs: [
      load('network', 12, 4),
      {
        kind: 'bitwise',
        op: 'mask-xor',
        sreg: 1,
        dreg: 1,
        len: 4,
        mask: 'ff000000',
        xor: '00000000',
      },
      cmp('0a000000'),
    ],
  },
  {
    name: 'or with another register',
    exprs: [
      value('00ff0000'),
      load('network', 12, 4, 2),
      { kind: 'bitwise', op: 'or', sreg: 1, sreg2: 2, dreg: 1, len: 4 },
      cmp('0aff0001'),
    ],
  },
  {
    name: 'a shifted number of the host',
    exprs: [
      { kind: 'meta', key: 'len', dreg: 1 },
      { kind: 'bitwise', op: 'lshift', sreg: 1, dreg: 1, len: 4, shift: 4 },
      cmp('00000200'),
    ],
  },
  {
    name: 'a converted and shifted number of the packet',
    exprs: [
      load('network', 12, 4),
      { kind: 'byteorder', op: 'ntoh', sreg: 1, dreg: 1, len: 4, size: 4 },
      { kind: 'bitwise', op: 'rshift', sreg: 1, dreg: 1, len: 4, shift: 8 },
      cmp('000a0000'),
    ],
  },
  {
    name: 'the low half of a number of the host as a port',
    exprs: [
      { kind: 'numgen', type: 'inc', modulus: 1, offset: 8080, dreg: 1 },
      { kind: 'byteorder', op: 'hton', sreg: 1, dreg: 1, len: 2, size: 2 },
      cmp('1f90'),
    ],
  },
])('$name', ({ exprs }) => {
  expect(judge([[...exprs, verdict('drop')]])).toBe('drop');
});
