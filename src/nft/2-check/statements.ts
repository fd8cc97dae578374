// One function per kind of statement: the syntax tree in, a checked statement out. Dependencies
// go into the rule before it on the way.

import {
  type StatefulStatement,
  type Statement,
  type StatementHandlers,
  type StatementOf,
  visitStatement,
} from '../ast/index.ts';
import { noSuchChain, noSuchFlowtable, noSuchObject, noSuchSet } from '../diagnostics/index.ts';
import {
  ifindexType,
  integerType,
  ip6addrType,
  ipaddrType,
  symbols,
  symbolValue,
  verdictType,
} from '../types/index.ts';
import { allocate } from './allocate.ts';
import { acceptArgument, evaluateArgument, missing, refuseRange } from './argument.ts';
import { expectExactly, expectNothing, expectType, type RuleContext } from './context.ts';
import { evaluate } from './evaluate.ts';
import { refuseWithoutConntrack } from './keyed.ts';
import { mangle } from './mangle.ts';
import { evaluateObjectMap } from './maps.ts';
import { evaluateMatch } from './match.ts';
import { meterSet } from './meter.ts';
import { evaluateNat, evaluateTproxy } from './nat.ts';
import { refuse, refuseWith } from './refuse.ts';
import { evaluateReject } from './reject.ts';
import { objectKey, type SetInfo } from './scope.ts';
import type { LogStmt, MatchStmt, Stmt } from './statement.ts';
import {
  type ElemX,
  isConstant,
  type Typed,
  type VerdictX,
  verdict as verdictOf,
} from './typed.ts';

/** Jumps go to chains of the same table. */
export function checkTarget(cx: RuleContext, x: VerdictX): void {
  if (x.chain === undefined || cx.table.chains.has(x.chain)) return;
  refuseWith(noSuchChain(x.chainSpan ?? x.span, x.chain, cx.table.chains.keys()));
}

function checkTargets(cx: RuleContext, x: Typed): void {
  if (x.kind === 'verdict') checkTarget(cx, x);
  if (x.kind !== 'map' || x.mapping.kind !== 'setref') return;
  const { set } = x.mapping;
  const made = cx.made.sets.find((one) => one.info === set)?.init;
  if (made?.kind !== 'set') return;
  for (const { data } of made.elements) if (data?.kind === 'verdict') checkTarget(cx, data);
}

function match(_x: StatementOf<'match'>, cx: RuleContext): Stmt {
  const stmt = cx.current as MatchStmt;
  evaluateMatch(cx, stmt);
  return stmt;
}

function verdict(x: StatementOf<'verdict'>, cx: RuleContext): Stmt {
  const checked = allocate(x.verdict) as VerdictX;
  checkTarget(cx, checked);
  return { kind: 'verdict', span: x.span, verdict: checked };
}

/** `jump { … }`: the chain is made for this rule, under a name nobody else has. */
function anonymousChain(x: StatementOf<'chain'>, cx: RuleContext): Stmt {
  const name = cx.scope.anonymousChain(cx.table);
  cx.made.chains.push({ name, rules: x.rules });
  return {
    kind: 'verdict',
    span: x.span,
    verdict: verdictOf(x.span, x.verdict, { name, span: x.span }),
  };
}

function vmap(x: StatementOf<'vmap'>, cx: RuleContext): Stmt {
  expectExactly(cx, verdictType, 'none', 0);
  const key = allocate(x.key);
  const map = evaluate(cx, {
    kind: 'map',
    span: x.span,
    type: verdictType,
    byteorder: 'none',
    len: 0,
    key,
    mapping: allocate(x.mapping),
  });
  if (map.type !== verdictType) {
    refuse('type_mismatch', x.mapping.span, 'a verdict map must lead to verdicts');
  }
  checkTargets(cx, map);
  return { kind: 'vmap', span: x.span, map };
}

const LOG_PREFIX_LENGTH = 128;

