// From the syntax tree to typed expressions: selectors get the type of their key or field,
// literals stay words until something says what they are compared with.

import {
  type ElementExpression,
  type Expression,
  type ExpressionHandlers,
  type ExpressionOf,
  type InnerTunnel,
  visitExpression,
} from '../ast/index.ts';
import {
  booleanType,
  CT_KEYS,
  type Exthdr,
  exthdrByType,
  exthdrField,
  type Field,
  fibAddrType,
  findField,
  IP_OPTIONS,
  IPV6_EXTHDRS,
  ifindexType,
  ifnameType,
  inetServiceType,
  integerType,
  invalidType,
  type Key,
  META_KEYS,
  PROTOCOLS,
  type Protocol,
  protocol,
  RT_KEYS,
  SCTP_CHUNKS,
  SOCKET_KEYS,
  stringType,
  TCP_OPTIONS,
  TUNNEL_KEYS,
  XFRM_KEYS,
  xintegerType,
} from '../types/index.ts';
import { refuse } from './refuse.ts';
import {
  binop,
  constant,
  type ElemX,
  type ExthdrX,
  elem,
  type MetaX,
  type PayloadX,
  range,
  rawPayload,
  setLiteral,
  symbol,
  type Typed,
  verdict,
} from './typed.ts';

function key(keys: ReadonlyMap<string, Key>, name: string, x: Expression): Key {
  return keys.get(name) ?? refuse('unknown_key', x.span, `${x.kind} has no key named '${name}'`);
}

const keyed = (x: Expression, found: Key) => ({
  span: x.span,
  type: found.type,
  byteorder: found.byteorder,
  len: found.len,
  protocolKey: found.protocolAbove !== undefined,
});

/** Whether a match on the field says what the next header is. */
const leadsOn = (proto: Protocol, field: Field): boolean =>
  field === proto.key ||
  (proto.name === 'ip' && field.name === 'protocol') ||
  (proto.name === 'ip6' && field.name === 'nexthdr');

const FIELD_ALIASES = new Map([['param-problem', 'parameter-problem']]);

const innerOf = (tunnel: InnerTunnel): NonNullable<PayloadX['inner']> | undefined => {
  const proto = protocol(tunnel);
  return proto.inner && { ...proto.inner, proto };
};

export function payloadOf(proto: Protocol, field: Field, span: PayloadX['span']): PayloadX {
  return {
    kind: 'payload',
    span,
    type: field.type,
    byteorder: field.byteorder,
    len: field.len,
    protocolKey: leadsOn(proto, field),
    proto,
    field,
    base: proto.base,
    offset: field.offset,
    // Ports of whatever transport there is need no match on one.
    raw: proto.name === 'th',
    evaluated: false,
  };
}

function payload(x: ExpressionOf<'payload'>): Typed {
  const proto = PROTOCOLS.get(x.protocol);
  const field = proto && findField(proto, FIELD_ALIASES.get(x.field) ?? x.field);
  if (proto === undefined || field === undefined) {
    return refuse('unknown_field', x.span, `no header field '${x.protocol} ${x.field}'`);
  }
  const result = payloadOf(proto, field, x.span);
  // Fields of the tunnel header itself are read through the tunnel, too.
  const tunnel = x.tunnel ?? (proto.base === 'ih' ? (proto.name as InnerTunnel) : undefined);
  const inner = tunnel === undefined ? undefined : innerOf(tunnel);
  return inner === undefined ? result : { ...result, inner };
}

function payloadRaw(x: ExpressionOf<'payload raw'>): Typed {
  if (x.len === 0) refuse('empty_load', x.span, 'a load of no bits');
  const load: PayloadX = { ...rawPayload(x.span, x.base, x.offset, x.len), type: xintegerType };
  const isPort = x.base === 'th' && x.len === 16 && (x.offset === 0 || x.offset === 16);
  return isPort ? { ...load, type: inetServiceType, proto: protocol('th') } : load;
}

interface Option {
  readonly op: ExthdrX['op'];
  readonly number: number;
  readonly field: Field | undefined;
}

function exthdr(x: Expression, { op, number, field }: Option): ExthdrX {
  const len = field?.len ?? 8;
  return {
    kind: 'exthdr',
    span: x.span,
    type: field?.type ?? booleanType,
    byteorder: 'big',
    len,
    op,
    number,
    offset: field?.offset ?? 0,
    present: field === undefined,
    fieldLen: len,
  };
}

