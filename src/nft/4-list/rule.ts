// Rules of a program as rules of the syntax tree.

import type { Rule as ProgramRule, Table } from '../../program/index.ts';
import {
  type ElementExpression,
  type Expression,
  type MangleKey,
  NO_SPAN,
  type Rule,
  type Statement,
} from '../ast/index.ts';
import {
  concatType,
  type Datatype,
  datatypeOf,
  ifindexType,
  inetServiceType,
  integerType,
  ip6addrType,
  ipaddrType,
  isBitmask,
  stringType,
} from '../types/index.ts';
import { type Builder, expr, put } from './builder.ts';
import { forgetDependencies, type Match } from './layers.ts';
import { lift } from './lift.ts';
import type { Lifted } from './machine.ts';
import { resolveMatch } from './match.ts';
import { putNat, putReject } from './nat.ts';
import { type Operand, popcount } from './operand.ts';
import { asEventList, typeOf } from './operand-type.ts';
import { render, renderSet } from './render.ts';
import { layersFor, resolve, resolverOf, resolveVmap } from './resolve.ts';
import { statefulStatement } from './simple.ts';
import { number, type ValueContext } from './values.ts';
import { resolveWrite } from './write.ts';

const span = NO_SPAN;

const OPS = {
  eq: 'implicit',
  neq: '!=',
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>=',
  implicit: 'implicit',
  negate: '!',
} as const;

/** nft writes `==` only where leaving it out would mean a bit test (must_print_eq_op). */
function operatorOf(
  match: Match,
  type: Datatype,
  cx: ValueContext,
): Extract<Statement, { kind: 'match' }>['op'] {
  if (match.op !== 'eq') return OPS[match.op];
  // JSON always says which comparison is meant.
  if (cx.json) return '==';
  const flag = isBitmask(type) && match.right.kind === 'value';
  return flag || match.left.kind === 'binop' ? '==' : 'implicit';
}

function matchStatement(match: Match, cx: ValueContext): Statement {
  const type = typeOf(match.left);
  return {
    kind: 'match',
    span,
    op: operatorOf(match, type, cx),
    left: render(match.left, keyTypes(match, type), cx),
    right: wholeFlags(match, type) ?? render(match.right, type, boundContext(match, type, cx)),
  };
}

const BOUNDS: ReadonlySet<Match['op']> = new Set(['lt', 'lte', 'gt', 'gte']);

/**
 * A bound on a value of host byte order was converted to compare it, and nft then finds no name
 * for it: `ct status > 0x10`.
 */
function boundContext(match: Match, type: Datatype, cx: ValueContext): ValueContext {
  if (!BOUNDS.has(match.op) || type.byteorder !== 'host' || type.size <= 8) return cx;
  if (match.right.kind === 'value' && match.right.value === 0n) return cx;
  return { ...cx, options: { ...cx.options, numericSymbols: true } };
}

/** A constant in a concatenation is of the type that the set has in its place. */
function keyTypes(match: Match, type: Datatype): Datatype {
  const { left, right } = match;
  if (left.kind !== 'concat' || right.kind !== 'set') return type;
  const parts = datatypeOf(right.set.keyType)?.parts;
  if (parts?.length !== left.items.length) return type;
  return concatType(
    left.items.map((item, i) => (item.kind === 'value' ? parts[i]! : typeOf(item))),
  );
}

/** Several bits compared with a flag field itself: nft shows the number (payload_match_expand). */
function wholeFlags(match: Match, type: Datatype): Expression | undefined {
  const { left, right } = match;
  if (left.kind !== 'payload' || right.kind !== 'value' || !isBitmask(type)) return undefined;
  return popcount(right.value) > 1 ? number(right.value, type) : undefined;
}

/** Anything with an effect ends what could be implied later (rule_maybe_reset_payload_deps). */
function endOfMatches(b: Builder): void {
  forgetDependencies(b.r.outer);
  forgetDependencies(b.r.inner);
}

