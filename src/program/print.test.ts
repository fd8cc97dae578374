import { expect, test } from 'vitest';
import type { Expr } from './expr.ts';
import { type Program, printExpr, printProgram, printSetSpec, type SetSpec } from './index.ts';

// What `nft --debug=netlink` prints for the same expressions (words of values as on a big-endian
// host), taken down from nft 1.0.6 and libnftnl 1.2.4.
const rows: readonly { name: string; expr: Expr; want: string }[] = [
  {
    name: 'a payload load',
    expr: { kind: 'payload', base: 'transport', offset: 2, len: 2, dreg: 1 },
    want: '[ payload load 2b @ transport header + 2 => reg 1 ]',
  },
  {
    name: 'a payload write with checksum',
    expr: {
      kind: 'payload-write',
      base: 'network',
      offset: 16,
      len: 4,
      sreg: 1,
      csumType: 'inet',
      csumOffset: 10,
      csumFlags: 1,
    },
    want: '[ payload write reg 1 => 4b @ network header + 16 csum_type 1 csum_off 10 csum_flags 0x1 ]',
  },
  {
    name: 'a comparison of six bytes, in words',
    expr: { kind: 'cmp', sreg: 1, op: 'eq', data: '0011223344ff' },
    want: '[ cmp eq reg 1 0x00112233 0x44ff ]',
  },
  {
    name: 'a range',
    expr: { kind: 'range', sreg: 1, op: 'neq', from: '0050', to: '005a' },
    want: '[ range neq reg 1 0x0050 0x005a ]',
  },
  {
    name: 'a mask',
    expr: {
      kind: 'bitwise',
      sreg: 1,
      dreg: 1,
      len: 4,
      op: 'mask-xor',
      mask: 'ffffff00',
      xor: '00000000',
    },
    want: '[ bitwise reg 1 = ( reg 1 & 0xffffff00 ) ^ 0x00000000 ]',
  },
  {
    name: 'a shift',
    expr: { kind: 'bitwise', sreg: 1, dreg: 1, len: 4, op: 'lshift', shift: 8 },
    want: '[ bitwise reg 1 = ( reg 1 << 0x00000008 ) ]',
  },
  {
    name: 'two registers joined by or',
    expr: { kind: 'bitwise', sreg: 1, dreg: 1, len: 4, op: 'or', sreg2: 2 },
    want: '[ bitwise reg 1 = ( reg 1 | reg 2 ) ]',
  },
  {
    name: 'a jump',
    expr: {
      kind: 'immediate',
      dreg: 0,
      data: { kind: 'verdict', verdict: { code: 'jump', chain: 'k' } },
    },
    want: '[ immediate reg 0 jump -> k ]',
  },
  {
    name: 'a conntrack key with direction',
    expr: { kind: 'ct', key: 'src_ip', dreg: 1, dir: 'original' },
    want: '[ ct load src_ip => reg 1 , dir original ]',
  },
  {
    name: 'a negated lookup',
    expr: { kind: 'lookup', set: '__set3', sreg: 1, invert: true },
    want: '[ lookup reg 1 set __set3 0x1 ]',
  },
  {
    name: 'a verdict map',
    expr: { kind: 'lookup', set: 'mm', sreg: 1, dreg: 0, invert: false },
    want: '[ lookup reg 1 set mm dreg 0 ]',
  },
  {
    name: 'a dynamic set with expressions',
    expr: {
      kind: 'dynset',
      set: 'a',
      op: 'add',
      sregKey: 1,
      timeout: 10_000,
      invert: false,
      exprs: [
        { kind: 'limit', rate: 10, unit: 1, burst: 5, type: 'packets', invert: false },
        { kind: 'counter', packets: 0, bytes: 0 },
      ],
    },
    want: '[ dynset add reg_key 1 set a timeout 10000ms expr [ limit rate 10/second burst 5 type packets flags 0x0 ] expr [ counter pkts 0 bytes 0 ] ]',
  },
  {
    name: 'a log with all flags',
    expr: { kind: 'log', prefix: 'abc', flags: 0x2f },
    want: '[ log prefix abc tcpseq tcpopt ipopt uid macdecode ]',
  },
  {
    name: 'a log to a group',
    expr: { kind: 'log', group: 2, snaplen: 33 },
    want: '[ log group 2 snaplen 33 qthreshold 0 ]',
  },
  {
    name: 'destination NAT with a port',
    expr: { kind: 'nat', type: 'dnat', family: 'ip', regAddrMin: 1, regProtoMin: 2, flags: 2 },
    want: '[ nat dnat ip addr_min reg 1 proto_min reg 2 flags 0x2 ]',
  },
  {
    name: 'a queue range with flags',
    expr: { kind: 'queue', num: 4, total: 2, flags: 3 },
    want: '[ queue num 4-5 bypass fanout ]',
  },
  {
    name: 'the presence of a route',
    expr: { kind: 'fib', result: 'oif', flags: ['daddr', 'present'], dreg: 1 },
    want: '[ fib daddr oif present => reg 1 ]',
  },
  {
    name: 'an IPv4 option',
    expr: { kind: 'exthdr', op: 'ipv4', type: 131, offset: 0, len: 1, present: true, dreg: 1 },
    want: '[ exthdr load ipv4 1b @ 131 + 0 present => reg 1 ]',
  },
  {
    name: 'an SCTP chunk, which has no word',
    expr: { kind: 'exthdr', op: 'sctp', type: 0, offset: 0, len: 1, present: true, dreg: 1 },
    want: '[ exthdr load 1b @ 0 + 0 present => reg 1 ]',
  },
  {
    name: 'a hash',
    expr: {
      kind: 'hash',
      type: 'jenkins',
      sreg: 2,
      dreg: 1,
      len: 8,
      modulus: 2,
      seed: 0xdeadbeef,
      autoSeed: false,
      offset: 100,
    },
    want: '[ hash reg 1 = jhash(reg 2, 8, 0xdeadbeef) % mod 2 offset 100 ]',
  },
  {
    name: 'a load inside a tunnel',
    expr: {
      kind: 'inner',
      type: 'vxlan',
      hdrsize: 8,
      flags: 0xf,
      expr: { kind: 'payload', base: 'network', offset: 12, len: 4, dreg: 1 },
    },
    want: '[ inner type 1 hdrsize 8 flags f [ payload load 4b @ network header + 12 => reg 1 ] ]',
  },
  {
    name: 'an object by map',
    expr: { kind: 'objref', ref: { set: 'om', sreg: 1 } },
    want: '[ objref sreg 1 set om ]',
  },
];

