import type {
  DynsetOperation,
  Expression,
  MangleKey,
  MangleStatement,
  Name,
  NatStatement,
  ObjectKind,
  Rule,
  StatefulStatement,
  Statement,
  SynproxySpec,
} from '../ast/index.ts';
import { nearest } from '../diagnostics/index.ts';
import {
  isVerdictTag,
  readElement,
  readExpression,
  readImmediate,
  readMapping,
  readVerdict,
} from './read-expressions.ts';
import { readStateful } from './read-stateful.ts';
import {
  asArray,
  asName,
  asNumber,
  asObject,
  asString,
  asWord,
  asWords,
  fail,
  given,
  maybe,
  need,
  tagged,
} from './reader.ts';
import type { JsonNode, ObjectNode } from './text.ts';

/** Reads the value behind a statement's name; `node` is the whole statement. */
type Reader = (value: JsonNode, node: JsonNode) => Statement;

/** The statements of a rule. */
export function readStatements(node: JsonNode): Statement[] {
  const items = asArray(node);
  if (items.length === 0) fail(node, 'a rule has at least one statement');
  return items.map(readStatement);
}

/** One statement: an object with one property. */
export function readStatement(node: JsonNode): Statement {
  const { tag, value } = tagged(node);
  if (isVerdictTag(tag)) return verdict(tag, value, node);
  const read = READERS.get(tag);
  if (read !== undefined) return read(value, node);
  return fail(node, `'${tag}' is no statement`, nearest(tag, READERS.keys()));
}

/** Statements that may be attached to a set's elements. */
export function readStatefulList(node: JsonNode): StatefulStatement[] {
  return asArray(node).map((item) => {
    const { tag, value } = tagged(item);
    const statement = readStateful(tag, value, item.span);
    return statement ?? fail(item, 'expected a counter, quota, limit, last or ct count');
  });
}

/** `{"jump": {"rules": […]}}` is a chain without a name; libnftables has no form for it. */
function verdict(tag: string, value: JsonNode, node: JsonNode): Statement {
  const { span } = node;
  const rules = value.kind === 'object' ? value.members.get('rules') : undefined;
  if (rules !== undefined && (tag === 'jump' || tag === 'goto')) {
    return { kind: 'chain', span, verdict: tag, rules: asArray(rules).map(readRuleBody) };
  }
  return { kind: 'verdict', span, verdict: readVerdict(tag, value, node) };
}

/** Statements and comment of a rule. */
export function readRuleBody(node: JsonNode): Rule {
  const rule = asObject(node);
  const statements = readStatements(need(rule, 'expr'));
  const comment = maybe(rule, 'comment', asString);
  return { kind: 'rule', span: node.span, statements, ...given('comment', comment) };
}

/** What a match's `op` may be; `in` stands for the absent operator. */
const OPERATORS = ['==', '!=', '<', '>', '<=', '>=', '!', 'in'] as const;

const match: Reader = (value, node) => {
  const object = asObject(value);
  const sign = asWord(need(object, 'op'), OPERATORS);
  const op = sign === 'in' ? 'implicit' : sign;
  const left = readExpression(need(object, 'left'));
  const right = readExpression(need(object, 'right'));
  return { kind: 'match', span: node.span, op, left, right };
};

const vmap: Reader = (value, node) => {
  const object = asObject(value);
  const key = readExpression(need(object, 'key'));
  return { kind: 'vmap', span: node.span, key, mapping: readMapping(need(object, 'data')) };
};

/** The anonymous statement, or a reference to a named object. */
const statefulOr =
  (object: ObjectKind & ('counter' | 'quota' | 'limit')): Reader =>
  (value, node) =>
    readStateful(object, value, node.span) ?? objref(object)(value, node);

const stateful =
  (tag: string): Reader =>
  (value, node) =>
    readStateful(tag, value, node.span) ?? fail(node, `this is no ${tag}`);

const objref =
  (object: ObjectKind): Reader =>
  (value, node) => ({ kind: 'objref', span: node.span, object, name: readExpression(value) });

const MANGLED: ReadonlySet<string> = new Set([
  ...['meta', 'ct', 'payload', 'payload raw', 'exthdr', 'tcp option', 'ip option'],
]);
const isMangleKey = (e: Expression): e is MangleKey => MANGLED.has(e.kind);

