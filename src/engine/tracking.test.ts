// Expressions over connections: what `ct` knows and sets, and what nat rules decide.

import { expect, test } from 'vitest';
import { createConntrack } from '../conntrack/index.ts';
import type { HookName, Packet } from '../core/index.ts';
import { createNat } from '../nat/index.ts';
import type { HookName as ChainHook, Change, Expr } from '../program/index.ts';
import {
  type Bench,
  base,
  bench,
  checksumsRight,
  cmp,
  counter,
  counters,
  rule,
  table,
  udp,
  verdict,
} from './test-support.ts';

const tracked = (): Bench =>
  bench((netns) => {
    const conntrack = createConntrack(netns);
    return { conntrack, nat: createNat(netns, conntrack) };
  });

/** Lets a packet be forwarded; answers whether it came through. */
function forward(b: Bench, packet: Packet): boolean {
  const { hooks } = b.netns;
  return (['prerouting', 'forward', 'postrouting'] satisfies HookName[]).every(
    (hook) => hooks.run(hooks.point('ip', hook), packet).kind === 'accept',
  );
}

/** The reply to a packet from 10.0.0.1:1000 to 10.0.0.2:53, or to what it was translated to. */
const reply = (b: Bench, dst = 0x0a000001, dport = 1000): Packet =>
  udp(b, { src: 0x0a000002, sport: 53, dst, dport });

const ct = (key: string, dir?: 'original' | 'reply'): Expr => ({
  kind: 'ct',
  key,
  dreg: 1,
  ...(dir === undefined ? {} : { dir }),
});
const bit = (mask: string): Expr[] => [
  { kind: 'bitwise', op: 'mask-xor', sreg: 1, dreg: 1, len: 4, mask, xor: '00000000' },
  cmp('00000000', 'neq'),
];
const value = (bytes: string, dreg = 1): Expr => ({
  kind: 'immediate',
  dreg,
  data: { kind: 'value', bytes },
});
const NEW = '00000008';
const ESTABLISHED = '00000002';

test('the second direction makes a flow established', () => {
  const b = tracked();
  b.nft.apply([
    table(),
    base(),
    rule('c', [ct('state'), ...bit(NEW), counter]),
    rule('c', [ct('state'), ...bit(ESTABLISHED), counter]),
    rule('c', [ct('direction'), cmp('01'), counter]),
  ]);
  forward(b, udp(b));
  forward(b, udp(b));
  expect(counters(b)).toEqual([2, 0, 0]);
  forward(b, reply(b));
  forward(b, udp(b));
  expect(counters(b)).toEqual([2, 2, 1]);
});

test('ct mark belongs to the flow, and setting it without an entry does nothing', () => {
  const b = tracked();
  b.nft.apply([
    table(),
    base('early', { base: { type: 'filter', hook: 'prerouting', priority: -300, devices: [] } }),
    base(),
    rule('early', [value('00000009'), { kind: 'ct-set', key: 'mark', sreg: 1 }, counter]),
    rule('early', [ct('mark'), counter]),
    rule('c', [ct('mark'), cmp('00000007'), counter]),
    rule('c', [
      ct('mark'),
      cmp('00000000'),
      value('00000007'),
      { kind: 'ct-set', key: 'mark', sreg: 1 },
      counter,
    ]),
  ]);
  forward(b, udp(b));
  forward(b, reply(b));
  forward(b, udp(b, { sport: 2000 }));
  expect(counters(b, 'early')).toEqual([3, 0]);
  expect(counters(b)).toEqual([1, 2]);
});

test.each<{ key: string; dir?: 'original' | 'reply'; data: string }>([
  { key: 'src_ip', dir: 'original', data: '0a000001' },
  { key: 'dst_ip', dir: 'reply', data: '0a000001' },
  { key: 'proto_dst', dir: 'original', data: '0035' },
  { key: 'proto_src', dir: 'reply', data: '0035' },
  { key: 'l3protocol', data: '02' },
  { key: 'protocol', data: '11' },
  { key: 'zone', data: '0000' },
  { key: 'label', data: '00'.repeat(16) },
  { key: 'status', data: '00000188' },
])('ct $key $dir is $data', ({ key, dir, data }) => {
  const b = tracked();
  b.nft.apply([
    table(),
    base('n', { base: { type: 'nat', hook: 'prerouting', priority: -100, devices: [] } }),
    base(),
    rule('c', [ct(key, dir), cmp(data), counter]),
  ]);
  forward(b, udp(b));
  // A confirmed flow shows all of its status: the third packet.
  forward(b, udp(b));
  expect(counters(b)[0]).toBeGreaterThan(0);
});

test('ct src_ip6 breaks the rule for a flow of IPv4', () => {
  const b = tracked();
  b.nft.apply([table(), base(), rule('c', [ct('src_ip6', 'original'), counter])]);
  forward(b, udp(b));
  expect(counters(b)).toEqual([0]);
});

const natChain = (hook: ChainHook, priority: number): Change =>
  base(hook, { base: { type: 'nat', hook, priority, devices: [] } });
const snat = (address: string): Expr[] => [
  value(address),
  { kind: 'nat', type: 'snat', family: 'ip', regAddrMin: 1, flags: 0 },
];