test.each(rows)('printExpr: $name', ({ expr, want }) => {
  expect(printExpr(expr)).toBe(want);
});

const set = (over: Partial<SetSpec>): SetSpec => ({
  name: '__set0',
  flags: ['anonymous', 'constant'],
  keyType: 'inet_service',
  keyLen: 2,
  exprs: [],
  elements: [],
  ...over,
});

test('an interval set is printed half-open, as the kernel keeps it', () => {
  const spec = set({
    flags: ['anonymous', 'constant', 'interval'],
    keyType: 'integer',
    keyLen: 1,
    size: 5,
    elements: [{ key: '00' }, { key: '04', keyEnd: '7f' }, { key: 'ff' }],
  });
  expect(printSetSpec('test-ip6', spec, { anonymousNames: true })).toEqual([
    '__set%d test-ip6 7 size 5',
    '__set%d test-ip6 0',
    '\telement 00\telement 01 flags 1\telement 04\telement 80 flags 1\telement ff  userdata len 6 sum 0x6',
  ]);
});

test('neighbouring intervals share one bound', () => {
  const spec = set({
    flags: ['interval'],
    elements: [
      { key: '000a', keyEnd: '000b' },
      { key: '0001', keyEnd: '0009' },
    ],
  });
  expect(printSetSpec('t', spec).at(-1)).toBe(
    '\telement 0000 flags 1\telement 0001\telement 000a\telement 000c flags 1',
  );
});

test('a concatenation shows each field at its own length, and ranges for every element', () => {
  const spec = set({
    flags: ['interval', 'concat'],
    keyType: 'ether_addr . inet_service',
    keyLen: 12,
    fieldLens: [6, 2],
    elements: [{ key: '0a0b0c0d0e0f0000002a0000' }],
  });
  expect(printSetSpec('t', spec).at(-1)).toBe(
    '\telement 0a0b0c0d 0e0f . 002a - 0a0b0c0d 0e0f . 002a',
  );
});

test('a map shows verdicts, and the catch-all last', () => {
  const spec = set({
    name: 'mm',
    flags: [],
    keyType: 'ipv4_addr',
    keyLen: 4,
    dataType: 'verdict',
    elements: [
      { key: '', catchall: true, data: { kind: 'verdict', verdict: { code: 'accept' } } },
      { key: '01010101', data: { kind: 'verdict', verdict: { code: 'drop' } } },
    ],
  });
  expect(printSetSpec('t', spec)).toEqual([
    'mm t 8',
    'mm t 0',
    '\telement 01010101 : drop\telement  : accept flags 2',
  ]);
});

test('a program is printed whole', () => {
  const program: Program = {
    tables: [
      {
        family: 'inet',
        name: 't',
        flags: [],
        objects: [{ name: 'c1', data: { kind: 'counter', packets: 1, bytes: 2 } }],
        flowtables: [
          { name: 'ft', hook: 'ingress', priority: 0, devices: ['lo'], flags: ['counter'] },
        ],
        sets: [set({ name: 's' })],
        chains: [
          {
            name: 'input',
            base: { type: 'filter', hook: 'input', priority: 0, devices: [] },
            flags: [],
            rules: [{ exprs: [{ kind: 'notrack' }] }],
          },
        ],
      },
    ],
  };
  expect(printProgram(program)).toBe(`table inet t
table t name c1 [ counter pkts 1 bytes 2 ]
flow table t ft flags counter hook ingress prio 0 dev { lo }
s t 3
chain inet t input type filter hook input prio 0 policy accept
inet t input
  [ notrack ]
`);
});