const mangle: Reader = (value, node) => {
  const object = asObject(value);
  const key = readExpression(need(object, 'key'));
  if (!isMangleKey(key)) return fail(need(object, 'key'), 'this cannot be set');
  const set = readExpression(need(object, 'value'));
  if (key.kind === 'ct' && key.key === 'helper') {
    return { kind: 'objref', span: node.span, object: 'ct helper', name: set };
  }
  const statement: MangleStatement = { kind: 'mangle', span: node.span, key, value: set };
  return statement;
};

const LOG_FLAGS = ['tcp sequence', 'tcp options', 'ip options', 'skuid', 'ether', 'all'] as const;
const LOG_LEVELS = [
  ...(['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug', 'audit'] as const),
] as const;

const log: Reader = (value, node) => {
  if (value.kind === 'null') return { kind: 'log', span: node.span, flags: [] };
  const object = asObject(value);
  return {
    kind: 'log',
    span: node.span,
    ...given('prefix', maybe(object, 'prefix', asString)),
    ...given(
      'group',
      maybe(object, 'group', (n) => asNumber(n, 0, 0xffff)),
    ),
    ...given(
      'snaplen',
      maybe(object, 'snaplen', (n) => asNumber(n)),
    ),
    ...given(
      'queueThreshold',
      maybe(object, 'queue-threshold', (n) => asNumber(n, 0, 0xffff)),
    ),
    ...given(
      'level',
      maybe(object, 'level', (n) => asWord(n, LOG_LEVELS)),
    ),
    flags: maybe(object, 'flags', (n) => asWords(n, LOG_FLAGS)) ?? [],
  };
};

const REJECTS = ['tcp reset', 'icmp', 'icmpv6', 'icmpx'] as const;

const reject: Reader = (value, node) => {
  const { span } = node;
  if (value.kind === 'null') return { kind: 'reject', span };
  const object = asObject(value);
  const type = maybe(object, 'type', (n) => asWord(n, REJECTS));
  const code = maybe(object, 'expr', readImmediate);
  if (type !== undefined && type !== 'tcp reset' && code === undefined) {
    fail(value, "the property 'expr' is missing");
  }
  return { kind: 'reject', span, ...given('type', type), ...given('code', code) };
};

const FAMILIES = ['ip', 'ip6'] as const;

/** Members of an object; of null, none. */
const orEmpty = (value: JsonNode): ObjectNode =>
  value.kind === 'null'
    ? { kind: 'object', span: value.span, members: new Map() }
    : asObject(value);

type Target = Pick<NatStatement<'snat'>, 'family' | 'addr' | 'port'>;

const target = (object: ObjectNode): Target => ({
  ...given(
    'family',
    maybe(object, 'family', (n) => asWord(n, FAMILIES)),
  ),
  ...given('addr', maybe(object, 'addr', readExpression)),
  ...given('port', maybe(object, 'port', readExpression)),
});

const NAT_FLAGS = ['random', 'fully-random', 'persistent', 'netmap'] as const;
type NatKind = 'snat' | 'dnat' | 'masquerade' | 'redirect';

const nat =
  (kind: NatKind): Reader =>
  (value, node) => {
    const object = orEmpty(value);
    const flags = maybe(object, 'flags', (n) => asWords(n, NAT_FLAGS)) ?? [];
    const kept = flags.flatMap((flag) => (flag === 'netmap' ? [] : [flag]));
    // Several may be set; the first here says how the address is written. `netmap` means prefix too.
    const types = ['prefix', 'concat', 'interval'] as const;
    const set = maybe(object, 'type_flags', (n) => asWords(n, types)) ?? [];
    const type = types.find((name) => set.includes(name));
    const implied = type ?? (flags.includes('netmap') ? 'prefix' : undefined);
    const { span } = node;
    return { kind, span, ...target(object), flags: kept, ...given('type', implied) };
  };

const tproxy: Reader = (value, node) => ({
  kind: 'tproxy',
  span: node.span,
  ...target(asObject(value)),
});

/** Options of a SYN proxy, in a statement and in an object. */
export function readSynproxy(object: ObjectNode): SynproxySpec {
  const flags = maybe(object, 'flags', (n) => asWords(n, ['timestamp', 'sack-perm']));
  return {
    ...given(
      'mss',
      maybe(object, 'mss', (n) => asNumber(n, 0, 0xffff)),
    ),
    ...given(
      'wscale',
      maybe(object, 'wscale', (n) => asNumber(n, 0, 255)),
    ),
    timestamp: flags?.includes('timestamp') ?? false,
    sackPerm: flags?.includes('sack-perm') ?? false,
  };
}

