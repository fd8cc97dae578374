import type {
  ChainDeclaration,
  DataSpec,
  Declaration,
  ElementsDeclaration,
  Family,
  FlowtableDeclaration,
  HookSpec,
  InTable,
  KeySpec,
  MapDeclaration,
  Name,
  Priority,
  RuleDeclaration,
  SetDeclaration,
  TableDeclaration,
} from '../ast/index.ts';
import { readExpression, readSet } from './read-expressions.ts';
import { isObjectTag, readObject } from './read-objects.ts';
import { readRuleBody, readStatefulList } from './read-statements.ts';
import {
  asBoolean,
  asName,
  asNumber,
  asObject,
  asQuantity,
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

const FAMILIES: readonly Family[] = ['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev'];

export const readFamily = (node: ObjectNode): Family => asWord(need(node, 'family'), FAMILIES);

/** Family, table, handle and comment, which everything in a table has. */
export function readPlace(node: ObjectNode): InTable {
  return {
    family: readFamily(node),
    table: asName(need(node, 'table')),
    ...given('handle', maybe(node, 'handle', asQuantity)),
    ...given('comment', maybe(node, 'comment', asString)),
  };
}

function table(node: ObjectNode): TableDeclaration {
  return {
    kind: 'table',
    span: node.span,
    family: readFamily(node),
    name: asName(need(node, 'name')),
    ...given('handle', maybe(node, 'handle', asQuantity)),
    ...given('comment', maybe(node, 'comment', asString)),
    flags: maybe(node, 'flags', names) ?? [],
    items: [],
  };
}

/** A string, or an array of strings. */
const names = (node: JsonNode): Name[] =>
  node.kind === 'array' ? node.items.map(asName) : [asName(node)];

/** IFNAMSIZ less the terminating zero. */
const MAX_INTERFACE = 15;

const devices = (node: JsonNode): Name[] =>
  names(node).map((device) => {
    if (device.name.length <= MAX_INTERFACE) return device;
    return fail(node, `the name of a device has at most ${MAX_INTERFACE} characters`);
  });

const HOOKS = [
  ...(['prerouting', 'input', 'forward', 'output', 'postrouting', 'ingress', 'egress'] as const),
] as const;

function hookOf(node: JsonNode): Name {
  return { name: asWord(node, HOOKS), span: node.span };
}

const priority = (node: JsonNode): Priority => ({
  offset: asNumber(node, -0x80000000, 0x7fffffff),
  span: node.span,
});

/** A base chain says type, hook and priority; nft takes one that lacks any of them for a plain one. */
function hookSpec(node: ObjectNode): HookSpec | undefined {
  if (!['type', 'hook', 'prio'].every((name) => node.members.has(name))) return undefined;
  const type = asWord(need(node, 'type'), ['filter', 'nat', 'route']);
  return {
    type: { name: type, span: need(node, 'type').span },
    hook: hookOf(need(node, 'hook')),
    priority: priority(need(node, 'prio')),
    span: node.span,
  };
}

export function readChain(node: ObjectNode): ChainDeclaration {
  const hook = hookSpec(node);
  const policy = maybe(node, 'policy', (n) => asWord(n, ['accept', 'drop']));
  return {
    kind: 'chain',
    span: node.span,
    ...readPlace(node),
    name: asName(need(node, 'name')),
    ...given('hook', hook),
    devices: maybe(node, 'dev', devices) ?? [],
    ...given('policy', policy),
    offload: false,
    rules: [],
  };
}

/** `index` counts from the chain's start; `handle` says which rule only for insert and replace. */
export function readRule(node: ObjectNode, byHandle: boolean): RuleDeclaration {
  const { comment: _, handle, ...place } = readPlace(node);
  const index = maybe(node, 'index', asQuantity);
  const chain = asName(need(node, 'chain'));
  const rule = readRuleBody(node);
  const span = node.span;
  const base = { kind: 'rule', span, ...place, chain, rule } as const;
  if (byHandle && handle !== undefined) {
    return { ...base, position: { by: 'handle', handle, span } };
  }
  return index === undefined ? base : { ...base, position: { by: 'index', index, span } };
}

/** `"ipv4_addr"`, `["ipv4_addr", "inet_service"]` or `{"typeof": …}`. */
function keySpec(node: JsonNode): KeySpec {
  const { span } = node;
  if (node.kind === 'object') {
    const { tag, value } = tagged(node);
    if (tag !== 'typeof') fail(node, "expected datatypes or 'typeof'");
    return { kind: 'typeof', expr: readExpression(value), span };
  }
  const parts = names(node);
  if (node.kind === 'array' && parts.length < 2) {
    fail(node, 'a concatenation has at least two parts');
  }
  // A name that is itself a concatenation: `ipv4_addr . inet_service`.
  const flat = parts.flatMap(({ name, span: at }) =>
    name.split('.').map((part) => ({ name: part.trim(), span: at })),
  );
  return { kind: 'type', names: flat, span };
}

function dataSpec(node: JsonNode): DataSpec {
  const { span } = node;
  if (node.kind === 'string') {
    if (node.value === 'verdict' || node.value === 'queue') return { kind: node.value, span };
    if (isObjectTag(node.value)) return { kind: 'object', object: node.value, span };
  }
  return { ...keySpec(node), interval: false };
}

const SET_FLAGS = ['constant', 'interval', 'timeout', 'dynamic'] as const;

/** Seconds, kept as milliseconds. */
const seconds = (node: JsonNode): number =>
  asNumber(node, 0, Math.floor(Number.MAX_SAFE_INTEGER / 1000)) * 1000;

function setOf(node: ObjectNode): Omit<SetDeclaration, 'kind'> {
  const policy = maybe(node, 'policy', (n) => asWord(n, ['performance', 'memory']));
  return {
    span: node.span,
    ...readPlace(node),
    name: asName(need(node, 'name')),
    key: keySpec(need(node, 'type')),
    flags: maybe(node, 'flags', (n) => asWords(n, SET_FLAGS)) ?? [],
    ...given('timeout', maybe(node, 'timeout', seconds)),
    ...given('gcInterval', maybe(node, 'gc-interval', seconds)),
    ...given(
      'size',
      maybe(node, 'size', (n) => asNumber(n)),
    ),
    ...given('policy', policy),
    autoMerge: maybe(node, 'auto-merge', asBoolean) ?? false,
    statements: maybe(node, 'stmt', readStatefulList) ?? [],
    ...given('elements', maybe(node, 'elem', readSet)),
  };
}

/** nft takes a set with `map` for a map, and a map without for a set. */
function setOrMap(node: ObjectNode): SetDeclaration | MapDeclaration {
  const data = maybe(node, 'map', dataSpec);
  return data === undefined
    ? { kind: 'set', ...setOf(node) }
    : { kind: 'map', ...setOf(node), data };
}

export function readElements(node: ObjectNode): ElementsDeclaration {
  const name = asName(need(node, 'name'));
  const elements = readSet(need(node, 'elem'));
  return { kind: 'element', span: node.span, ...readPlace(node), name, elements };
}

export function readFlowtable(node: ObjectNode): FlowtableDeclaration {
  const flags = maybe(node, 'flags', (n) => asWords(n, ['offload', 'counter'])) ?? [];
  return {
    kind: 'flowtable',
    span: node.span,
    ...readPlace(node),
    name: asName(need(node, 'name')),
    ...given('hook', maybe(node, 'hook', hookOf)),
    ...given('priority', maybe(node, 'prio', priority)),
    devices: maybe(node, 'dev', devices) ?? [],
    counter: flags.includes('counter'),
    offload: flags.includes('offload'),
  };
}

/** What `add` and `create` take, and what a listing consists of. */
export function readDeclaration(tag: string, value: JsonNode): Declaration | undefined {
  if (isObjectTag(tag)) return readObject(tag, asObject(value));
  switch (tag) {
    case 'table':
      return table(asObject(value));
    case 'chain':
      return readChain(asObject(value));
    case 'rule':
      return readRule(asObject(value), false);
    case 'set':
    case 'map':
    case 'meter':
      return setOrMap(asObject(value));
    case 'element':
      return readElements(asObject(value));
    case 'flowtable':
      return readFlowtable(asObject(value));
  }
  return undefined;
}
