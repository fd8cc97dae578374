// Expressions that ask the stack, or send through it.

import { expect, test } from 'vitest';
import { checksum, hex } from '../bytes/index.ts';
import type { NetworkLayer, RouteAnswer, RouteKey } from '../core/index.ts';
import type { Change, Expr } from '../program/index.ts';
import {
  type Bench,
  base,
  bench,
  cmp,
  counter,
  counters,
  rule,
  run,
  table,
  udp,
} from './test-support.ts';

interface FakeNetwork extends NetworkLayer {
  readonly asked: RouteKey[];
  readonly done: string[];
}

/** Everything is one hop away at eth1, 10.0.0.1 is local, and what is sent is written down. */
function fakeNetwork(b: Bench): FakeNetwork {
  const asked: RouteKey[] = [];
  const done: string[] = [];
  const answer = (gateway: Uint8Array | null): RouteAnswer => ({
    type: 1,
    device: b.eth1,
    gateway,
    source: null,
    mtu: 1400,
    table: 254,
    realm: 7,
  });
  return {
    asked,
    done,
    route: (key) => {
      asked.push(key);
      return answer(null);
    },
    broadcastPrefix: () => 0,
    routeOf: () => answer(Uint8Array.of(10, 0, 0, 254)),
    addressType: (_family, address) => (hex(address) === '0a000001' ? 2 : 1),
    sourceAddress: () => null,
    firstAddress: () => null,
    sendSegment: ({ what }) => done.push(what),
    sendUnreachable: (_packet, code, hook) => done.push(`unreachable ${code} ${hook}`),
    sendParameterProblem: (_packet, pointer) => done.push(`parameter problem at ${pointer}`),
    sendReset: (_packet, hook) => done.push(`reset ${hook}`),
    reroute: () => done.push('reroute') > 0,
    duplicate: (_packet, gateway, device) =>
      done.push(`duplicate ${hex(gateway)} ${device?.name ?? 'any'}`),
    transmit: (packet, device) => done.push(`transmit ${device.name} ${hex(packet.frameBytes())}`),
    neighbourTransmit: (_packet, gateway, device) =>
      done.push(`neighbour ${hex(gateway)} ${device.name}`),
    proceed: () => {},
  };
}

function networked(): { readonly b: Bench; readonly net: FakeNetwork } {
  const b = bench();
  const net = fakeNetwork(b);
  b.netns.network = net;
  return { b, net };
}

const fib = (more: Partial<Extract<Expr, { kind: 'fib' }>>): Expr => ({
  kind: 'fib',
  result: 'oif',
  flags: ['saddr'],
  dreg: 1,
  ...more,
});
const eth1 = '65746831'.padEnd(32, '0');

test.each<{ name: string; expr: Expr; data: string }>([
  { name: 'fib saddr oif', expr: fib({}), data: '00000003' },
  { name: 'fib saddr oifname', expr: fib({ result: 'oifname' }), data: eth1 },
  { name: 'fib daddr oif exists', expr: fib({ flags: ['daddr', 'present'] }), data: '01' },
  {
    name: 'fib saddr . iif oif, another device',
    expr: fib({ flags: ['saddr', 'iif'] }),
    data: '00000000',
  },
  { name: 'fib daddr . oif oif', expr: fib({ flags: ['daddr', 'oif'] }), data: '00000003' },
  { name: 'fib saddr type', expr: fib({ result: 'type' }), data: '00000002' },
  { name: 'fib daddr type', expr: fib({ result: 'type', flags: ['daddr'] }), data: '00000001' },
  { name: 'rt classid', expr: { kind: 'rt', key: 'classid', dreg: 1 }, data: '00000007' },
  { name: 'rt nexthop', expr: { kind: 'rt', key: 'nexthop4', dreg: 1 }, data: '0a0000fe' },
  {
    name: 'rt mtu: the MTU less both headers',
    expr: { kind: 'rt', key: 'tcpmss', dreg: 1 },
    data: '0550',
  },
])('$name is $data', ({ expr, data }) => {
  const { b } = networked();
  b.nft.apply([table(), base(), rule('c', [expr, cmp(data), counter])]);
  run(b, udp(b));
  expect(counters(b)).toEqual([1]);
});

