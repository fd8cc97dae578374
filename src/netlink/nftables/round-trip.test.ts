import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change, Expr } from '../../program/index.ts';
import { assembleBatch, decodeNft, encodeBatch, type NftMessage } from '../index.ts';
import { CT_KEYS, META_KEYS } from './expr/keys.ts';

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u8 = fc.integer({ min: 0, max: 0xff });
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const reg = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 8, max: 23 }));
const bytes = (length: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((b) => [...b].map((x) => x.toString(16).padStart(2, '0')).join(''));
const anyBytes = fc.integer({ min: 1, max: 16 }).chain(bytes);
const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,9}$/);
const flag = fc.boolean();

type Model = Record<string, fc.Arbitrary<unknown>>;

const rec = (kind: string, fields: Model, optional: readonly string[] = []) => {
  const model: Model = { kind: fc.constant(kind), ...fields };
  return fc.record(model, {
    requiredKeys: Object.keys(model).filter((f) => !optional.includes(f)),
  });
};

const base = fc.constantFrom('link', 'network', 'transport', 'inner', 'tunnel');
const payload = rec('payload', { base, offset: u32, len: u8, dreg: reg });
const meta = rec('meta', { key: fc.constantFrom(...META_KEYS), dreg: reg });
const bits = { sreg: reg, dreg: reg, len: u8 };
const verdict = fc.oneof(
  fc.record({ code: fc.constantFrom('accept', 'drop', 'continue', 'break', 'return') }),
  fc.record({ code: fc.constantFrom('jump', 'goto'), chain: name }),
  fc.record({ code: fc.constant('queue'), num: u16, flags: fc.constantFrom(0, 0x8000) }),
);
const data = fc.oneof(
  fc.record({ kind: fc.constant('value'), bytes: anyBytes }),
  fc.record({ kind: fc.constant('verdict'), verdict }),
);
const dir = fc.constantFrom('original', 'reply');
const counter = rec('counter', { packets: count, bytes: count });
const limit = rec('limit', {
  rate: count,
  unit: count,
  burst: u32,
  type: fc.constantFrom('packets', 'bytes'),
  invert: flag,
});

