import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ExprKind, printExpr, programFromJson, programToJson, validateExpr } from './index.ts';

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u8 = fc.integer({ min: 0, max: 0xff });
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const reg = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 8, max: 23 }));
const hex = fc
  .uint8Array({ minLength: 1, maxLength: 16 })
  .map((bytes) => [...bytes].map((b) => b.toString(16).padStart(2, '0')).join(''));
const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,9}$/);
const flag = fc.boolean();
const dir = fc.constantFrom('original' as const, 'reply' as const);
const base = fc.constantFrom('link', 'network', 'transport', 'inner', 'tunnel');
const exthdrOp = fc.constantFrom('ipv6', 'tcpopt', 'ipv4', 'sctp', 'dccp');
const portNat = { flags: u32, regProtoMin: reg, regProtoMax: reg };

type Arbitraries = {
  readonly [K in ExprKind]: fc.Arbitrary<unknown>;
};

type Model = Record<string, fc.Arbitrary<unknown>>;

/** `fc.record` with the kind fixed and the fields named in `required` always there. */
const rec = (kind: ExprKind, required: Model, optional: Model = {}): fc.Arbitrary<unknown> => {
  const model: Model = { kind: fc.constant(kind), ...required, ...optional };
  return fc.record(model, { requiredKeys: ['kind', ...Object.keys(required)] });
};

const verdict = fc.oneof(
  fc.record({ code: fc.constantFrom('accept', 'drop', 'continue', 'break', 'return') }),
  fc.record({ code: fc.constantFrom('jump', 'goto'), chain: name }),
  fc.record({ code: fc.constant('queue'), num: u16, flags: u32 }),
);
const data = fc.oneof(
  fc.record({ kind: fc.constant('value'), bytes: hex }),
  fc.record({ kind: fc.constant('verdict'), verdict }),
);
const payload = rec('payload', { base, offset: u8, len: u8, dreg: reg });
const meta = rec('meta', { key: name, dreg: reg });

// A total table: an expression kind without an arbitrary does not compile.
const arbitraries: Arbitraries = {
  immediate: rec('immediate', { dreg: reg, data }),
  payload,
  'payload-write': rec('payload-write', {
    base,
    offset: u8,
    len: u8,
    sreg: reg,
    csumType: fc.constantFrom('none', 'inet', 'sctp'),
    csumOffset: u8,
    csumFlags: u8,
  }),
  cmp: rec('cmp', {
    sreg: reg,
    op: fc.constantFrom('eq', 'neq', 'lt', 'lte', 'gt', 'gte'),
    data: hex,
  }),
  range: rec('range', { sreg: reg, op: fc.constantFrom('eq', 'neq'), from: hex, to: hex }),
  bitwise: fc.oneof(
    rec('bitwise', {
      sreg: reg,
      dreg: reg,
      len: u8,
      op: fc.constant('mask-xor'),
      mask: hex,
      xor: hex,
    }),
    rec('bitwise', {
      sreg: reg,
      dreg: reg,
      len: u8,
      op: fc.constantFrom('lshift', 'rshift'),
      shift: u8,
    }),
    rec('bitwise', {
      sreg: reg,
      dreg: reg,
      len: u8,
      op: fc.constantFrom('and', 'or', 'xor'),
      sreg2: reg,
    }),
  ),
  byteorder: rec('byteorder', {
    sreg: reg,
    dreg: reg,
    op: fc.constantFrom('ntoh', 'hton'),
    len: u8,
    size: u8,
  }),
  meta,
  'meta-set': rec('meta-set', { key: name, sreg: reg }),
  ct: rec('ct', { key: name, dreg: reg }, { dir }),
  'ct-set': rec('ct-set', { key: name, sreg: reg }, { dir }),
  lookup: rec('lookup', { set: name, sreg: reg, invert: flag }, { dreg: reg }),
  dynset: rec(
    'dynset',
    {
      set: name,
      op: fc.constantFrom('add', 'update', 'delete'),
      sregKey: reg,
      invert: flag,
      exprs: fc.constant([{ kind: 'counter', packets: 1, bytes: 2 }]),
    },
    { sregData: reg, timeout: count },
  ),
  counter: rec('counter', { packets: count, bytes: count }),
  limit: rec('limit', {
    rate: count,
    unit: fc.constantFrom(1, 60, 3600),
    burst: u32,
    type: fc.constantFrom('packets', 'bytes'),
    invert: flag,
  }),
  quota: rec('quota', { bytes: count, consumed: count, invert: flag }),
  connlimit: rec('connlimit', { count: u32, invert: flag }),
  last: rec('last', {}, { msecs: count }),
  log: rec(
    'log',
    {},
    { prefix: name, level: u8, flags: u8, group: u16, snaplen: u32, qthreshold: u16 },
  ),
  reject: rec('reject', { type: fc.constantFrom('icmp', 'tcp-reset', 'icmpx'), code: u8 }),
  nat: rec(
    'nat',
    {
      type: fc.constantFrom('snat', 'dnat'),
      family: fc.constantFrom('ip', 'ip6', 'inet'),
      flags: u8,
    },
    { regAddrMin: reg, regAddrMax: reg, regProtoMin: reg, regProtoMax: reg },
  ),
  masq: rec('masq', { flags: u8 }, portNat),
  redir: rec('redir', { flags: u8 }, portNat),
  tproxy: rec(
    'tproxy',
    { family: fc.constantFrom('ip', 'ip6', 'unspec') },
    { regAddr: reg, regPort: reg },
  ),
  synproxy: rec('synproxy', { mss: u16, wscale: u8, flags: u32 }),
  queue: rec('queue', { flags: u16 }, { num: u16, total: u16, sregQnum: reg }),
  dup: rec('dup', {}, { sregAddr: reg, sregDev: reg }),
  fwd: rec('fwd', { sregDev: reg }, { sregAddr: reg, nfproto: u8 }),
  notrack: rec('notrack', {}),
  exthdr: rec('exthdr', {
    op: exthdrOp,
    type: u8,
    offset: u8,
    len: u8,
    present: flag,
    dreg: reg,
  }),
  'exthdr-write': rec('exthdr-write', { op: exthdrOp, type: u8, offset: u8, len: u8, sreg: reg }),
  'exthdr-reset': rec('exthdr-reset', { op: fc.constant('tcpopt'), type: u8 }),
  fib: rec('fib', {
    result: fc.constantFrom('oif', 'oifname', 'type', 'present'),
    flags: fc.subarray(['saddr', 'daddr', 'mark', 'iif', 'oif', 'present']),
    dreg: reg,
  }),
  rt: rec('rt', {
    key: fc.constantFrom('classid', 'nexthop4', 'nexthop6', 'tcpmss', 'ipsec'),
    dreg: reg,
  }),
  socket: rec(
    'socket',
    { key: fc.constantFrom('transparent', 'mark', 'wildcard', 'cgroupv2'), dreg: reg },
    { level: u8 },
  ),
  osf: rec('osf', { dreg: reg, ttl: u8, flags: u32 }),
  xfrm: rec('xfrm', {
    dir: fc.constantFrom('in', 'out'),
    spnum: u8,
    key: fc.constantFrom('daddr4', 'daddr6', 'saddr4', 'saddr6', 'reqid', 'spi'),
    dreg: reg,
  }),
  tunnel: rec('tunnel', { key: fc.constantFrom('path', 'id'), dreg: reg }),
  numgen: rec('numgen', {
    type: fc.constantFrom('inc', 'random'),
    modulus: u32,
    offset: u32,
    dreg: reg,
  }),
  hash: fc.oneof(
    rec('hash', { type: fc.constant('sym'), modulus: u32, offset: u32, dreg: reg }),
    rec('hash', {
      type: fc.constant('jenkins'),
      modulus: u32,
      offset: u32,
      dreg: reg,
      sreg: reg,
      len: u8,
      seed: u32,
      autoSeed: flag,
    }),
  ),
  objref: rec('objref', {
    ref: fc.oneof(
      fc.record({ set: name, sreg: reg }),
      fc.record({ type: fc.constantFrom('counter', 'ct helper', 'synproxy'), name }),
    ),
  }),
  flow_offload: rec('flow_offload', { table: name }),
  inner: rec('inner', {
    type: fc.constantFrom('vxlan', 'geneve', 'gre', 'gretap'),
    hdrsize: u8,
    flags: u8,
    expr: fc.oneof(payload, meta),
  }),
  match: rec('match', { name, rev: u8, info: fc.constant({ a: [1] }) }),
  target: rec('target', { name, rev: u8, info: fc.constant(null) }),
  opaque: rec('opaque', { text: name, reason: name }),
};

