// Rules of one shape, compiled by example. Generated rulesets have thousands that differ in an address,
// a port or a comment only: from two of them that a language compiled the whole way it is learnt where
// those stand, and the others are filled in. What cannot be explained so goes the whole way.

import type { CmpExpr, Expr, MatchExpr } from './expr.ts';

/** What a rule looks like apart from what differs from rule to rule. */
export interface RuleShape {
  readonly key: string;
  /** Hexadecimal of addresses and ports, in the order they are written. */
  readonly bytes: readonly string[];
  readonly comment?: string;
}

interface Example<Rest> {
  readonly kind: 'example';
  readonly exprs: readonly Expr[];
  readonly rest: Rest;
  readonly bytes: readonly string[];
  readonly comment: string | undefined;
}

/** A comparison whose data is text and, for numbers, bytes of the rule. */
interface Place {
  readonly at: number;
  readonly expr: CmpExpr;
  readonly data: readonly (string | number)[];
}

interface Template<Rest> {
  readonly kind: 'template';
  readonly exprs: readonly Expr[];
  readonly rest: Rest;
  readonly places: readonly Place[];
  /** Index of the comment's match, or -1. */
  readonly comment: number;
}

/** Two examples said nothing: the shape is not asked about again. */
const UNKNOWN = { kind: 'unknown' } as const;

const filled = (parts: readonly (string | number)[], bytes: readonly string[]): string => {
  if (parts.length === 1 && typeof parts[0] === 'number') return bytes[parts[0]]!;
  return parts.map((part) => (typeof part === 'number' ? bytes[part]! : part)).join('');
};

type Given = Pick<RuleShape, 'bytes'> & { readonly comment?: string | undefined };

function instance<R>({ exprs, places, comment }: Template<R>, given: Given): Expr[] {
  const made = exprs.slice();
  for (const { at, expr, data } of places)
    made[at] = { kind: 'cmp', sreg: expr.sreg, op: expr.op, data: filled(data, given.bytes) };
  if (comment >= 0)
    made[comment] = { ...(exprs[comment] as MatchExpr), info: { comment: given.comment ?? '' } };
  return made;
}

/** Which bytes of the rule stand here in both examples: the longest, since two may begin alike. */
function bytesAt([one, other]: readonly [string, string], at: number, a: Given, b: Given) {
  let found = -1;
  for (const [i, bytes] of a.bytes.entries()) {
    const isHere = one.startsWith(bytes, at) && other.startsWith(b.bytes[i]!, at);
    if (isHere && (found < 0 || bytes.length > a.bytes[found]!.length)) found = i;
  }
  return found;
}

/** The data of both examples as text that is the same, and numbers of the rule's bytes. */
function split(data: readonly [string, string], a: Given, b: Given): (string | number)[] {
  const [one] = data;
  const parts: (string | number)[] = [];
  let from = 0;
  for (let at = 0; at < one.length; ) {
    const found = bytesAt(data, at, a, b);
    if (found < 0) {
      at += 2;
      continue;
    }
    if (at > from) parts.push(one.slice(from, at));
    parts.push(found);
    at += a.bytes[found]!.length;
    from = at;
  }
  if (from < one.length) parts.push(one.slice(from));
  return parts;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function placesOf<R>(a: Example<R>, b: Example<R>): Place[] {
  const places: Place[] = [];
  for (const [at, one] of a.exprs.entries()) {
    const other = b.exprs[at]!;
    if (one.kind !== 'cmp' || other.kind !== 'cmp' || one.data.length !== other.data.length)
      continue;
    const data = split([one.data, other.data], a, b);
    if (data.some((part) => typeof part === 'number')) places.push({ at, expr: one, data });
  }
  return places;
}

/** The template of two examples; undefined where the bytes do not explain how they differ. */
function templateOf<R>(a: Example<R>, b: Example<R>): Template<R> | undefined {
  if (a.exprs.length !== b.exprs.length || !same(a.rest, b.rest)) return undefined;
  const places = placesOf(a, b);
  const used = places.flatMap(({ data }) => data).filter((part) => typeof part === 'number');
  const isWhole = used.length === a.bytes.length && new Set(used).size === used.length;
  const { exprs, rest } = a;
  const comment =
    a.comment === undefined
      ? -1
      : exprs.findIndex((expr) => expr.kind === 'match' && expr.name === 'comment');
  const template: Template<R> = { kind: 'template', exprs, rest, places, comment };
  return isWhole && same(instance(template, b), b.exprs) ? template : undefined;
}

/** Whether nothing of one rule could be taken for something else of it, or stand elsewhere by chance. */
const tellsApart = (a: Given, b: Given): boolean =>
  (a.comment === undefined || a.comment !== b.comment) &&
  a.bytes.every((bytes, i) => bytes !== b.bytes[i]) &&
  new Set(a.bytes.map((bytes, i) => `${bytes} ${b.bytes[i]}`)).size === a.bytes.length;

/** `Rest` is what else there is to a rule of a shape, the same for all of them. */
export class RuleTemplates<Rest = undefined> {
  readonly #known = new Map<string, Example<Rest> | Template<Rest> | typeof UNKNOWN>();

  /** The expressions of a rule of this shape, if they are known. */
  match(
    shape: Given & { readonly key: string },
  ): { readonly exprs: readonly Expr[]; readonly rest: Rest } | undefined {
    const known = this.#known.get(shape.key);
    if (known?.kind !== 'template') return undefined;
    return { exprs: instance(known, shape), rest: known.rest };
  }

  /** A rule of this shape was compiled. */
  learn({ key, bytes, comment }: RuleShape, exprs: readonly Expr[], rest: Rest): void {
    const known = this.#known.get(key);
    const example: Example<Rest> = { kind: 'example', exprs, rest, bytes, comment };
    if (known === undefined) this.#known.set(key, example);
    else if (known.kind === 'example' && tellsApart(known, example))
      this.#known.set(key, templateOf(known, example) ?? UNKNOWN);
  }

  /** What rules mean may be something else from here on. */
  forget(): void {
    this.#known.clear();
  }
}