function log(x: StatementOf<'log'>): Stmt {
  const grouped = [x.group, x.snaplen, x.queueThreshold].some((option) => option !== undefined);
  if (grouped && x.level !== undefined) {
    refuse('bad_log', x.span, 'level and group are mutually exclusive');
  }
  if (grouped && x.flags.length > 0) {
    refuse('bad_log', x.span, 'flags and group are mutually exclusive');
  }
  if (x.level === 'audit' && (grouped || x.prefix !== undefined || x.flags.length > 0)) {
    refuse('bad_log', x.span, "log level audit doesn't support any further options");
  }
  if (x.prefix === '') refuse('bad_log', x.span, 'log prefix must have at least one character');
  if ((x.prefix?.length ?? 0) >= LOG_PREFIX_LENGTH) {
    refuse('bad_log', x.span, `log prefix is longer than ${LOG_PREFIX_LENGTH - 1} characters`);
  }
  return logStatement(x);
}

/** snaplen and queue-threshold are for groups; without one, nft leaves them out. */
function logStatement(x: StatementOf<'log'>): LogStmt {
  const level = x.level === undefined ? undefined : symbolValue(symbols.LOG_LEVEL, x.level);
  const grouped = x.group !== undefined;
  let flags = 0;
  for (const flag of x.flags) flags |= symbolValue(symbols.LOG_FLAG, flag) ?? 0;
  return {
    kind: 'log',
    span: x.span,
    ...(x.prefix !== undefined && { prefix: x.prefix }),
    ...(level !== undefined && { level }),
    ...(flags !== 0 && { flags }),
    ...(grouped && { group: x.group }),
    ...(grouped && x.snaplen !== undefined && { snaplen: x.snaplen }),
    ...(grouped && x.queueThreshold !== undefined && { qthreshold: x.queueThreshold }),
  };
}

const QUEUE_FLAGS = { bypass: 1, fanout: 2 } as const;
const QUEUE_NUMBER = { type: integerType, len: 16, byteorder: 'host' } as const;

function queue(x: StatementOf<'queue'>, cx: RuleContext): Stmt {
  let flags = 0;
  for (const flag of x.flags) flags |= QUEUE_FLAGS[flag];
  if (x.num === undefined) return { kind: 'queue', span: x.span, flags };
  const num = evaluateArgument(cx, allocate(x.num), QUEUE_NUMBER);
  if ((flags & QUEUE_FLAGS.fanout) !== 0 && num.kind !== 'range') {
    refuse('bad_queue', x.span, 'fanout requires a range to be specified');
  }
  if (cx.expect.max > 0xffffn) {
    refuse('value_out_of_range', x.num.span, 'queue numbers are 0 to 65535');
  }
  return { kind: 'queue', span: x.span, flags, num };
}

const DEVICE = { type: ifindexType, len: 32, byteorder: 'host' } as const;

function dup(x: StatementOf<'dup'>, cx: RuleContext): Stmt {
  const { family } = cx.outer;
  const given = allocate(x.addr);
  if (family === 'netdev') {
    if (x.dev !== undefined) refuse('bad_dup', x.dev.span, 'cannot specify device');
    const to = refuseRange(evaluateArgument(cx, given, DEVICE), 'dup');
    return { kind: 'dup', span: x.span, to, toDevice: true };
  }
  if (family !== 'ip' && family !== 'ip6')
    refuse('wrong_family', x.span, 'dup: unsupported family');
  const type = family === 'ip' ? ipaddrType : ip6addrType;
  const wanted = { type, len: type.size, byteorder: 'big' } as const;
  const to = refuseRange(evaluateArgument(cx, given, wanted), 'dup');
  const device =
    x.dev === undefined
      ? undefined
      : refuseRange(evaluateArgument(cx, allocate(x.dev), DEVICE), 'dup');
  const dev = device === undefined ? {} : { dev: device };
  return { kind: 'dup', span: x.span, to, toDevice: false, ...dev };
}

/** enum nf_inet_proto: NFPROTO_IPV4, NFPROTO_IPV6. */
const NFPROTO = { ip: 2, ip6: 10 } as const;

function fwd(x: StatementOf<'fwd'>, cx: RuleContext): Stmt {
  if (cx.outer.family !== 'netdev') {
    refuse('wrong_family', x.span, 'fwd is for netdev tables only');
  }
  const dev = refuseRange(evaluateArgument(cx, allocate(x.dev), DEVICE), 'fwd');
  if (x.addr === undefined) return { kind: 'fwd', span: x.span, dev };
  if (x.family === undefined) return missing(x.span, 'family');
  const type = x.family === 'ip' ? ipaddrType : ip6addrType;
  const wanted = { type, len: type.size, byteorder: 'big' } as const;
  const addr = refuseRange(evaluateArgument(cx, allocate(x.addr), wanted), 'fwd');
  return { kind: 'fwd', span: x.span, dev, addr, nfproto: NFPROTO[x.family] };
}