const anyExpr = fc.oneof(
  payload,
  meta,
  counter,
  limit,
  rec('immediate', { dreg: reg, data }),
  rec('cmp', { sreg: reg, op: fc.constantFrom('eq', 'neq', 'lt', 'gte'), data: anyBytes }),
  rec('range', { sreg: reg, op: fc.constantFrom('eq', 'neq'), from: bytes(4), to: bytes(4) }),
  rec('bitwise', { ...bits, op: fc.constant('mask-xor'), mask: bytes(8), xor: bytes(8) }),
  rec('bitwise', { ...bits, op: fc.constantFrom('lshift', 'rshift'), shift: u32 }),
  rec('bitwise', { ...bits, op: fc.constantFrom('and', 'or', 'xor'), sreg2: reg }),
  rec('byteorder', {
    ...bits,
    op: fc.constantFrom('ntoh', 'hton'),
    size: fc.constantFrom(2, 4, 8),
  }),
  rec('meta-set', { key: fc.constantFrom(...META_KEYS), sreg: reg }),
  rec('ct', { key: fc.constantFrom(...CT_KEYS), dreg: reg, dir }, ['dir']),
  rec('ct-set', { key: fc.constantFrom(...CT_KEYS), sreg: reg, dir }, ['dir']),
  rec('lookup', { set: name, sreg: reg, dreg: reg, invert: flag }, ['dreg']),
  rec(
    'dynset',
    {
      set: name,
      op: fc.constantFrom('add', 'update', 'delete'),
      sregKey: reg,
      sregData: reg,
      timeout: count,
      invert: flag,
      exprs: fc.array(fc.oneof(counter, limit), { maxLength: 3 }),
    },
    ['sregData', 'timeout'],
  ),
  rec('quota', { bytes: count, consumed: count, invert: flag }),
  rec('connlimit', { count: u32, invert: flag }),
  rec('last', { msecs: count }, ['msecs']),
  rec('log', { prefix: name, level: u32, flags: u32, group: u16, snaplen: u32, qthreshold: u16 }, [
    'prefix',
    'level',
    'flags',
    'group',
    'snaplen',
    'qthreshold',
  ]),
  rec('reject', { type: fc.constantFrom('icmp', 'tcp-reset', 'icmpx'), code: u8 }),
  rec(
    'nat',
    {
      type: fc.constantFrom('snat', 'dnat'),
      family: fc.constantFrom('ip', 'ip6', 'inet'),
      regAddrMin: fc.constant(1),
      regAddrMax: fc.constant(2),
      regProtoMin: fc.constant(3),
      regProtoMax: fc.constant(4),
      flags: u32,
    },
    ['regAddrMin', 'regAddrMax', 'regProtoMin', 'regProtoMax'],
  ),
  rec('masq', { flags: u32, regProtoMin: reg }, ['regProtoMin']),
  rec('redir', { flags: u32, regProtoMin: reg }, ['regProtoMin']),
  rec('tproxy', { family: fc.constantFrom('ip', 'ip6', 'unspec'), regAddr: reg, regPort: reg }, [
    'regAddr',
    'regPort',
  ]),
  rec('synproxy', { mss: u16, wscale: u8, flags: u32 }),
  rec('queue', { num: u16, total: u16, sregQnum: reg, flags: u16 }, ['num', 'total', 'sregQnum']),
  rec('dup', { sregAddr: reg, sregDev: reg }, ['sregAddr', 'sregDev']),
  rec('fwd', { sregDev: reg, sregAddr: reg, nfproto: u8 }, ['sregAddr', 'nfproto']),
  rec('notrack', {}),
  rec('exthdr', {
    op: fc.constantFrom('ipv6', 'tcpopt', 'ipv4', 'sctp', 'dccp'),
    type: u8,
    offset: u32,
    len: u8,
    present: flag,
    dreg: reg,
  }),
  rec('exthdr-reset', { op: fc.constant('tcpopt'), type: u8 }),
  rec('rt', { key: fc.constantFrom('classid', 'nexthop4', 'tcpmss', 'ipsec'), dreg: reg }),
  rec('osf', { dreg: reg, ttl: u8, flags: u32 }),
  rec('numgen', { type: fc.constantFrom('inc', 'random'), modulus: u32, offset: u32, dreg: reg }),
  rec('hash', { type: fc.constant('sym'), modulus: u32, offset: u32, dreg: reg }),
  rec('flow_offload', { table: name }),
  rec('inner', {
    type: fc.constantFrom('vxlan', 'geneve', 'gre', 'gretap'),
    hdrsize: u32,
    flags: u32,
    expr: fc.oneof(payload, meta),
  }),
  rec('match', { name, rev: u32, info: fc.record({ bytes: anyBytes }) }),
) as fc.Arbitrary<Expr>;

/** The protocol of iptables' rules, and now and then none. */
const compat = fc.option(fc.record({ protocol: u16, invert: flag }));

test('any rule comes back as it went, on hosts of both byte orders', () => {
  const parts = [fc.array(anyExpr, { maxLength: 12 }), compat, flag] as const;
  fc.assert(
    fc.property(...parts, (exprs, protocol, littleEndian) => {
      const change: Change = {
        op: 'newrule',
        family: 'inet',
        table: 't',
        chain: 'c',
        rule: { exprs, ...(protocol && { compat: protocol }), comment: 'any' },
        where: 'add',
      };
      const { messages } = encodeBatch([change], { littleEndian });
      const [, m] = messages;
      const read = decodeNft(m!.type & 0xff, m!.flags, m!.payload, { littleEndian });
      expect(read.ok).toBe(true);
      expect(assembleBatch([read as NftMessage], { littleEndian })).toEqual([change]);
    }),
    { numRuns: 1000 },
  );
});
