import type {
  BinaryOperator,
  ElementExpression,
  ElementOptions,
  Expression,
  Name,
  SetExpression,
  VerdictExpression,
  VerdictName,
} from '../ast/index.ts';
import { nearest } from '../diagnostics/index.ts';
import { isSelectorTag, readSelector, selectorTags } from './read-selectors.ts';
import { statefulMembers } from './read-stateful.ts';
import {
  asArray,
  asName,
  asNumber,
  asObject,
  asString,
  fail,
  given,
  maybe,
  need,
  tagged,
} from './reader.ts';
import type { JsonNode, ObjectNode } from './text.ts';

const OPERATORS: readonly BinaryOperator[] = ['|', '^', '&', '<<', '>>'];

/** Any expression. Arrays are lists of flags, objects have one property that says what they are. */
export function readExpression(node: JsonNode): Expression {
  switch (node.kind) {
    case 'array':
      return { kind: 'list', span: node.span, items: node.items.map(readExpression) };
    case 'object':
      return readTagged(node);
    default:
      return readImmediate(node);
  }
}

/** A plain value. */
export function readImmediate(node: JsonNode): Expression {
  const { span } = node;
  switch (node.kind) {
    case 'string':
      return readString(node.value, node);
    case 'integer':
      return { kind: 'integer', span, value: node.value };
    case 'boolean':
      return { kind: 'boolean', span, value: node.value };
    default:
      return fail(node, `a value cannot be ${node.kind}`);
  }
}

/** Strings are what words are in the language: numbers, too, if they look like one. */
function readString(text: string, node: JsonNode): Expression {
  const { span } = node;
  if (text === '') return fail(node, 'a value cannot be empty');
  if (text === '*') return { kind: 'catchall', span };
  if (text.startsWith('@')) return { kind: 'setref', span, name: text.slice(1) };
  if (/^(0[xX][0-9a-fA-F]{1,16}|0|[1-9][0-9]{0,14})$/.test(text)) {
    const value = BigInt(text);
    const safe = value <= BigInt(Number.MAX_SAFE_INTEGER);
    return { kind: 'integer', span, value: safe ? Number(value) : value };
  }
  const form = /^[\w./:-]+$/.test(text) ? 'word' : text.endsWith('*') ? 'wildcard' : 'quoted';
  return { kind: 'symbol', span, name: text, form };
}

const VERDICTS: readonly VerdictName[] = ['accept', 'drop', 'continue', 'return', 'jump', 'goto'];
export const isVerdictTag = (tag: string): boolean => VERDICTS.some((name) => name === tag);

/** `{"accept": null}`, `{"jump": {"target": "c"}}`. */
export function readVerdict(tag: string, value: JsonNode, node: JsonNode): VerdictExpression {
  const verdict = VERDICTS.find((name) => name === tag)!;
  if (verdict !== 'jump' && verdict !== 'goto') {
    return { kind: 'verdict', span: node.span, verdict };
  }
  const target: Name = asName(need(asObject(value), 'target'));
  return { kind: 'verdict', span: node.span, verdict, target };
}

function readTagged(node: JsonNode): Expression {
  const { tag, value } = tagged(node);
  const { span } = node;
  if (isSelectorTag(tag)) return readSelector(tag, value, node);
  if (isVerdictTag(tag)) return readVerdict(tag, value, node);
  const op = OPERATORS.find((known) => known === tag);
  if (op !== undefined) return readBinary(op, value, node);
  switch (tag) {
    case 'concat':
      return readConcat(value, node);
    case 'set':
      return readSet(value);
    case 'map': {
      const map = asObject(value);
      const key = readExpression(need(map, 'key'));
      return { kind: 'map', span, key, mapping: readMapping(need(map, 'data')) };
    }
    case 'prefix': {
      const prefix = asObject(value);
      const addr = readExpression(need(prefix, 'addr'));
      return { kind: 'prefix', span, addr, len: asNumber(need(prefix, 'len'), 0, 128) };
    }
    case 'range': {
      const [from, to] = pair(value);
      return { kind: 'range', span, from: readExpression(from), to: readExpression(to) };
    }
    case 'elem':
      return readElement(node);
  }
  return fail(node, `'${tag}' is no kind of expression`, nearest(tag, EXPRESSIONS()));
}

const EXPRESSIONS = (): string[] => [
  ...selectorTags(),
  ...VERDICTS,
  ...['concat', 'set', 'map', 'prefix', 'range', 'elem'],
];

function pair(node: JsonNode): readonly [JsonNode, JsonNode] {
  const [first, second, ...others] = asArray(node);
  if (first === undefined || second === undefined || others.length > 0) {
    return fail(node, 'expected an array of two');
  }
  return [first, second];
}

/** As in the language, a longer chain would be too deep a tree. */
const MAX_OPERANDS = 500;

/** More than two operands associate to the left. */
function readBinary(op: BinaryOperator, value: JsonNode, node: JsonNode): Expression {
  const [first, ...others] = asArray(value);
  if (first === undefined || others.length === 0) fail(value, 'expected at least two operands');
  if (others.length >= MAX_OPERANDS) fail(value, `expected at most ${MAX_OPERANDS} operands`);
  let left = readExpression(first);
  for (const other of others) {
    left = { kind: 'binop', span: node.span, op, left, right: readExpression(other) };
  }
  return left;
}

function readConcat(value: JsonNode, node: JsonNode): Expression {
  const items = asArray(value).map(readExpression);
  if (items.length < 2) fail(value, 'a concatenation has at least two parts');
  return { kind: 'concat', span: node.span, items };
}

/** The right side of `map` and `vmap`: a set, or its name. */
export function readMapping(node: JsonNode): Expression {
  const expr = readExpression(node);
  if (expr.kind !== 'set' && expr.kind !== 'setref') fail(node, 'expected a set or its name');
  return expr;
}

/** Elements: an array of values and of pairs, or one value alone. */
export function readSet(node: JsonNode): SetExpression {
  const items = node.kind === 'array' ? node.items : [node];
  if (items.length === 0) fail(node, 'a set has at least one element');
  return { kind: 'set', span: node.span, elements: items.map(readEntry) };
}

/** `value`, or `[key, data]` in a map. */
function readEntry(node: JsonNode): ElementExpression {
  if (node.kind !== 'array') return readElement(node);
  const [left, right] = pair(node);
  const data = readExpression(right);
  return { ...readElement(left), span: node.span, data };
}

/** A value, or `{"elem": {"val": …}}` if it has more to it. */
export function readElement(node: JsonNode): ElementExpression {
  const { span } = node;
  if (node.kind !== 'object' || !node.members.has('elem')) {
    return { kind: 'elem', span, key: readExpression(node) };
  }
  const elem = asObject(tagged(node).value);
  const key = readExpression(need(elem, 'val'));
  const options = readOptions(elem);
  return options === undefined ? { kind: 'elem', span, key } : { kind: 'elem', span, key, options };
}

/** Times are in seconds here and in milliseconds in the tree. */
const milliseconds = (node: JsonNode): number =>
  asNumber(node, 0, Math.floor(Number.MAX_SAFE_INTEGER / 1000)) * 1000;

function readOptions(elem: ObjectNode): ElementOptions | undefined {
  if (elem.members.size <= 1) return undefined;
  return {
    ...given('timeout', maybe(elem, 'timeout', milliseconds)),
    ...given('expires', maybe(elem, 'expires', milliseconds)),
    ...given('comment', maybe(elem, 'comment', asString)),
    statements: statefulMembers(elem),
  };
}