function findSet(cx: RuleContext, name: { name: string; span: Stmt['span'] }): SetInfo {
  const set = cx.table.sets.get(name.name);
  return set ?? refuseWith(noSuchSet(name.span, name.name, cx.table.sets.keys()));
}

/** The key of `add @set { key }`, typed by the set's own. */
function dynamicKey(cx: RuleContext, set: SetInfo, x: ElemX): Typed {
  expectType(cx, set.key.type, set.key.len);
  cx.expect.key = set.key;
  const { type, len, byteorder } = set.key;
  const key = acceptArgument(cx, evaluate(cx, x.key), { type, len, byteorder });
  if (x.options?.comment !== undefined) {
    refuse('bad_update', x.span, 'key expression comments are not supported');
  }
  return key;
}

const timeoutOf = (x: ElemX): { timeout?: number } => {
  const timeout = x.options?.timeout;
  return typeof timeout === 'number' && timeout > 0 ? { timeout } : {};
};

function dynset(x: StatementOf<'set'>, cx: RuleContext): Stmt {
  const set = findSet(cx, x.set);
  const element = allocate(x.elem) as ElemX;
  const key = dynamicKey(cx, set, element);
  // A set that rules add to must be of a kind that can be added to; nft repairs the declaration.
  set.dynamic = true;
  const statements = [...(element.options?.statements ?? []), ...x.statements];
  return { kind: 'dynset', span: x.span, op: x.op, set, key, statements, ...timeoutOf(element) };
}

function dynmap(x: StatementOf<'map'>, cx: RuleContext): Stmt {
  const set = findSet(cx, x.set);
  if (set.data === undefined) {
    return refuse('not_a_map', x.set.span, `'${set.name}' is not a map`);
  }
  const element = allocate(x.elem) as ElemX;
  const key = dynamicKey(cx, set, element);
  const { type, len, byteorder } = set.data;
  const given = allocate(x.data) as ElemX;
  const data = evaluateArgument(cx, given.key, { type, len, byteorder });
  const statements = [...(element.options?.statements ?? []), ...x.statements];
  const shape = { kind: 'dynset', span: x.span, op: x.op, set, key, data, statements } as const;
  return { ...shape, ...timeoutOf(element) };
}

function meter(x: StatementOf<'meter'>, cx: RuleContext): Stmt {
  const element = allocate(x.key) as ElemX;
  expectType(cx, undefined, 0);
  const key = evaluate(cx, element.key);
  if (isConstant(key)) refuse('constant_match', key.span, 'the key of a meter comes from packets');
  const set = meterSet(cx, x, key, element);
  const timeout = timeoutOf(element);
  const op = timeout.timeout === undefined ? 'add' : 'update';
  return { kind: 'dynset', span: x.span, op, set, key, statements: [meterState(x)], ...timeout };
}

/** What an element of a meter carries: something that counts. */
function meterState({ statement }: StatementOf<'meter'>): StatefulStatement {
  switch (statement.kind) {
    case 'counter':
    case 'quota':
    case 'limit':
    case 'ct count':
    case 'last':
      return statement;
    default:
      return refuse('bad_meter', statement.span, 'the statement of a meter must have state', {
        hint: "'limit', 'quota', 'counter', 'ct count' and 'last' have",
      });
  }
}

function flow(x: StatementOf<'flow'>, cx: RuleContext): Stmt {
  const { flowtables } = cx.table;
  if (!flowtables.has(x.flowtable.name)) {
    refuseWith(noSuchFlowtable(x.flowtable.span, x.flowtable.name, flowtables));
  }
  return { kind: 'flow', span: x.span, flowtable: x.flowtable.name };
}

