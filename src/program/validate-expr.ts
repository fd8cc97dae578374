// Whether plain data is an expression. The shapes of expr.ts stand here again as checks, each tied
// to its type, because types are gone at run time.

import type { Expr, ExprKind, HashExpr, ObjectKind } from './expr.ts';
import {
  boolean,
  type Check,
  count,
  type Fields,
  hex,
  integer,
  list,
  name,
  object,
  oneOf,
  optional,
  type Problem,
  string,
  tagged,
} from './schema.ts';
import { extensionFields } from './validate-xt.ts';
import { XT_MATCHES, XT_TARGETS } from './xt/index.ts';

type Of<K extends ExprKind> = Extract<Expr, { kind: K }>;

/** enum nft_registers: 0 the verdict, 1-4 of sixteen bytes, 8-23 of four. */
const register: Check = (value, path, problems) => {
  const isRegister =
    typeof value === 'number' &&
    Number.isInteger(value) &&
    ((value >= 0 && value <= 4) || (value >= 8 && value <= 23));
  if (!isRegister) problems.push({ path, message: 'expected a register: 0-4 or 8-23' });
};
const u32 = integer(0, 0xffffffff);
export const u16 = integer(0, 0xffff);
export const u8 = integer(0, 0xff);
/** The tag of a union is checked where the variant is chosen. */
export const anyKind = string;

const verdict = tagged('code', {
  accept: object({ code: anyKind }),
  drop: object({ code: anyKind }),
  continue: object({ code: anyKind }),
  break: object({ code: anyKind }),
  return: object({ code: anyKind }),
  jump: object({ code: anyKind, chain: name }),
  goto: object({ code: anyKind, chain: name }),
  queue: object({ code: anyKind, num: u16, flags: u32 }),
});

export const data = tagged('kind', {
  value: object({ kind: anyKind, bytes: hex }),
  verdict: object({ kind: anyKind, verdict }),
});

const base = oneOf('link', 'network', 'transport', 'inner', 'tunnel');
const direction = optional(oneOf('original', 'reply'));
const exthdrOp = oneOf('ipv6', 'tcpopt', 'ipv4', 'sctp', 'dccp');

const OBJECT_KINDS: Readonly<Record<ObjectKind, true>> = {
  counter: true,
  quota: true,
  'ct helper': true,
  limit: true,
  connlimit: true,
  tunnel: true,
  'ct timeout': true,
  secmark: true,
  'ct expectation': true,
  synproxy: true,
};
export const objectKind = oneOf(...Object.keys(OBJECT_KINDS));

/** Expressions nest (dynset, inner), so the table below is reached through a function. */
const expr: Check = (value, path, problems) => exprOf(value, path, problems);
export const exprList = list(expr);

const fields = <K extends ExprKind>(f: Fields<Of<K>>): Check => object(f);

const bitwiseRegisters = { kind: anyKind, sreg: register, dreg: register, len: u8, op: anyKind };
const shift = object({ ...bitwiseRegisters, shift: u32 });
const bool = object({ ...bitwiseRegisters, sreg2: register });
const bitwise = tagged('op', {
  'mask-xor': object({ ...bitwiseRegisters, mask: hex, xor: hex }),
  lshift: shift,
  rshift: shift,
  and: bool,
  or: bool,
  xor: bool,
});

const hashCommon = { kind: anyKind, type: anyKind, modulus: u32, offset: u32, dreg: register };
const hash = tagged('type', {
  jenkins: object<Extract<HashExpr, { type: 'jenkins' }>>({
    ...hashCommon,
    sreg: register,
    len: u8,
    seed: u32,
    autoSeed: boolean,
  }),
  sym: object<Extract<HashExpr, { type: 'sym' }>>(hashCommon),
});

const objref: Check = object<Of<'objref'>>({
  kind: anyKind,
  ref: (value, path, problems) => {
    const byMap = typeof value === 'object' && value !== null && 'set' in value;
    const check = byMap
      ? object({ set: name, sreg: register })
      : object({ type: objectKind, name });
    check(value, path, problems);
  },
});

const portNat = {
  kind: anyKind,
  flags: u32,
  regProtoMin: optional(register),
  regProtoMax: optional(register),
};

