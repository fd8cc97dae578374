import type { Collection, Command, Declaration, Deletable, Reference } from '../ast/index.ts';
import { nearest } from '../diagnostics/index.ts';
import { readDeclaration, readElements, readFamily, readRule } from './read-declarations.ts';
import { isObjectTag } from './read-objects.ts';
import {
  asName,
  asNumber,
  asObject,
  asQuantity,
  asString,
  asWord,
  fail,
  given,
  maybe,
  need,
} from './reader.ts';
import type { JsonNode, ObjectNode } from './text.ts';

const SCHEMA_VERSION = 1;

/** One entry of the array `nftables`; undefined for metainfo, which asks for nothing. */
export function readCommand(node: JsonNode): Command | undefined {
  const object = asObject(node);
  const [entry] = object.members;
  if (entry === undefined) return fail(node, 'expected a command');
  const info = object.members.get('metainfo');
  if (info !== undefined) return metainfo(asObject(info));
  for (const [verb, read] of VERBS) {
    const value = object.members.get(verb);
    if (value !== undefined) return read(value, node);
  }
  // A listing is a list of declarations without verbs; it can be read back as it is.
  return { kind: 'add', span: node.span, object: declared(node) };
}

function metainfo(node: ObjectNode): undefined {
  const version = maybe(node, 'json_schema_version', (n) => asNumber(n));
  if (version !== undefined && version > SCHEMA_VERSION) {
    fail(node, `schema version ${version} is not known, only ${SCHEMA_VERSION}`);
  }
  return undefined;
}

/** The only member that names a thing; nft ignores others beside it. */
function declared(node: JsonNode): Declaration {
  for (const [tag, value] of asObject(node).members) {
    const found = readDeclaration(tag, value);
    if (found !== undefined) return found;
  }
  const [tag = ''] = asObject(node).members.keys();
  return fail(node, `'${tag}' is neither a command nor a thing`, nearest(tag, DECLARED));
}

const DECLARED = ['table', 'chain', 'rule', 'set', 'map', 'element', 'flowtable', 'counter'];

type Reader = (value: JsonNode, node: JsonNode) => Command;

const add: Reader = (value, node) => ({ kind: 'add', span: node.span, object: declared(value) });

const create: Reader = (value, node) => {
  const object = declared(value);
  if (object.kind === 'rule') return fail(value, 'a rule cannot be created, only added');
  return { kind: 'create', span: node.span, object };
};

const insert: Reader = (value, node) => {
  const rule = asObject(need(asObject(value), 'rule'));
  return { kind: 'insert', span: node.span, object: readRule(rule, true) };
};

const replace: Reader = (value, node) => {
  const rule = asObject(need(asObject(value), 'rule'));
  need(rule, 'handle');
  return { kind: 'replace', span: node.span, object: readRule(rule, true) };
};

const KINDS: readonly Reference['kind'][] = [
  ...(['table', 'chain', 'rule', 'set', 'map', 'meter', 'flowtable'] as const),
];

const isKind = (tag: string): tag is Reference['kind'] =>
  isObjectTag(tag) || KINDS.some((kind) => kind === tag);

/** One thing by name or handle. */
function reference(kind: Reference['kind'], node: ObjectNode): Reference {
  const { span } = node;
  const family = readFamily(node);
  const name = maybe(node, 'name', asName);
  const handle = maybe(node, 'handle', asQuantity);
  if (kind === 'rule') need(node, 'handle');
  else if (name === undefined && handle === undefined) fail(node, 'expected a name or a handle');
  // A handle beside a name is what a listing leaves there; the name is meant.
  const which = name === undefined ? given('handle', handle) : {};
  if (kind === 'table') return { kind, span, family, ...given('table', name), ...which };
  const table = asName(need(node, 'table'));
  if (kind !== 'rule') return { kind, span, family, table, ...given('name', name), ...which };
  const chain = asName(need(node, 'chain'));
  return { kind, span, family, table, chain, ...given('handle', handle) };
}

function deletable(value: JsonNode): Deletable {
  for (const [tag, member] of asObject(value).members) {
    if (tag === 'element') return readElements(asObject(member));
    if (isKind(tag)) return reference(tag, asObject(member));
  }
  return fail(value, 'expected something that can be deleted');
}

const remove: Reader = (value, node) => ({
  kind: 'delete',
  span: node.span,
  object: deletable(value),
});
const destroy: Reader = (value, node) => ({
  kind: 'destroy',
  span: node.span,
  object: deletable(value),
});

const COLLECTIONS: readonly Collection['kind'][] = [
  ...(['ruleset', 'tables', 'chains', 'rules', 'sets', 'maps', 'meters', 'flowtables'] as const),
  ...(['hooks', 'counters', 'quotas', 'limits', 'secmarks', 'synproxys', 'tunnels'] as const),
  ...(['ct helpers', 'ct timeouts', 'ct expectations'] as const),
];

function collection(kind: Collection['kind'], value: JsonNode): Collection {
  const { span } = value;
  if (value.kind === 'null') return { kind, span };
  const node = asObject(value);
  const family = node.members.has('family') ? readFamily(node) : undefined;
  const table = maybe(node, 'table', asName);
  const chain = maybe(node, 'chain', asName);
  const device = maybe(node, 'device', asString);
  return {
    kind,
    span,
    ...given('family', family),
    ...given('table', table),
    ...given('chain', chain),
    ...given('device', device),
  };
}

/** One thing, or all of a kind. */
function listed(value: JsonNode): Reference | Collection {
  for (const [tag, member] of asObject(value).members) {
    if (isKind(tag)) return reference(tag, asObject(member));
    const kind = COLLECTIONS.find((known) => known === tag);
    if (kind !== undefined) return collection(kind, member);
  }
  return fail(value, 'expected something that can be listed');
}

const list: Reader = (value, node) => ({ kind: 'list', span: node.span, object: listed(value) });

const reset: Reader = (value, node) => {
  const element = asObject(value).members.get('element');
  const object = element === undefined ? listed(value) : readElements(asObject(element));
  return { kind: 'reset', span: node.span, object };
};

const flush: Reader = (value, node) => {
  const object = listed(value);
  const kinds = ['table', 'chain', 'set', 'map', 'meter', 'ruleset'];
  if (!kinds.includes(object.kind)) fail(value, 'this cannot be flushed');
  return { kind: 'flush', span: node.span, object };
};

const get: Reader = (value, node) => ({
  kind: 'get',
  span: node.span,
  object: readElements(asObject(need(asObject(value), 'element'))),
});

const rename: Reader = (value, node) => {
  const chain = asObject(need(asObject(value), 'chain'));
  const object = reference('chain', chain);
  return { kind: 'rename', span: node.span, object, to: asName(need(chain, 'newname')) };
};

/** libnftables has no JSON for import; export and monitor are read as they would be written. */
const format =
  (kind: 'export' | 'import'): Reader =>
  (value, node) => ({
    kind,
    span: node.span,
    format: maybe(asObject(value), 'format', (n) => asWord(n, ['json', 'xml'])) ?? 'json',
  });

const VERBS: readonly (readonly [string, Reader])[] = [
  ['add', add],
  ['replace', replace],
  ['create', create],
  ['insert', insert],
  ['delete', remove],
  ['destroy', destroy],
  ['list', list],
  ['reset', reset],
  ['flush', flush],
  ['get', get],
  ['rename', rename],
  ['export', format('export')],
  ['import', format('import')],
];
