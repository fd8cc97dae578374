// Address translation: which IP version the new address is of, and that a port needs a transport
// protocol to be a port of.

import type { StatementOf } from '../ast/index.ts';
import { protocolConflict } from '../diagnostics/index.ts';
import {
  concatType,
  type Datatype,
  inetServiceType,
  invalidType,
  ip6addrType,
  ipaddrType,
} from '../types/index.ts';
import { allocate } from './allocate.ts';
import { acceptArgument, evaluateArgument } from './argument.ts';
import { expectType, type RuleContext } from './context.ts';
import { evaluate } from './evaluate.ts';
import { refuse, refuseWith } from './refuse.ts';
import type { NatStmt, TproxyStmt } from './statement.ts';
import type { Typed } from './typed.ts';

/** include/uapi/linux/netfilter/nf_nat.h: NF_NAT_RANGE_*. */
const FLAGS = { random: 4, persistent: 8, 'fully-random': 16 } as const;
const PROTO_SPECIFIED = 2;
const NETMAP = 64;

type NatAst = StatementOf<'snat' | 'dnat' | 'masquerade' | 'redirect'>;

const addressType = (family: string | undefined): Datatype =>
  family === 'ip' ? ipaddrType : family === 'ip6' ? ip6addrType : invalidType;

const PORT = { type: inetServiceType, len: 16, byteorder: 'big' } as const;

function inferFamily(cx: RuleContext, stmt: NatStmt): void {
  const { family } = cx.outer;
  if (family === 'ip' || family === 'ip6') {
    stmt.family ??= family;
    return;
  }
  if (family !== 'inet') refuse('wrong_family', stmt.span, 'NAT is only supported for IPv4/IPv6');
  if (stmt.addr === undefined) {
    stmt.family = 'inet';
    return;
  }
  const known = cx.outer.layers.nh.desc?.name;
  if (known === 'ip' || known === 'ip6') stmt.family ??= known;
}

/** In an inet table the key of a map may tell what the rule has not. */
function familyOfMap(x: Typed): 'ip' | 'ip6' | undefined {
  if (x.kind !== 'map') return undefined;
  const items = x.key.kind === 'concat' ? x.key.items : [x.key];
  let family: 'ip' | 'ip6' | undefined;
  for (const item of items) {
    const name = item.kind === 'payload' ? item.proto?.name : undefined;
    if (name === 'ip' || name === 'ip6') family = name;
  }
  return family;
}

function refuseOtherVersion(cx: RuleContext, stmt: NatStmt | TproxyStmt): void {
  const known = cx.outer.layers.nh.desc?.name;
  const wrong = (known === 'ip' || known === 'ip6') && stmt.family !== known;
  if (wrong) refuseWith(protocolConflict(stmt.span, stmt.family ?? 'the other', known));
}

const ambiguous = (stmt: NatStmt | TproxyStmt, word: string): never =>
  refuse('ambiguous_address', stmt.span, `'${word}' does not say which IP version it is for`, {
    hint: `write '${word} ip' or '${word} ip6' in an inet table`,
  });

function evaluateAddress(cx: RuleContext, stmt: NatStmt | TproxyStmt, word: string): Typed {
  const addr = stmt.addr as Typed;
  const { family } = cx.outer;
  if (family === 'inet' && (stmt.family === undefined || (stmt.family as string) === 'inet')) {
    stmt.family = familyOfMap(addr);
  }
  const type = addressType(family === 'inet' ? stmt.family : family);
  if (type === invalidType) ambiguous(stmt, word);
  const wanted = { type, len: type.size, byteorder: 'big', intervals: word !== 'tproxy' } as const;
  return evaluateArgument(cx, addr, wanted);
}

/** A map whose key has a port, or requires a transport protocol, brings it along. */
function mapHasTransport(addr: Typed | undefined): boolean {
  if (addr?.kind !== 'map' || addr.key.kind !== 'concat') return false;
  return addr.key.items.some((item) => {
    if (item.kind === 'payload' && item.base === 'th' && item.proto?.name !== 'th') return true;
    if (item.protocolKey !== true) return false;
    if (item.kind === 'meta') return item.key.protocolAbove === 'nh';
    return item.kind === 'payload' && item.base === 'nh';
  });
}

function requireTransport(cx: RuleContext, at: Typed, addr: Typed | undefined): void {
  if (cx.outer.layers.th.desc !== undefined || mapHasTransport(addr)) return;
  refuse(
    'no_transport',
    at.span,
    'transport protocol mapping is only valid after transport protocol match',
    {
      hint: "match the protocol first, as in 'meta l4proto tcp'",
    },
  );
}