export const EXPRS: { readonly [K in ExprKind]: Check } = {
  immediate: fields<'immediate'>({ kind: anyKind, dreg: register, data }),
  payload: fields<'payload'>({ kind: anyKind, base, offset: u32, len: u8, dreg: register }),
  'payload-write': fields<'payload-write'>({
    kind: anyKind,
    base,
    offset: u32,
    len: u8,
    sreg: register,
    csumType: oneOf('none', 'inet', 'sctp'),
    csumOffset: u32,
    csumFlags: u32,
  }),
  cmp: fields<'cmp'>({
    kind: anyKind,
    sreg: register,
    op: oneOf('eq', 'neq', 'lt', 'lte', 'gt', 'gte'),
    data: hex,
  }),
  range: fields<'range'>({
    kind: anyKind,
    sreg: register,
    op: oneOf('eq', 'neq'),
    from: hex,
    to: hex,
  }),
  bitwise,
  byteorder: fields<'byteorder'>({
    kind: anyKind,
    sreg: register,
    dreg: register,
    op: oneOf('ntoh', 'hton'),
    len: u8,
    size: u8,
  }),
  meta: fields<'meta'>({ kind: anyKind, key: name, dreg: register }),
  'meta-set': fields<'meta-set'>({ kind: anyKind, key: name, sreg: register }),
  ct: fields<'ct'>({ kind: anyKind, key: name, dreg: register, dir: direction }),
  'ct-set': fields<'ct-set'>({ kind: anyKind, key: name, sreg: register, dir: direction }),
  lookup: fields<'lookup'>({
    kind: anyKind,
    set: name,
    sreg: register,
    dreg: optional(register),
    invert: boolean,
  }),
  dynset: fields<'dynset'>({
    kind: anyKind,
    set: name,
    op: oneOf('add', 'update', 'delete'),
    sregKey: register,
    sregData: optional(register),
    timeout: optional(count),
    invert: boolean,
    exprs: exprList,
  }),
  counter: fields<'counter'>({ kind: anyKind, packets: count, bytes: count }),
  limit: fields<'limit'>({
    kind: anyKind,
    rate: count,
    unit: count,
    burst: u32,
    type: oneOf('packets', 'bytes'),
    invert: boolean,
  }),
  quota: fields<'quota'>({ kind: anyKind, bytes: count, consumed: count, invert: boolean }),
  connlimit: fields<'connlimit'>({ kind: anyKind, count: u32, invert: boolean }),
  last: fields<'last'>({ kind: anyKind, msecs: optional(count) }),
  log: fields<'log'>({
    kind: anyKind,
    prefix: optional(string),
    level: optional(u32),
    flags: optional(u32),
    group: optional(u16),
    snaplen: optional(u32),
    qthreshold: optional(u16),
  }),
  reject: fields<'reject'>({
    kind: anyKind,
    type: oneOf('icmp', 'tcp-reset', 'icmpx'),
    code: u8,
  }),
  nat: fields<'nat'>({
    kind: anyKind,
    type: oneOf('snat', 'dnat'),
    family: oneOf('ip', 'ip6', 'inet'),
    regAddrMin: optional(register),
    regAddrMax: optional(register),
    regProtoMin: optional(register),
    regProtoMax: optional(register),
    flags: u32,
  }),
  masq: fields<'masq'>(portNat),
  redir: fields<'redir'>(portNat),
  tproxy: fields<'tproxy'>({
    kind: anyKind,
    family: oneOf('ip', 'ip6', 'unspec'),
    regAddr: optional(register),
    regPort: optional(register),
  }),
  synproxy: fields<'synproxy'>({ kind: anyKind, mss: u16, wscale: u8, flags: u32 }),
  queue: fields<'queue'>({
    kind: anyKind,
    num: optional(u16),
    total: optional(u16),
    sregQnum: optional(register),
    flags: u16,
  }),
  dup: fields<'dup'>({
    kind: anyKind,
    sregAddr: optional(register),
    sregDev: optional(register),
  }),
  fwd: fields<'fwd'>({
    kind: anyKind,
    sregDev: register,
    sregAddr: optional(register),
    nfproto: optional(u8),
  }),
  notrack: fields<'notrack'>({ kind: anyKind }),
  exthdr: fields<'exthdr'>({
    kind: anyKind,
    op: exthdrOp,
    type: u8,
    offset: u32,
    len: u8,
    present: boolean,
    dreg: register,
  }),
  'exthdr-write': fields<'exthdr-write'>({
    kind: anyKind,
    op: exthdrOp,
    type: u8,
    offset: u32,
    len: u8,
    sreg: register,
  }),
  'exthdr-reset': fields<'exthdr-reset'>({ kind: anyKind, op: oneOf('tcpopt'), type: u8 }),
  fib: fields<'fib'>({
    kind: anyKind,
    result: oneOf('oif', 'oifname', 'type', 'present'),
    flags: list(oneOf('saddr', 'daddr', 'mark', 'iif', 'oif', 'present')),
    dreg: register,
  }),
  rt: fields<'rt'>({
    kind: anyKind,
    key: oneOf('classid', 'nexthop4', 'nexthop6', 'tcpmss', 'ipsec'),
    dreg: register,
  }),
  socket: fields<'socket'>({
    kind: anyKind,
    key: oneOf('transparent', 'mark', 'wildcard', 'cgroupv2'),
    level: optional(u32),
    dreg: register,
  }),
  osf: fields<'osf'>({ kind: anyKind, dreg: register, ttl: u8, flags: u32 }),
  xfrm: fields<'xfrm'>({
    kind: anyKind,
    dir: oneOf('in', 'out'),
    spnum: u8,
    key: oneOf('daddr4', 'daddr6', 'saddr4', 'saddr6', 'reqid', 'spi'),
    dreg: register,
  }),
  tunnel: fields<'tunnel'>({ kind: anyKind, key: oneOf('path', 'id'), dreg: register }),
  numgen: fields<'numgen'>({
    kind: anyKind,
    type: oneOf('inc', 'random'),
    modulus: u32,
    offset: u32,
    dreg: register,
  }),
  hash,
  objref,
  flow_offload: fields<'flow_offload'>({ kind: anyKind, table: name }),
  inner: fields<'inner'>({
    kind: anyKind,
    type: oneOf('vxlan', 'geneve', 'gre', 'gretap'),
    hdrsize: u32,
    flags: u32,
    expr: (value, path, problems) =>
      tagged('kind', { payload: EXPRS.payload, meta: EXPRS.meta })(value, path, problems),
  }),
  match: extensionFields(XT_MATCHES),
  target: extensionFields(XT_TARGETS),
  opaque: fields<'opaque'>({ kind: anyKind, text: string, reason: string }),
};
const exprOf = tagged('kind', EXPRS);

/** What keeps `value` from being an expression, with paths; nothing if it is one. */
export function validateExpr(value: unknown): readonly Problem[] {
  const problems: Problem[] = [];
  expr(value, '', problems);
  return problems;
}