function elementOf(b: Builder, o: Operand, set: Datatype, timeout?: number): ElementExpression {
  const options =
    timeout !== undefined && timeout > 0 ? { options: { statements: [], timeout } } : {};
  return { kind: 'elem', span, key: expr(b, o, set), ...options };
}

function putDynset(b: Builder, l: Extract<Lifted, { kind: 'dynset' }>): void {
  const keyType = datatypeOf(l.set.keyType) ?? integerType;
  const elem = elementOf(b, fieldsOf(l.key), keyType, l.expr.timeout);
  const statements = l.expr.exprs.flatMap((e) => {
    const statement = statefulStatement(e);
    return statement === undefined ? [] : [statement];
  });
  const set = { name: l.set.name, span };
  const first = statements[0];
  if (l.data !== undefined) {
    const data = elementOf(b, l.data, datatypeOf(l.set.dataType ?? '') ?? integerType);
    put(b, { kind: 'map', span, op: l.expr.op, set, elem, data, statements });
  } else if (l.set.flags.includes('anonymous') && first !== undefined) {
    const size = l.set.size === undefined ? {} : { size: l.set.size };
    put(b, { kind: 'meter', span, name: set, key: elem, statement: first, ...size });
  } else {
    put(b, { kind: 'set', span, op: l.expr.op, set, elem, statements });
  }
}

/** A key under a mask is a field here, with no comparison to tell (RULE_PP_REMOVE_OP_AND). */
const fieldsOf = (o: Operand): Operand =>
  o.kind === 'binop' ? { kind: 'concat', bits: o.bits, items: [o] } : o;

function putExthdr(b: Builder, l: Extract<Lifted, { kind: 'exthdr write' }>): void {
  const key = expr(b, l.target);
  if (key.kind !== 'tcp option' && key.kind !== 'exthdr' && key.kind !== 'ip option') return;
  if (l.value !== undefined) {
    put(b, { kind: 'mangle', span, key, value: expr(b, l.value, typeOf(l.target)) });
  } else if (key.kind === 'tcp option') {
    put(b, { kind: 'reset', span, option: key });
  }
}

function putWrite(b: Builder, l: Extract<Lifted, { kind: 'payload write' }>): void {
  const { target, value } = resolveWrite(b.r, l.target, l.value);
  const type = typeOf(target);
  const key = render(target, type, b.cx) as MangleKey;
  put(b, { kind: 'mangle', span, key, value: render(value, type, b.cx) });
}

function putTproxy(b: Builder, l: Extract<Lifted, { kind: 'tproxy' }>): void {
  const family = b.table.family === 'inet' && l.family !== 'unspec' ? { family: l.family } : {};
  const addr = l.addr && expr(b, l.addr, l.family === 'ip6' ? ip6addrType : ipaddrType);
  const port = l.port && expr(b, l.port, inetServiceType);
  put(b, { kind: 'tproxy', span, ...family, ...(addr && { addr }), ...(port && { port }) });
}

const NFPROTO_IPV6 = 10;

function putFwd(b: Builder, l: Extract<Lifted, { kind: 'fwd' }>): void {
  const dev = expr(b, l.dev, ifindexType);
  if (l.addr === undefined) {
    put(b, { kind: 'fwd', span, dev });
    return;
  }
  const family = l.nfproto === NFPROTO_IPV6 ? 'ip6' : 'ip';
  const addr = expr(b, l.addr, family === 'ip6' ? ip6addrType : ipaddrType);
  put(b, { kind: 'fwd', span, dev, family, addr });
}

function putDup(b: Builder, l: Extract<Lifted, { kind: 'dup' }>): void {
  const dev = l.dev && expr(b, l.dev, ifindexType);
  const addr = l.addr && expr(b, l.addr, b.table.family === 'ip6' ? ip6addrType : ipaddrType);
  // netdev tables know no address: the device is the target.
  if (addr === undefined) {
    if (dev !== undefined) put(b, { kind: 'dup', span, addr: dev });
    return;
  }
  put(b, { kind: 'dup', span, addr, ...(dev && { dev }) });
}