function objref(x: StatementOf<'objref'>, cx: RuleContext): Stmt {
  const name = allocate(x.name);
  if (name.kind === 'map') {
    const map = evaluateObjectMap(cx, name, x.object);
    return { kind: 'objref', span: x.span, object: x.object, map };
  }
  if (name.kind !== 'symbol')
    return refuse('bad_object', name.span, 'an object is named by a word');
  if (!cx.table.objects.has(objectKey(x.object, name.text))) {
    const known = [...cx.table.objects]
      .filter((key) => key.startsWith(`${x.object} `))
      .map((key) => key.slice(x.object.length + 1));
    refuseWith(noSuchObject(name.span, x.object, name.text, known));
  }
  return { kind: 'objref', span: x.span, object: x.object, name: name.text };
}

/** include/uapi/linux/netfilter/nf_synproxy.h: NF_SYNPROXY_OPT_*. */
export const synproxyFlags = (x: {
  readonly mss?: number;
  readonly wscale?: number;
  readonly timestamp: boolean;
  readonly sackPerm: boolean;
}): number =>
  (x.mss === undefined ? 0 : 1) |
  (x.wscale === undefined ? 0 : 2) |
  (x.sackPerm ? 4 : 0) |
  (x.timestamp ? 8 : 0);

const stateful = (x: StatementOf<'counter' | 'quota' | 'limit' | 'ct count' | 'last'>): Stmt => ({
  kind: 'stateful',
  span: x.span,
  statement: x,
});

const handlers: StatementHandlers<RuleContext, Stmt> = {
  verdict,
  chain: anonymousChain,
  vmap,
  match,
  counter: stateful,
  quota: stateful,
  limit: stateful,
  'ct count': (x, cx) => {
    refuseWithoutConntrack(cx, x.span);
    return stateful(x);
  },
  last: stateful,
  log,
  reject: (x, cx) => evaluateReject(cx, x),
  snat: (x, cx) => evaluateNat(cx, x),
  dnat: (x, cx) => evaluateNat(cx, x),
  masquerade: (x, cx) => evaluateNat(cx, x),
  redirect: (x, cx) => evaluateNat(cx, x),
  tproxy: (x, cx) => evaluateTproxy(cx, x),
  synproxy: (x) => ({
    kind: 'synproxy',
    span: x.span,
    mss: x.mss ?? 0,
    wscale: x.wscale ?? 0,
    flags: synproxyFlags(x),
  }),
  queue,
  dup,
  fwd,
  notrack: (x) => ({ kind: 'notrack', span: x.span }),
  mangle: (x, cx) => mangle(cx, x, cx.current as Stmt),
  reset: (x, cx) => {
    const option = evaluate(cx, allocate(x.option));
    if (option.kind !== 'exthdr') return refuse('bad_reset', x.span, 'only options can be reset');
    return { kind: 'reset', span: x.span, option };
  },
  set: dynset,
  map: dynmap,
  meter,
  flow,
  objref,
  xt: (x) => ({ kind: 'xt', span: x.span, type: x.type, name: x.name }),
};

/** What stands in the rule while a statement is being checked. */
function placeholder(x: Statement): Stmt {
  const { span } = x;
  if (x.kind === 'match') {
    return { kind: 'match', span, op: x.op, left: allocate(x.left), right: allocate(x.right) };
  }
  if (x.kind === 'mangle' && (x.key.kind === 'payload' || x.key.kind === 'payload raw')) {
    const target = allocate(x.key);
    if (target.kind === 'payload') return { kind: 'set payload', span, target, value: target };
  }
  return { kind: 'notrack', span };
}

const TERMINAL: ReadonlySet<Stmt['kind']> = new Set<Stmt['kind']>([
  'reject',
  'nat',
  'fwd',
  'queue',
]);

/** Nothing behind such a statement would ever be reached. */
export const isTerminal = (stmt: Stmt): boolean =>
  TERMINAL.has(stmt.kind) || (stmt.kind === 'verdict' && stmt.verdict.verdict !== 'continue');

/** Checks one statement and puts it at the end of the rule, behind its dependencies. */
export function checkStatement(cx: RuleContext, x: Statement): Stmt {
  const standIn = placeholder(x);
  cx.statements.push(standIn);
  cx.current = standIn;
  expectNothing(cx);
  cx.statementLen = 0;
  cx.set = undefined;
  cx.depth = 0;
  const checked = visitStatement(handlers, x, cx);
  if (checked !== standIn) cx.statements[cx.statements.indexOf(standIn)] = checked;
  cx.current = undefined;
  cx.tunnel = undefined;
  return checked;
}