const anyExpr = fc.oneof(...Object.values(arbitraries));

/** A program of one rule that has this expression, as JSON. */
const programWith = (expr: unknown): string =>
  JSON.stringify({
    version: 1,
    tables: [
      {
        family: 'inet',
        name: 't',
        flags: [],
        chains: [{ name: 'c', flags: [], rules: [{ exprs: [expr] }] }],
        sets: [],
        objects: [],
        flowtables: [],
      },
    ],
  });

test('every expression is valid, and comes back from JSON as it went', () => {
  fc.assert(
    fc.property(anyExpr, (value) => {
      expect(validateExpr(value)).toEqual([]);
      const program = programWith(value);
      const read = programFromJson(program);
      expect(read.ok && programToJson(read.program)).toBe(program);
    }),
    { numRuns: 500 },
  );
});

test('every expression prints as one bracketed line', () => {
  fc.assert(
    fc.property(anyExpr, (value) => {
      const read = programFromJson(programWith(value));
      const expr = read.ok ? read.program.tables[0]?.chains[0]?.rules[0]?.exprs[0] : undefined;
      expect(expr && printExpr(expr)).toMatch(/^\[ [^\n]+ \]$/);
    }),
    { numRuns: 500 },
  );
});

test.each([
  {
    name: 'a field of the wrong type',
    expr: { kind: 'cmp', sreg: 1, op: 'eq', data: 'xyz' },
    want: { path: 'data', message: 'expected bytes in hex, got string "xyz"' },
  },
  {
    name: 'a register that is none',
    expr: { kind: 'meta', key: 'mark', dreg: 5 },
    want: { path: 'dreg', message: 'expected a register: 0-4 or 8-23' },
  },
  {
    name: 'an expression that is none',
    expr: { kind: 'payloads' },
    want: { path: 'kind', message: 'unknown kind string "payloads"' },
  },
  {
    name: 'a misspelt field',
    expr: { kind: 'notrack', flags: 1 },
    want: { path: 'flags', message: 'no such field' },
  },
  {
    name: 'a fault inside a nested expression',
    expr: {
      kind: 'dynset',
      set: 's',
      op: 'add',
      sregKey: 1,
      invert: false,
      exprs: [{ kind: 'counter', packets: -1, bytes: 0 }],
    },
    want: {
      path: 'exprs[0].packets',
      message: 'expected a whole number from 0 to 9007199254740991, got number -1',
    },
  },
])('validateExpr says where and what: $name', ({ expr, want }) => {
  expect(validateExpr(expr)).toEqual([want]);
});