export function evaluatePort(cx: RuleContext, port: Typed, addr: Typed | undefined): Typed {
  const result = evaluateArgument(cx, port, PORT);
  requireTransport(cx, result, addr);
  return result;
}

/** Whether the map leads to an address and a port. */
function leadsToConcat(cx: RuleContext, stmt: NatStmt): boolean {
  const { addr } = stmt;
  if (addr?.kind !== 'map') return false;
  if (addr.mapping.kind === 'set') {
    return addr.mapping.elements.some((e) => e.data?.kind === 'concat');
  }
  if (addr.mapping.kind !== 'setname') return false;
  addr.mapping = evaluate(cx, addr.mapping);
  if (addr.mapping.kind !== 'setref' || addr.mapping.set.data === undefined) {
    refuse('not_a_map', addr.mapping.span, 'expression is not a map');
  }
  return addr.mapping.set.data?.type.parts !== undefined;
}

function evaluateConcatMap(cx: RuleContext, stmt: NatStmt, word: string): void {
  const addr = stmt.addr as Typed;
  if (stmt.port !== undefined) {
    refuse('bad_nat', stmt.port.span, 'nat map and protocol are mutually exclusive');
  }
  if (stmt.family === undefined || stmt.family === 'inet') stmt.family = familyOfMap(addr);
  const address = addressType(stmt.family);
  if (address === invalidType) ambiguous(stmt, word);
  const type = concatType([address, inetServiceType]);
  expectType(cx, type, type.size);
  stmt.addr = evaluate(cx, addr);
  stmt.concat = true;
  requireTransport(cx, stmt.addr, stmt.addr);
  if (stmt.addr.kind !== 'map' || stmt.addr.mapping.kind !== 'setref') return;
  stmt.interval = stmt.addr.mapping.set.dataInterval;
  const wanted = { type, len: type.size, byteorder: 'big', intervals: true } as const;
  stmt.addr = acceptArgument(cx, stmt.addr, wanted);
}

function natFlags(x: NatAst): number {
  let flags = 0;
  for (const flag of x.flags) flags |= FLAGS[flag];
  // The parser leaves it to the type whether a prefix maps addresses one to one.
  return x.type === 'prefix' ? flags | NETMAP : flags;
}

export function evaluateNat(cx: RuleContext, x: NatAst): NatStmt {
  const stmt: NatStmt = {
    kind: 'nat',
    span: x.span,
    type: x.kind,
    family: x.family,
    flags: natFlags(x),
    concat: false,
    interval: false,
    ...(x.addr !== undefined && { addr: allocate(x.addr) }),
    ...(x.port !== undefined && { port: allocate(x.port) }),
  };
  inferFamily(cx, stmt);
  if (stmt.addr !== undefined) {
    refuseOtherVersion(cx, stmt);
    if (leadsToConcat(cx, stmt) || x.type === 'concat') {
      evaluateConcatMap(cx, stmt, x.kind);
      return stmt;
    }
    stmt.addr = evaluateAddress(cx, stmt, x.kind);
  }
  if (stmt.port !== undefined) {
    stmt.port = evaluatePort(cx, stmt.port, stmt.addr);
    stmt.flags |= PROTO_SPECIFIED;
  }
  return stmt;
}

export function evaluateTproxy(cx: RuleContext, x: StatementOf<'tproxy'>): TproxyStmt {
  const stmt: TproxyStmt = {
    kind: 'tproxy',
    span: x.span,
    family: x.family,
    ...(x.addr !== undefined && { addr: allocate(x.addr) }),
    ...(x.port !== undefined && { port: allocate(x.port) }),
  };
  const { family } = cx.outer;
  if (family === 'ip' || family === 'ip6') stmt.family ??= family;
  else if (family !== 'inet') {
    refuse('wrong_family', x.span, 'tproxy is only supported for IPv4/IPv6/INET');
  }
  if (cx.outer.layers.th.desc === undefined) {
    refuse('no_transport', x.span, 'transparent proxy support requires transport protocol match');
  }
  if (stmt.addr === undefined && stmt.port === undefined) {
    refuse('missing_argument', x.span, 'either address or port must be specified');
  }
  refuseOtherVersion(cx, stmt);
  if (stmt.addr !== undefined) stmt.addr = evaluateAddress(cx, stmt, 'tproxy');
  if (stmt.port !== undefined) stmt.port = evaluatePort(cx, stmt.port, stmt.addr);
  for (const part of [stmt.addr, stmt.port]) {
    if (part?.kind === 'range') refuse('range_argument', part.span, 'tproxy takes no ranges');
  }
  return stmt;
}