const synproxy: Reader = (value, node) => {
  const names = ['mss', 'wscale', 'flags'];
  const anonymous =
    value.kind === 'null' ||
    (value.kind === 'object' && names.some((name) => value.members.has(name)));
  if (!anonymous) return objref('synproxy')(value, node);
  return { kind: 'synproxy', span: node.span, ...readSynproxy(orEmpty(value)) };
};

const queue: Reader = (value, node) => {
  const object = orEmpty(value);
  const num = maybe(object, 'num', readExpression);
  const flags = maybe(object, 'flags', (n) => asWords(n, ['bypass', 'fanout'])) ?? [];
  return { kind: 'queue', span: node.span, ...given('num', num), flags };
};

const dup: Reader = (value, node) => {
  const object = asObject(value);
  const addr = readExpression(need(object, 'addr'));
  const dev = maybe(object, 'dev', readExpression);
  return { kind: 'dup', span: node.span, addr, ...given('dev', dev) };
};

const fwd: Reader = (value, node) => {
  const object = asObject(value);
  const dev = readExpression(need(object, 'dev'));
  const { family, addr } = target(object);
  return { kind: 'fwd', span: node.span, dev, ...given('family', family), ...given('addr', addr) };
};

const reset: Reader = (value, node) => {
  const option = readExpression(value);
  if (option.kind !== 'tcp option') return fail(value, 'only a TCP option can be reset');
  return { kind: 'reset', span: node.span, option };
};

/** `@name`, as sets, maps and flow tables are referred to. */
function atName(node: JsonNode): Name {
  const { name, span } = asName(node);
  if (!name.startsWith('@') || name === '@') fail(node, "a reference starts with '@'");
  return { name: name.slice(1), span };
}

const OPERATIONS: readonly DynsetOperation[] = ['add', 'update', 'delete'];

const set: Reader = (value, node) => {
  const object = asObject(value);
  return {
    kind: 'set',
    span: node.span,
    op: asWord(need(object, 'op'), OPERATIONS),
    elem: readElement(need(object, 'elem')),
    set: atName(need(object, 'set')),
    statements: maybe(object, 'stmt', readStatefulList) ?? [],
  };
};

const map: Reader = (value, node) => {
  const object = asObject(value);
  return {
    kind: 'map',
    span: node.span,
    op: asWord(need(object, 'op'), OPERATIONS),
    elem: readElement(need(object, 'elem')),
    data: readElement(need(object, 'data')),
    set: atName(need(object, 'map')),
    statements: maybe(object, 'stmt', readStatefulList) ?? [],
  };
};

const meter: Reader = (value, node) => {
  const object = asObject(value);
  const size = maybe(object, 'size', (n) => asNumber(n)) || undefined;
  return {
    kind: 'meter',
    span: node.span,
    name: asName(need(object, 'name')),
    key: readElement(need(object, 'key')),
    statement: readStatement(need(object, 'stmt')),
    ...given('size', size),
  };
};

const flow: Reader = (value, node) => {
  const object = asObject(value);
  asWord(need(object, 'op'), ['add']);
  return { kind: 'flow', span: node.span, flowtable: atName(need(object, 'flowtable')) };
};

const xt: Reader = (value, node) => {
  const object = asObject(value);
  const type = asWord(need(object, 'type'), ['match', 'target', 'watcher']);
  return { kind: 'xt', span: node.span, type, name: asName(need(object, 'name')).name };
};

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['match', match],
  ['vmap', vmap],
  ['counter', statefulOr('counter')],
  ['quota', statefulOr('quota')],
  ['limit', statefulOr('limit')],
  ['ct count', stateful('ct count')],
  ['last', stateful('last')],
  ['mangle', mangle],
  ['log', log],
  ['reject', reject],
  ...(['snat', 'dnat', 'masquerade', 'redirect'] as const).map((kind): [string, Reader] => [
    kind,
    nat(kind),
  ]),
  ['tproxy', tproxy],
  ['synproxy', synproxy],
  ['queue', queue],
  ['dup', dup],
  ['fwd', fwd],
  ['notrack', (_, node) => ({ kind: 'notrack', span: node.span })],
  ['reset', reset],
  ['set', set],
  ['map', map],
  ['meter', meter],
  ['flow', flow],
  ...(['ct helper', 'ct timeout', 'ct expectation', 'secmark', 'tunnel'] as const).map(
    (kind): [string, Reader] => [kind, objref(kind)],
  ),
  ['xt', xt],
]);
