// Any program and any bytes: a batch is taken or refused with an errno, and a packet gets a verdict.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createConntrack } from '../conntrack/index.ts';
import { type HookName, Packet } from '../core/index.ts';
import { createNat } from '../nat/index.ts';
import type { Expr } from '../program/index.ts';
import { TransactionError } from './index.ts';
import { base, bench, elements, rule, set, table } from './test-support.ts';

const reg = fc.constantFrom(0, 1, 1, 1, 2, 4, 8, 9, 12, 23, 24);
const small = fc.constantFrom(0, 1, 2, 3, 4, 6, 8, 16, 20, 40, 255);
const hex = fc
  .uint8Array({ minLength: 1, maxLength: 20 })
  .map((bytes) => [...bytes].map((b) => b.toString(16).padStart(2, '0')).join(''));
const pick = <T extends string>(...words: T[]): fc.Arbitrary<T> => fc.constantFrom(...words);

const exprs: fc.Arbitrary<Expr>[] = [
  fc.record({
    kind: fc.constant('payload'),
    base: pick('link', 'network', 'transport', 'inner', 'tunnel'),
    offset: small,
    len: small,
    dreg: reg,
  }),
  fc.record({
    kind: fc.constant('payload-write'),
    base: pick('link', 'network', 'transport', 'inner'),
    offset: small,
    len: small,
    sreg: reg,
    csumType: pick('none', 'inet', 'sctp'),
    csumOffset: small,
    csumFlags: fc.constantFrom(0, 1),
  }),
  fc.record({ kind: fc.constant('cmp'), sreg: reg, op: pick('eq', 'neq', 'lt', 'gte'), data: hex }),
  fc.record({ kind: fc.constant('range'), sreg: reg, op: pick('eq', 'neq'), from: hex, to: hex }),
  fc.record({
    kind: fc.constant('bitwise'),
    sreg: reg,
    dreg: reg,
    len: small,
    op: fc.constant('mask-xor'),
    mask: hex,
    xor: hex,
  }),
  fc.record({
    kind: fc.constant('bitwise'),
    sreg: reg,
    dreg: reg,
    len: small,
    op: pick('lshift', 'rshift'),
    shift: small,
  }),
  fc.record({
    kind: fc.constant('byteorder'),
    sreg: reg,
    dreg: reg,
    len: small,
    size: small,
    op: pick('ntoh', 'hton'),
  }),
  fc.record({
    kind: fc.constant('immediate'),
    dreg: reg,
    data: hex.map((bytes) => ({ kind: 'value' as const, bytes })),
  }),
  fc.record({
    kind: fc.constant('meta'),
    key: pick(
      'len',
      'protocol',
      'l4proto',
      'iifname',
      'oifkind',
      'pkttype',
      'time',
      'rtclassid',
      'sdifname',
      'broute',
      'nonsense',
    ),
    dreg: reg,
  }),
  fc.record({
    kind: fc.constant('meta-set'),
    key: pick('mark', 'pkttype', 'nftrace', 'nonsense'),
    sreg: reg,
  }),
  fc.record({
    kind: fc.constant('ct'),
    key: pick(
      'state',
      'mark',
      'src',
      'src_ip',
      'proto_dst',
      'label',
      'bytes',
      'zone',
      'helper',
      'nonsense',
    ),
    dreg: reg,
    dir: pick('original', 'reply'),
  }),
  fc.record({
    kind: fc.constant('ct'),
    key: pick('state', 'status', 'mark', 'direction', 'expiration', 'avgpkt'),
    dreg: reg,
  }),
  fc.record({
    kind: fc.constant('ct-set'),
    key: pick('mark', 'zone', 'label', 'event', 'nonsense'),
    sreg: reg,
  }),
  fc.record({
    kind: fc.constant('lookup'),
    set: pick('s', 'i', 'nowhere'),
    sreg: reg,
    invert: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('dynset'),
    set: pick('s', 'i'),
    op: pick('add', 'update', 'delete'),
    sregKey: reg,
    invert: fc.boolean(),
    exprs: fc.constant([]),
  }),
  fc.record({
    kind: fc.constant('exthdr'),
    op: pick('ipv6', 'tcpopt', 'ipv4', 'sctp', 'dccp'),
    type: fc.constantFrom(0, 2, 7, 44, 131),
    offset: small,
    len: small,
    present: fc.boolean(),
    dreg: reg,
  }),
  fc.record({
    kind: fc.constant('exthdr-write'),
    op: fc.constant('tcpopt'),
    type: fc.constantFrom(1, 2, 8),
    offset: small,
    len: small,
    sreg: reg,
  }),
  fc.record({
    kind: fc.constant('exthdr-reset'),
    op: fc.constant('tcpopt'),
    type: fc.constantFrom(0, 1, 2, 8),
  }),
  fc.record({
    kind: fc.constant('fib'),
    result: pick('oif', 'oifname', 'type', 'present'),
    flags: fc.constantFrom(['saddr', 'iif'], ['daddr'], ['saddr', 'daddr'], ['saddr', 'present']),
    dreg: reg,
  }),
  fc.record({
    kind: fc.constant('rt'),
    key: pick('classid', 'nexthop4', 'nexthop6', 'tcpmss', 'ipsec'),
    dreg: reg,
  }),
  fc.record({
    kind: fc.constant('hash'),
    type: fc.constant('jenkins'),
    sreg: reg,
    len: small,
    seed: small,
    autoSeed: fc.boolean(),
    modulus: small,
    offset: small,
    dreg: reg,
  }),
  fc.record({
    kind: fc.constant('hash'),
    type: fc.constant('sym'),
    modulus: small,
    offset: small,
    dreg: reg,
  }),
  fc.record({
    kind: fc.constant('numgen'),
    type: pick('inc', 'random'),
    modulus: small,
    offset: small,
    dreg: reg,
  }),
  fc.record({
    kind: fc.constant('inner'),
    type: pick('vxlan', 'geneve', 'gre', 'gretap'),
    hdrsize: small,
    flags: fc.constantFrom(0, 6, 12, 15),
    expr: fc.record({
      kind: fc.constant('payload'),
      base: pick('tunnel', 'link', 'network', 'transport'),
      offset: small,
      len: small,
      dreg: reg,
    }),
  }),
  fc.record({ kind: fc.constant('queue'), num: small, total: small, flags: small }),
  fc.record({
    kind: fc.constant('limit'),
    rate: small,
    unit: small,
    burst: small,
    type: pick('packets', 'bytes'),
    invert: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('reject'), type: pick('icmp', 'tcp-reset', 'icmpx'), code: small }),
  fc.record({
    kind: fc.constant('nat'),
    type: pick('snat', 'dnat'),
    family: pick('ip', 'ip6'),
    regAddrMin: reg,
    regProtoMin: reg,
    flags: small,
  }),
  fc.record({ kind: fc.constant('dup'), sregAddr: reg }),
  fc.constant({ kind: 'notrack' }),
  fc.constant({ kind: 'connlimit', count: 1, invert: false }),
  fc.constant({ kind: 'socket', key: 'mark', dreg: 1 }),
  fc.constant({ kind: 'tunnel', key: 'id', dreg: 1 }),
];

