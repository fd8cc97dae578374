import { expect, test } from 'vitest';
import type { ExprStep } from '../core/index.ts';
import { explain } from './index.ts';

const TCP = { protocol: 0x0800, l4proto: 6 };
const TCP6 = { protocol: 0x86dd, l4proto: 6 };

const ok = (expr: string, saw?: string): ExprStep => ({
  expr: `[ ${expr} ]`,
  ok: true,
  ...(saw === undefined ? {} : { saw }),
});
const no = (expr: string, saw?: string, why?: string): ExprStep => ({
  expr: `[ ${expr} ]`,
  ok: false,
  ...(saw === undefined ? {} : { saw }),
  ...(why === undefined ? {} : { why }),
});

test.each([
  {
    name: 'a port',
    steps: [
      ok('payload load 2b @ transport header + 2 => reg 1', '0050'),
      no('cmp eq reg 1 0x01bb', '0050'),
    ],
    want: 'tcp dport 80 ≠ 443',
  },
  {
    name: 'a port that must not be one',
    steps: [
      ok('payload load 2b @ transport header + 2 => reg 1', '0016'),
      no('cmp neq reg 1 0x0016', '0016'),
    ],
    want: 'tcp dport 22 = 22',
  },
  {
    name: 'a range of ports',
    steps: [
      ok('payload load 2b @ transport header + 2 => reg 1', '0050'),
      no('range eq reg 1 0x03e8 0x07d0', '0050'),
    ],
    want: 'tcp dport 80 ∉ 1000-2000',
  },
  {
    name: 'an address',
    steps: [
      ok('payload load 4b @ network header + 12 => reg 1', '0a000001'),
      no('cmp eq reg 1 0x0a000002', '0a000001'),
    ],
    want: 'ip saddr 10.0.0.1 ≠ 10.0.0.2',
  },
  {
    name: 'a prefix of whole bytes',
    steps: [
      ok('payload load 2b @ network header + 12 => reg 1', '0a01'),
      no('cmp eq reg 1 0xc0a8', '0a01'),
    ],
    want: 'ip saddr 10.1.*.* ∉ 192.168.0.0/16',
  },
  {
    name: 'a prefix with a mask',
    steps: [
      ok('payload load 4b @ network header + 12 => reg 1', '0a000001'),
      ok('bitwise reg 1 = ( reg 1 & 0xfffffc00 ) ^ 0x00000000', '0a000000'),
      no('cmp eq reg 1 0xac100400', '0a000000'),
    ],
    want: 'ip saddr 10.0.0.1 ∉ 172.16.4.0/22',
  },
  {
    name: 'an IPv6 prefix',
    steps: [
      ok('payload load 8b @ network header + 24 => reg 1', '20010db800000001'),
      no('cmp eq reg 1 0xfe800000 0x00000000', '20010db800000001'),
    ],
    subject: TCP6,
    want: 'ip6 daddr 2001:db8:0:1::… ∉ fe80::/64',
  },
  {
    name: 'a connection state',
    steps: [
      ok('ct load state => reg 1', '00000008'),
      ok('bitwise reg 1 = ( reg 1 & 0x00000006 ) ^ 0x00000000', '00000000'),
      no('cmp neq reg 1 0x00000000', '00000000'),
    ],
    want: 'ct state new ∌ established,related',
  },
  {
    name: 'a connection that is not tracked',
    steps: [no('ct load mark => reg 1', undefined, 'no conntrack entry')],
    want: 'ct mark: no conntrack entry',
  },
  {
    name: 'TCP flags',
    steps: [
      ok('payload load 1b @ transport header + 13 => reg 1', '12'),
      ok('bitwise reg 1 = ( reg 1 & 0x17 ) ^ 0x00', '12'),
      no('cmp eq reg 1 0x02', '12'),
    ],
    want: 'tcp flags & 0x17 syn,ack ≠ syn',
  },
  {
    name: 'a field of six bits',
    steps: [
      ok('payload load 1b @ network header + 1 => reg 1', 'b8'),
      ok('bitwise reg 1 = ( reg 1 & 0xfc ) ^ 0x00', 'b8'),
      no('cmp eq reg 1 0x28', 'b8'),
    ],
    want: 'ip dscp 46 ≠ 10',
  },
  {
    name: 'an interface name',
    steps: [
      ok('meta load iifname => reg 1', '65746830000000000000000000000000'),
      no(
        'cmp eq reg 1 0x6c6f0000 0x00000000 0x00000000 0x00000000',
        '65746830000000000000000000000000',
      ),
    ],
    want: 'iifname "eth0" ≠ "lo"',
  },
  {
    name: 'a wildcard of interface names',
    steps: [
      ok('meta load oifname => reg 1', '65746830000000000000000000000000'),
      no('cmp eq reg 1 0x707070', '657468'),
    ],
    want: 'oifname "eth0" ≠ "ppp*"',
  },
  {
    name: 'a protocol',
    steps: [ok('meta load l4proto => reg 1', '06'), no('cmp eq reg 1 0x11', '06')],
    want: 'meta l4proto tcp ≠ udp',
  },
  {
    name: 'a named set',
    steps: [
      ok('payload load 4b @ network header + 12 => reg 1', '0a000001'),
      no('lookup reg 1 set blocked', '0a000001'),
    ],
    want: 'ip saddr 10.0.0.1 ∉ @blocked',
  },
  {
    name: 'a concatenation in an anonymous set',
    steps: [
      ok('payload load 4b @ network header + 16 => reg 1', '0a000001'),
      ok('payload load 2b @ transport header + 2 => reg 9', '0050'),
      no('lookup reg 1 set __set4', '0a00000100500000'),
    ],
    want: 'ip daddr . tcp dport 10.0.0.1 . 80 ∉ the set',
  },
  {
    name: 'a set that must not have it',
    steps: [
      ok('payload load 2b @ transport header + 0 => reg 1', '0035'),
      no('lookup reg 1 set ports 0x1', '0035'),
    ],
    want: 'tcp sport 53 ∈ @ports',
  },
  {
    name: 'a route to the sender',
    steps: [
      ok('fib saddr . iif oif => reg 1', '00000000'),
      no('cmp neq reg 1 0x00000000', '00000000'),
    ],
    want: 'fib saddr . iif oif 0 = 0',
  },
  {
    name: 'a packet too short',
    steps: [no('payload load 2b @ transport header + 2 => reg 1', undefined, 'short packet')],
    want: 'tcp dport: short packet',
  },
  {
    name: 'a rate that is used up',
    steps: [no('limit rate 5/second burst 5 type packets flags 0x0', undefined, 'over the rate')],
    want: 'limit rate 5/second burst 5 type packets flags 0x0: over the rate',
  },
  {
    name: 'bytes without a name',
    steps: [
      ok('payload load 3b @ inner header + 1 => reg 1', '010203'),
      no('cmp eq reg 1 0x040506', '010203'),
    ],
    want: '@inner,1+3 0x10203 ≠ 0x40506',
  },
])('a rule that did not match says why: $name', ({ steps, want, ...rest }) => {
  const subject = 'subject' in rest ? (rest.subject ?? TCP) : TCP;
  expect(explain(steps, steps.length - 1, subject)).toBe(want);
});

test('interfaces compared by index are called by their names', () => {
  const steps = [
    ok('meta load iif => reg 1', '00000003'),
    no('cmp eq reg 1 0x00000006', '00000003'),
  ];
  const names = new Map([[3, 'eth0']]);
  const subject = { ...TCP, deviceName: (index: number) => names.get(index) };
  expect(explain(steps, 1, subject)).toBe('iif eth0 ≠ 6');
});

test.each([
  [
    'a match of xtables by its name',
    'match name multiport rev 1',
    'ports 7 > 23',
    'multiport: ports 7 > 23',
  ],
  [
    'what nobody knows as written',
    'opaque "-m odd --x 3" (match odd is not known)',
    'match odd is not known',
    '-m odd --x 3: match odd is not known',
  ],
])('%s', (_, expr, why, want) => {
  const step = { expr: `[ ${expr} ]`, ok: false, why };
  expect(explain([step], 0, { protocol: 0x0800, l4proto: 6 })).toBe(want);
});