test('fib asks backwards for a source, forwards for a destination, with the mark if told', () => {
  const { b, net } = networked();
  b.nft.apply([
    table(),
    base(),
    rule('c', [fib({ flags: ['saddr', 'mark'] }), fib({ flags: ['daddr'] })]),
  ]);
  const packet = udp(b);
  packet.mark = 5;
  run(b, packet);
  const told = net.asked.map((key) => [hex(key.daddr), hex(key.saddr!), key.mark]);
  expect(told).toEqual([
    ['0a000001', '0a000002', 5],
    ['0a000002', '0a000001', undefined],
  ]);
});

test('reject drops and tells the sender through the stack, in the words of the family', () => {
  const { b, net } = networked();
  const reject = (type: 'icmp' | 'tcp-reset', code: number): Expr => ({
    kind: 'reject',
    type,
    code,
  });
  b.nft.apply([table(), base(), rule('c', [reject('icmp', 13)])]);
  expect(run(b, udp(b)).kind).toBe('drop');
  b.nft.apply([
    { op: 'delrule', destroy: false, family: 'ip', table: 't', chain: 'c' },
    rule('c', [reject('tcp-reset', 0)]),
  ]);
  run(b, udp(b));
  expect(net.done).toEqual(['unreachable 13 forward', 'reset forward']);
});

const atIngress = (exprs: readonly Expr[]): Change[] => [
  { op: 'newtable', create: false, family: 'netdev', table: { name: 't', flags: [] } },
  {
    op: 'newchain',
    create: false,
    family: 'netdev',
    table: 't',
    chain: {
      name: 'i',
      flags: [],
      base: { type: 'filter', hook: 'ingress', priority: 0, devices: ['eth0'] },
    },
  },
  { op: 'newrule', family: 'netdev', table: 't', chain: 'i', where: 'add', rule: { exprs } },
];
const ingress = (b: Bench) =>
  b.netns.hooks.run(b.netns.hooks.devicePoint(b.eth0, 'ingress'), udp(b));

test('at ingress reject answers with a frame of its own, sent back where it came from', () => {
  const { b, net } = networked();
  b.nft.apply(atIngress([{ kind: 'reject', type: 'icmpx', code: 1 }]));
  expect(ingress(b).kind).toBe('drop');
  const frame = net.done[0]!.split(' ')[2]!;
  expect(frame.slice(0, 28)).toBe('0200000000010200000000020800');
  // DF, TTL 64, and the addresses swapped; then port unreachable with the packet behind it.
  expect(frame.slice(28, 68)).toMatch(/^4500003c000040004001....0a0000020a000001$/);
  expect(frame.slice(68)).toMatch(/^0303....00000000450000200000/);
  const bytes = Uint8Array.from(frame.match(/../g)!, (byte) => Number.parseInt(byte, 16));
  expect(checksum(bytes, 14, 20)).toBe(0);
  expect(checksum(bytes, 34, bytes.length - 34)).toBe(0);
});

const device = (index: string): Expr => ({
  kind: 'immediate',
  dreg: 1,
  data: { kind: 'value', bytes: index },
});

test('fwd hands the frame over, dup a copy of it', () => {
  const { b, net } = networked();
  b.nft.apply(
    atIngress([device('00000003'), { kind: 'dup', sregDev: 1 }, { kind: 'fwd', sregDev: 1 }]),
  );
  expect(ingress(b).kind).toBe('stolen');
  expect(net.done).toHaveLength(2);
  expect(net.done[0]).toBe(net.done[1]);
  expect(net.done[0]).toContain('transmit eth1 020000000002');
});

test('dup to a gateway goes through the stack, and the packet goes on', () => {
  const { b, net } = networked();
  b.nft.apply([
    table(),
    base(),
    rule('c', [device('0a000009'), { kind: 'dup', sregAddr: 1 }, counter]),
  ]);
  expect(run(b, udp(b)).kind).toBe('accept');
  expect(net.done).toEqual(['duplicate 0a000009 any']);
});

test('a route chain routes again when the mark changed, and only then', () => {
  const { b, net } = networked();
  const mark = (value: string): Expr[] => [
    device(value),
    { kind: 'meta-set', key: 'mark', sreg: 1 },
  ];
  const route = base('o', { base: { type: 'route', hook: 'output', priority: 0, devices: [] } });
  b.nft.apply([table(), route, rule('o', mark('00000000'))]);
  run(b, udp(b), 'output');
  expect(net.done).toEqual([]);
  b.nft.apply([rule('o', mark('00000001'))]);
  run(b, udp(b), 'output');
  expect(net.done).toEqual(['reroute']);
});