function named(
  x: Expression,
  op: ExthdrX['op'],
  headers: ReadonlyMap<string, Exthdr>,
  name: string,
  fieldName: string | undefined,
): Typed {
  const header = headers.get(name);
  if (header === undefined) return refuse('unknown_field', x.span, `nothing is called '${name}'`);
  const field = fieldName === undefined ? undefined : exthdrField(header, fieldName);
  if (fieldName !== undefined && field === undefined) {
    refuse('unknown_field', x.span, `'${name}' has no field '${fieldName}'`);
  }
  return exthdr(x, { op, number: header.type, field });
}

function tcpOption(x: ExpressionOf<'tcp option'>): Typed {
  const number = typeof x.name === 'number' ? x.name : undefined;
  if (x.raw !== undefined) {
    const kind = number ?? TCP_OPTIONS.get(String(x.name))?.type ?? 0;
    const field: Field = { name: '', type: integerType, byteorder: 'big', ...x.raw };
    return exthdr(x, { op: 'tcpopt', number: kind, field });
  }
  if (number === undefined) return named(x, 'tcpopt', TCP_OPTIONS, String(x.name), x.field);
  const header = exthdrByType(TCP_OPTIONS, number);
  const field = x.field === undefined ? undefined : header && exthdrField(header, x.field);
  return exthdr(x, { op: 'tcpopt', number, field: field ?? unnamedTcpField(x.field) });
}

/** An option known by its number only still has a kind and a length (RFC 9293 §3.1). */
function unnamedTcpField(name: string | undefined): Field | undefined {
  if (name === undefined) return undefined;
  const offset = name === 'kind' ? 0 : 8;
  return { name, type: integerType, byteorder: 'big', offset, len: 8 };
}

/** A routing header's presence is that of the plain one. */
const ipv6Exthdr = (x: ExpressionOf<'exthdr'>): Typed =>
  named(x, 'ipv6', IPV6_EXTHDRS, x.name, x.field);

function meta(x: ExpressionOf<'meta'>): MetaX {
  const found = key(META_KEYS, x.key, x);
  return { kind: 'meta', ...keyed(x, found), key: found };
}

function ct(x: ExpressionOf<'ct'>): Typed {
  const found = key(CT_KEYS, x.key === 'l3protocol' ? 'l3proto' : x.key, x);
  return { kind: 'ct', ...keyed(x, found), key: found, ...(x.dir !== undefined && { dir: x.dir }) };
}

const FIB_RESULTS = {
  oif: { type: ifindexType, len: 32 },
  oifname: { type: ifnameType, len: 128 },
  type: { type: fibAddrType, len: 32 },
  check: { type: booleanType, len: 8 },
} as const;

function fib(x: ExpressionOf<'fib'>): Typed {
  const has = (flag: (typeof x.flags)[number]): boolean => x.flags.includes(flag);
  if (has('saddr') === has('daddr')) {
    refuse('bad_fib', x.span, 'a route lookup takes either saddr or daddr');
  }
  if (has('iif') && has('oif')) refuse('bad_fib', x.span, 'iif and oif exclude each other');
  if (has('oif') && x.result !== 'type') {
    refuse('bad_fib', x.span, `fib cannot look up ${x.result} for an output device`);
  }
  const result = x.result === 'check' ? 'oif' : x.result;
  const shape = { span: x.span, byteorder: 'host', ...FIB_RESULTS[x.result] } as const;
  return { kind: 'fib', ...shape, result, flags: x.flags, present: x.result === 'check' };
}

function rt(x: ExpressionOf<'rt'>): Typed {
  const nexthop = x.key === 'nexthop';
  const found = key(RT_KEYS, nexthop ? (x.family === 'ip6' ? 'nexthop6' : 'nexthop4') : x.key, x);
  const family = x.family === undefined ? {} : { family: x.family };
  return { kind: 'rt', ...keyed(x, found), key: found, nexthop, ...family };
}

function socket(x: ExpressionOf<'socket'>): Typed {
  const found = key(SOCKET_KEYS, x.key, x);
  return { kind: 'socket', ...keyed(x, found), key: found, level: x.level ?? 0 };
}

function ipsec(x: ExpressionOf<'ipsec'>): Typed {
  const suffix = x.family === undefined ? '' : x.family === 'ip6' ? '6' : '4';
  const found = key(XFRM_KEYS, `${x.key}${suffix}`, x);
  return { kind: 'xfrm', ...keyed(x, found), key: found, dir: x.dir, spnum: x.spnum };
}

