import type { Integer, Name, Span } from '../ast/index.ts';
import { badJson, type Diagnostic, nearest } from '../diagnostics/index.ts';
import type { JsonNode, ObjectNode } from './text.ts';

/** Thrown to the command that is being read, which is reported and left out. */
export class ReadFailure extends Error {
  readonly diagnostic: Diagnostic;
  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message);
    this.diagnostic = diagnostic;
  }
}

export function fail(node: { readonly span: Span }, sentence: string, suggestion?: string): never {
  throw new ReadFailure(badJson(node.span, sentence, suggestion));
}

const article = (kind: JsonNode['kind']): string =>
  kind === 'null' ? 'null' : /^[aio]/.test(kind) ? `an ${kind}` : `a ${kind}`;

const wanted = (node: JsonNode, what: string): never =>
  fail(node, `expected ${what}, found ${article(node.kind)}`);

export const asObject = (node: JsonNode): ObjectNode =>
  node.kind === 'object' ? node : wanted(node, 'an object');
export const asArray = (node: JsonNode): readonly JsonNode[] =>
  node.kind === 'array' ? node.items : wanted(node, 'an array');
export const asString = (node: JsonNode): string =>
  node.kind === 'string' ? node.value : wanted(node, 'a string');
export const asBoolean = (node: JsonNode): boolean =>
  node.kind === 'boolean' ? node.value : wanted(node, 'true or false');
export const asInteger = (node: JsonNode): Integer =>
  node.kind === 'integer' ? node.value : wanted(node, 'an integer');

/** An integer between limits, by default those of 32 bits. */
export function asNumber(node: JsonNode, low = 0, high = 0xffffffff): number {
  const value = asInteger(node);
  if (typeof value === 'bigint' || value < low || value > high) {
    fail(node, `this must be from ${low} to ${high}`);
  }
  return value;
}

/** An unsigned integer of 64 bits. */
export function asQuantity(node: JsonNode): Integer {
  const value = asInteger(node);
  if (value < 0 || value >= 1n << 64n) fail(node, 'this must be a positive integer of 64 bits');
  return value;
}

export const asName = (node: JsonNode): Name => {
  const name = asString(node);
  if (name === '') fail(node, 'a name cannot be empty');
  return { name, span: node.span };
};

/** One of a few words. */
export function asWord<const W extends string>(node: JsonNode, words: readonly W[]): W {
  const value = asString(node);
  const found = words.find((word) => word === value);
  return found ?? fail(node, `'${value}' is not one of ${words.join(', ')}`, nearest(value, words));
}

/** A string or an array of strings, each one of a few words. */
export const asWords = <const W extends string>(node: JsonNode, words: readonly W[]): W[] =>
  node.kind === 'array' ? node.items.map((item) => asWord(item, words)) : [asWord(node, words)];

/** The member of an object, which must be there and not null. */
export function need(node: ObjectNode, name: string): JsonNode {
  const member = node.members.get(name);
  if (member !== undefined && member.kind !== 'null') return member;
  return fail(member ?? node, `the property '${name}' is missing`);
}

/** Reads a member if it is there; null counts as absent. */
export function maybe<T>(node: ObjectNode, name: string, read: (n: JsonNode) => T): T | undefined {
  const member = node.members.get(name);
  return member === undefined || member.kind === 'null' ? undefined : read(member);
}

/** `{ key: value }` for a value that is there, `{}` for one that is not: to spread into a node. */
export const given = <K extends string, T>(key: K, value: T | undefined): { [P in K]?: T & {} } =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: T & {} };

/** The one member of an object that is a tagged value: `{"payload": {…}}`. */
export function tagged(node: JsonNode): { readonly tag: string; readonly value: JsonNode } {
  const { members } = asObject(node);
  const [entry, ...others] = members;
  if (entry === undefined) return fail(node, 'expected an object with one property');
  if (others.length > 0) {
    fail(node, `expected one property, found ${[...members.keys()].join(', ')}`);
  }
  return { tag: entry[0], value: entry[1] };
}