/** Random bytes, or an IP or IPv6 header in front of them. */
const bytes = fc
  .tuple(pick('none', 'ip', 'ip6'), fc.uint8Array({ minLength: 20, maxLength: 90 }))
  .map(([what, all]) => {
    if (what === 'ip')
      all.set([0x45, 0, 0, all.length, 0, 0, 0, 0, 64, all[9]! % 2 === 0 ? 6 : all[9]!]);
    if (what === 'ip6' && all.length > 40) all[0] = 0x60;
    return { family: what === 'ip6' && all.length > 40 ? ('ip6' as const) : ('ip' as const), all };
  });

test('no program and no packet makes the engine throw', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.oneof(...exprs), { minLength: 1, maxLength: 4 }), {
        minLength: 1,
        maxLength: 8,
      }),
      fc.array(bytes, { minLength: 1, maxLength: 4 }),
      pick('prerouting', 'forward', 'output'),
      fc.boolean(),
      (rules, packets, hook, traced) => {
        const b = bench((netns) => {
          const conntrack = createConntrack(netns);
          return { conntrack, nat: createNat(netns, conntrack) };
        });
        const inet = [
          table('inet'),
          base('c', { base: { type: 'filter', hook, priority: 0, devices: [] } }),
          set({ name: 's', flags: ['dynamic'], size: 5 }),
          set({ name: 'i', flags: ['interval'] }),
          elements('i', [{ key: '0a000000', keyEnd: '0affffff' }]),
        ].map((change) => ({ ...change, family: 'inet' as const }));
        b.nft.apply(inet);
        for (const one of rules) {
          try {
            b.nft.apply([{ ...rule('c', one), family: 'inet' }]);
          } catch (error) {
            if (!(error instanceof TransactionError)) throw error;
          }
        }
        if (traced) b.netns.tracer = { enterHook: () => {}, leaveHook: () => {}, emit: () => {} };
        for (const { family, all } of packets) {
          const packet = new Packet();
          packet.fill(all, 0);
          packet.protocol = family === 'ip' ? 0x0800 : 0x86dd;
          const point = b.netns.hooks.point(family, hook satisfies HookName);
          expect(['accept', 'drop', 'stolen', 'queue']).toContain(
            b.netns.hooks.run(point, packet).kind,
          );
        }
        b.nft.list();
      },
    ),
    { numRuns: 300 },
  );
});