/** enum nft_osf_flags and the values of `ttl`. */
function osf(x: ExpressionOf<'osf'>): Typed {
  const ttl = x.ttl === 'loose' ? 1 : x.ttl === 'skip' ? 2 : 0;
  const flags = x.key === 'version' ? 1 : 0;
  const shape = { span: x.span, type: stringType, byteorder: 'host', len: 128 } as const;
  return { kind: 'osf', ...shape, ttl, flags };
}

const NUMBER = { type: integerType, byteorder: 'host', len: 32 } as const;

function checkModulus(x: ExpressionOf<'numgen' | 'jhash' | 'symhash'>): void {
  if (x.mod === 0) refuse('bad_modulus', x.span, 'the modulus must be greater than 0');
  if (x.mod + x.offset > 0x1_0000_0000) {
    refuse('bad_modulus', x.span, 'modulus and offset together exceed 32 bits');
  }
}

function numgen(x: ExpressionOf<'numgen'>): Typed {
  checkModulus(x);
  return { kind: 'numgen', span: x.span, ...NUMBER, mode: x.mode, mod: x.mod, offset: x.offset };
}

function hash(x: ExpressionOf<'jhash' | 'symhash'>): Typed {
  checkModulus(x);
  return {
    kind: 'hash',
    span: x.span,
    ...NUMBER,
    mod: x.mod,
    offset: x.offset,
    ...(x.kind === 'jhash' && { expr: allocate(x.expr) }),
    ...(x.kind === 'jhash' && x.seed !== undefined && { seed: x.seed }),
  };
}

const untyped = (x: Expression) =>
  ({ span: x.span, type: invalidType, byteorder: 'none', len: 0 }) as const;

/** Elements of a set; the key of an element may itself be a set (`{ 1, 2 } : accept`). */
const element = (x: ElementExpression): ElemX =>
  elem(allocate(x.key), x.data === undefined ? undefined : allocate(x.data), x.options);

/** Elements one by one, as they are asked for. */
export function* allocateEach(items: readonly ElementExpression[]): Iterable<ElemX> {
  for (const item of items) yield element(item);
}

const handlers: ExpressionHandlers<undefined, Typed> = {
  payload,
  'payload raw': payloadRaw,
  exthdr: ipv6Exthdr,
  'tcp option': tcpOption,
  'ip option': (x) => named(x, 'ipv4', IP_OPTIONS, x.name, x.field),
  'sctp chunk': (x) => named(x, 'sctp', SCTP_CHUNKS, x.name, x.field),
  'dccp option': (x) => exthdr(x, { op: 'dccp', number: x.type, field: undefined }),
  meta,
  ct,
  socket,
  osf,
  fib,
  rt,
  ipsec,
  numgen,
  jhash: hash,
  symhash: hash,
  tunnel: (x) => {
    const found = key(TUNNEL_KEYS, x.key, x);
    return { kind: 'tunnel', ...keyed(x, found), key: found };
  },
  symbol: (x) => symbol(x.span, x.name, x.form === 'wildcard'),
  integer: (x) => symbol(x.span, String(x.value)),
  boolean: (x) => constant(x.span, booleanType, 'host', 8, x.value ? 1 : 0),
  prefix: (x) => ({ kind: 'prefix', ...untyped(x), prefix: allocate(x.addr), prefixLen: x.len }),
  range: (x) => range(x.span, allocate(x.from), allocate(x.to)),
  concat: (x) => ({
    kind: 'concat',
    ...untyped(x),
    items: x.items.map(allocate),
    fieldLens: [],
  }),
  list: (x) => ({ kind: 'list', ...untyped(x), items: x.items.map(allocate) }),
  set: (x) => setLiteral(x.span, x.elements.map(element)),
  elem: element,
  catchall: (x) => ({ kind: 'catchall', ...untyped(x) }),
  binop: (x) => binop(x.span, x.op, allocate(x.left), allocate(x.right)),
  map: (x) => ({
    kind: 'map',
    ...untyped(x),
    key: allocate(x.key),
    mapping: allocate(x.mapping),
  }),
  setref: (x) => ({ kind: 'setname', ...untyped(x), name: x.name }),
  verdict: (x) => verdict(x.span, x.verdict, x.target),
};

export function allocate(x: Expression): Typed {
  return visitExpression(handlers, x, undefined);
}
