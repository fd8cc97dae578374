import type {
  ElementExpression,
  Expression,
  LogStatement,
  NatStatement,
  ObjectKind,
  Rule,
  StatefulStatement,
  Statement,
  StatementHandlers,
  SynproxySpec,
} from '../ast/index.ts';
import { visitStatement } from '../ast/index.ts';
import type { Json, JsonObject } from './text.ts';
import { expressionJson, type WriteContext } from './write-expressions.ts';
import { statefulJson } from './write-stateful.ts';

const some = <T extends Json>(items: readonly T[]): readonly T[] | undefined =>
  items.length > 0 ? items : undefined;

/** `null` for an object that has nothing in it. */
const orNull = (object: JsonObject): Json =>
  Object.values(object).some((value) => value !== undefined) ? object : null;

const optional = (e: Expression | undefined, cx: WriteContext): Json | undefined =>
  e === undefined ? undefined : expressionJson(e, cx);

/** In this order whatever the input had: libnftables goes through the bits. */
const LOG_FLAGS = ['tcp sequence', 'tcp options', 'ip options', 'skuid', 'ether'];

function log(s: LogStatement): Json {
  const flags = s.flags.includes('all') ? ['all'] : LOG_FLAGS.filter((f) => s.flags.includes(f));
  return orNull({
    prefix: s.prefix,
    group: s.group,
    snaplen: s.snaplen,
    'queue-threshold': s.queueThreshold,
    level: s.level === 'warn' ? undefined : s.level,
    flags: some(flags),
  });
}

const NAT_FLAGS = ['random', 'fully-random', 'persistent'] as const;

/** A translation of whole prefixes shows as a flag and as a type. */
function nat<K extends string>(s: NatStatement<K>, cx: WriteContext): JsonObject {
  const netmap = s.type === 'prefix' ? ['netmap'] : [];
  const flags = [...NAT_FLAGS.filter((flag) => s.flags.includes(flag)), ...netmap];
  const body = orNull({
    family: s.family,
    addr: optional(s.addr, cx),
    port: optional(s.port, cx),
    flags: some(flags),
    type_flags: s.type === 'prefix' ? ['prefix'] : undefined,
  });
  return { [s.kind]: body };
}

/** In a statement and in an object. */
export function synproxyJson(s: SynproxySpec): JsonObject {
  const flags = [...(s.timestamp ? ['timestamp'] : []), ...(s.sackPerm ? ['sack-perm'] : [])];
  return { mss: s.mss, wscale: s.wscale, flags: some(flags) };
}

const QUEUE_FLAGS = ['bypass', 'fanout'] as const;

/** The state of a dynamic set's statements is that of its elements, not theirs. */
export const stateless = (items: readonly StatefulStatement[], cx: WriteContext): Json[] =>
  items.map((item) => statefulJson(item, { ...cx, stateless: true }));

const elementOf = (e: ElementExpression, cx: WriteContext): Json => expressionJson(e, cx);

const stateful = (s: StatefulStatement, cx: WriteContext): Json => statefulJson(s, cx);

const ruleBody = (rule: Rule, cx: WriteContext): JsonObject => ({
  comment: rule.comment,
  expr: statementsJson(rule.statements, cx),
});

const handlers: StatementHandlers<WriteContext, Json> = {
  verdict: (s, cx) => expressionJson(s.verdict, cx),
  // libnftables has no form for it and prints the text of the language.
  chain: (s, cx) => ({ [s.verdict]: { rules: s.rules.map((rule) => ruleBody(rule, cx)) } }),
  vmap: (s, cx) => ({
    vmap: { key: expressionJson(s.key, cx), data: expressionJson(s.mapping, cx) },
  }),
  match: (s, cx) => {
    const inside = { ...cx, relational: true };
    return {
      match: {
        op: s.op === 'implicit' ? 'in' : s.op,
        left: expressionJson(s.left, inside),
        right: expressionJson(s.right, inside),
      },
    };
  },
  counter: stateful,
  quota: stateful,
  limit: stateful,
  'ct count': stateful,
  last: stateful,
  log: (s) => ({ log: log(s) }),
  reject: (s, cx) => ({ reject: orNull({ type: s.type, expr: optional(s.code, cx) }) }),
  snat: nat,
  dnat: nat,
  masquerade: nat,
  redirect: nat,
  tproxy: (s, cx) => ({
    tproxy: {
      family: cx.family === undefined || cx.family === 'inet' ? s.family : undefined,
      addr: optional(s.addr, cx),
      port: optional(s.port, cx),
    },
  }),
  synproxy: (s) => ({ synproxy: orNull(synproxyJson(s)) }),
  queue: (s, cx) => ({
    queue: orNull({
      num: optional(s.num, cx),
      flags: some(QUEUE_FLAGS.filter((flag) => s.flags.includes(flag))),
    }),
  }),
  dup: (s, cx) => ({ dup: { addr: expressionJson(s.addr, cx), dev: optional(s.dev, cx) } }),
  fwd: (s, cx) => ({
    fwd: { dev: expressionJson(s.dev, cx), family: s.family, addr: optional(s.addr, cx) },
  }),
  notrack: () => ({ notrack: null }),
  mangle: (s, cx) => ({
    mangle: { key: expressionJson(s.key, cx), value: expressionJson(s.value, cx) },
  }),
  reset: (s) => ({ reset: resetOption(s.option.name) }),
  set: (s, cx) => ({
    set: {
      op: s.op,
      elem: elementOf(s.elem, cx),
      set: `@${s.set.name}`,
      stmt: some(stateless(s.statements, cx)),
    },
  }),
  map: (s, cx) => ({
    map: {
      op: s.op,
      elem: elementOf(s.elem, cx),
      data: elementOf(s.data, cx),
      map: `@${s.set.name}`,
      stmt: some(stateless(s.statements, cx)),
    },
  }),
  meter: (s, cx) => ({
    meter: {
      key: elementOf(s.key, cx),
      stmt: statementJson(s.statement, { ...cx, stateless: true }),
      size: s.size ?? 0,
      name: s.name.name,
    },
  }),
  flow: (s) => ({ flow: { op: 'add', flowtable: `@${s.flowtable.name}` } }),
  objref: (s, cx) => ({ [OBJECTS[s.object]]: expressionJson(s.name, cx) }),
  xt: (s) => (s.type === '' ? opaque(s.name) : { xt: { type: s.type, name: s.name } }),
};

/** Text that a listing kept as it was; what libnftables has no JSON for it writes as text, too. */
function opaque(text: string): Json {
  const [, type, name] = /^xt (\w+) "([^"]*)"$/.exec(text) ?? [];
  return type === undefined ? text : { xt: { type, name } };
}

/** An option without a name is written with nothing to load. */
const resetOption = (name: string | number): JsonObject =>
  typeof name === 'string'
    ? { 'tcp option': { name } }
    : { 'tcp option': { base: name, offset: 0, len: 0 } };

const OBJECTS: { readonly [K in ObjectKind]: string } = {
  counter: 'counter',
  quota: 'quota',
  limit: 'limit',
  'ct helper': 'ct helper',
  'ct timeout': 'ct timeout',
  'ct expectation': 'ct expectation',
  secmark: 'secmark',
  synproxy: 'synproxy',
  tunnel: 'tunnel',
};

/** A statement as libnftables writes it. */
export const statementJson = (stmt: Statement, cx: WriteContext = {}): Json =>
  visitStatement(handlers, stmt, cx);

export const statementsJson = (items: readonly Statement[], cx: WriteContext = {}): Json[] =>
  items.map((item) => statementJson(item, cx));