const QUEUE_FLAGS = [
  [1, 'bypass'],
  [2, 'fanout'],
] as const;

function putObjref(b: Builder, l: Extract<Lifted, { kind: 'objref map' }>): void {
  const object = l.map.mapping.set.objType ?? 'counter';
  if (object === 'connlimit') return;
  put(b, { kind: 'objref', span, object, name: expr(b, l.map, stringType) });
}

function build(b: Builder, l: Lifted): void {
  if (l.kind === 'match') {
    const from = b.r.out.length;
    resolveMatch(b.r, l);
    for (const resolved of b.r.out.slice(from)) {
      if (resolved.kind === 'match') b.slots.push({ match: resolved });
    }
    return;
  }
  if (l.kind === 'vmap') {
    const key = resolveVmap(b.r, l.key, l.mapping);
    const keyType = typeOf(key);
    const mapping = renderSet(l.mapping, keyType, b.cx);
    put(b, { kind: 'vmap', span, key: render(key, keyType, b.cx), mapping });
    layersFor(b.r, undefined).previous = undefined;
    return;
  }
  buildStatement(b, l);
  endOfMatches(b);
}

function buildStatement(b: Builder, l: Exclude<Lifted, Match | { kind: 'vmap' }>): void {
  switch (l.kind) {
    case 'done':
      put(b, chainStatement(b, l.statement));
      return;
    case 'payload write':
      putWrite(b, l);
      return;
    case 'exthdr write':
      putExthdr(b, l);
      return;
    case 'mangle': {
      const value = asEventList(l.type, resolve(b.r, l.value));
      put(b, { kind: 'mangle', span, key: l.key, value: render(value, l.type, b.cx) });
      return;
    }
    case 'nat':
      putNat(b, l);
      return;
    case 'tproxy':
      putTproxy(b, l);
      return;
    case 'reject':
      putReject(b, l.expr);
      return;
    case 'dynset':
      putDynset(b, l);
      return;
    case 'queue': {
      const flags = QUEUE_FLAGS.filter(([bit]) => (l.flags & bit) !== 0).map(([, name]) => name);
      const num = l.num === undefined ? {} : { num: expr(b, l.num, integerType) };
      put(b, { kind: 'queue', span, flags, ...num });
      return;
    }
    case 'dup':
      putDup(b, l);
      return;
    case 'fwd':
      putFwd(b, l);
      return;
    case 'objref map':
      putObjref(b, l);
      return;
  }
}

/** A jump to a chain that only this rule has is listed with its rules inside. */
function chainStatement(b: Builder, statement: Statement): Statement {
  if (statement.kind !== 'verdict') return statement;
  const { verdict, target } = statement.verdict;
  if (target === undefined || (verdict !== 'jump' && verdict !== 'goto')) return statement;
  const chain = b.table.chains.find((c) => c.name === target.name);
  if (chain === undefined || !chain.flags.includes('binding')) return statement;
  const rules = chain.rules.map((rule) => decompileRule(rule, b.table, b.cx));
  return { kind: 'chain', span, verdict, rules };
}

/** The rule's statements, read back from its expressions. */
export function decompileRule(rule: ProgramRule, table: Table, cx: ValueContext): Rule {
  const b: Builder = { r: resolverOf(table.family), cx, table, slots: [] };
  for (const lifted of lift(rule.exprs, table)) build(b, lifted);
  const statements = b.slots.flatMap((slot) => {
    if ('statement' in slot) return [slot.statement];
    return slot.match.dead ? [] : [matchStatement(slot.match, cx)];
  });
  return {
    kind: 'rule',
    span,
    statements,
    ...(rule.comment === undefined ? {} : { comment: rule.comment }),
    ...(rule.handle === undefined ? {} : { handle: rule.handle }),
  };
}