test('nat rules run for the first packet of a flow only, and replies come back', () => {
  const b = tracked();
  b.nft.apply([
    table(),
    natChain('postrouting', 100),
    rule('postrouting', [counter, ...snat('c0000201')]),
    rule('postrouting', [counter]),
  ]);
  const first = udp(b);
  expect(forward(b, first)).toBe(true);
  expect([...first.networkBytes().subarray(12, 16)]).toEqual([192, 0, 2, 1]);
  expect(checksumsRight(first)).toBe(true);
  const answer = reply(b, 0xc0000201);
  forward(b, answer);
  expect([...answer.networkBytes().subarray(16, 20)]).toEqual([10, 0, 0, 1]);
  expect(checksumsRight(answer)).toBe(true);
  forward(b, udp(b));
  // The statement ended the chain, and later packets never came to it.
  expect(counters(b, 'postrouting')).toEqual([1, 0]);
});

test('dnat to a port from a map', () => {
  const b = tracked();
  b.nft.apply([
    table(),
    natChain('prerouting', -100),
    rule('prerouting', [
      value('0a000063'),
      value('1f90', 2),
      { kind: 'nat', type: 'dnat', family: 'ip', regAddrMin: 1, regProtoMin: 2, flags: 0 },
    ]),
  ]);
  const packet = udp(b);
  forward(b, packet);
  expect([...packet.networkBytes().subarray(16, 24)]).toEqual([10, 0, 0, 99, 3, 0xe8, 0x1f, 0x90]);
  expect(checksumsRight(packet)).toBe(true);
});

test('masquerade drops where the interface has no address', () => {
  const b = tracked();
  b.nft.apply([
    table(),
    natChain('postrouting', 100),
    rule('postrouting', [{ kind: 'masq', flags: 0 }]),
  ]);
  expect(forward(b, udp(b))).toBe(false);
});

test('notrack keeps a packet from conntrack and nat', () => {
  const b = tracked();
  b.nft.apply([
    table(),
    base('raw', { base: { type: 'filter', hook: 'prerouting', priority: -300, devices: [] } }),
    rule('raw', [{ kind: 'notrack' }]),
    natChain('postrouting', 100),
    rule('postrouting', [counter, ...snat('c0000201')]),
    base(),
    rule('c', [ct('state'), ...bit('00000040'), counter]),
  ]);
  const packet = udp(b);
  expect(forward(b, packet)).toBe(true);
  expect(counters(b)).toEqual([1]);
  expect(counters(b, 'postrouting')).toEqual([0]);
});

test('connlimit counts live connections, per element where it stands in a set', () => {
  const b = tracked();
  const over: Expr = { kind: 'connlimit', count: 1, invert: true };
  b.nft.apply([table(), base(), rule('c', [ct('state'), ...bit(NEW), over, verdict('drop')])]);
  expect(forward(b, udp(b, { sport: 1 }))).toBe(true);
  expect(forward(b, udp(b, { sport: 2 }))).toBe(false);
  b.clock.advance(60e9);
  expect(forward(b, udp(b, { sport: 3 }))).toBe(true);
});

test('a zone set before conntrack separates flows', () => {
  const b = tracked();
  b.nft.apply([
    table(),
    base('raw', { base: { type: 'filter', hook: 'prerouting', priority: -300, devices: [] } }),
    rule('raw', [
      { kind: 'meta', key: 'iif', dreg: 1 },
      cmp('00000002'),
      value('0005'),
      { kind: 'ct-set', key: 'zone', sreg: 1 },
    ]),
    base(),
    rule('c', [ct('zone'), cmp('0005'), counter]),
    rule('c', [ct('state'), ...bit(ESTABLISHED), counter]),
  ]);
  forward(b, udp(b));
  const other = reply(b);
  other.iif = b.eth1;
  forward(b, other);
  expect(counters(b)).toEqual([1, 0]);
  forward(b, reply(b));
  expect(counters(b)).toEqual([2, 1]);
});

test('a ct helper object names the helper of a new flow of its protocol', () => {
  const b = tracked();
  const helper = (l4proto: number): Change => ({
    op: 'newobj',
    create: true,
    family: 'ip',
    table: 't',
    object: { name: `h${l4proto}`, data: { kind: 'ct helper', helper: 'tftp', l4proto } },
  });
  const assign = (name: string): Expr => ({ kind: 'objref', ref: { type: 'ct helper', name } });
  b.nft.apply([
    table(),
    helper(6),
    helper(17),
    base(),
    rule('c', [assign('h6'), ct('status'), ...bit('00002000'), counter]),
    rule('c', [assign('h17'), ct('status'), ...bit('00002000'), counter]),
  ]);
  forward(b, udp(b));
  expect(counters(b)).toEqual([0, 1]);
});

test('a ct expectation object announces a connection from the other side', () => {
  const b = tracked();
  const data = { kind: 'ct expectation', l4proto: 17, dport: 99, timeout: 9000, size: 1 } as const;
  b.nft.apply([
    table(),
    { op: 'newobj', create: true, family: 'ip', table: 't', object: { name: 'e', data } },
    base(),
    rule('c', [ct('state'), ...bit('00000004'), counter]),
    rule('c', [
      ct('state'),
      ...bit(NEW),
      { kind: 'objref', ref: { type: 'ct expectation', name: 'e' } },
      counter,
    ]),
  ]);
  forward(b, udp(b));
  // From the server, whatever its port, to the client's port 99: related.
  forward(b, udp(b, { src: 0x0a000002, sport: 7, dst: 0x0a000001, dport: 99 }));
  expect(counters(b)).toEqual([1, 1]);
});
