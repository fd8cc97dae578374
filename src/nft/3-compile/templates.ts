// Rules of one shape, compiled by example. Generated rulesets have thousands that differ in an address
// or a port only: from two of them that went the whole way through check and compile it is learnt
// where those bytes stand, and the others are filled in. What cannot be explained so goes the whole way.

import type { CmpExpr, Expr } from '../../program/index.ts';
import type { Shape } from './shape.ts';

interface Example {
  readonly kind: 'example';
  readonly exprs: readonly Expr[];
  readonly bytes: readonly string[];
}

/** A comparison whose data is text and, for numbers, bytes of the rule. */
interface Place {
  readonly at: number;
  readonly expr: CmpExpr;
  readonly data: readonly (string | number)[];
}

interface Template {
  readonly kind: 'template';
  readonly exprs: readonly Expr[];
  readonly places: readonly Place[];
}

/** Two examples said nothing: the shape is not asked about again. */
const UNKNOWN = { kind: 'unknown' } as const;

const filled = (parts: readonly (string | number)[], bytes: readonly string[]): string => {
  if (parts.length === 1 && typeof parts[0] === 'number') return bytes[parts[0]]!;
  return parts.map((part) => (typeof part === 'number' ? bytes[part]! : part)).join('');
};

const instance = ({ exprs, places }: Template, bytes: readonly string[]): Expr[] => {
  const made = exprs.slice();
  for (const { at, expr, data } of places)
    made[at] = { kind: 'cmp', sreg: expr.sreg, op: expr.op, data: filled(data, bytes) };
  return made;
};

/** Which bytes of the rule stand here in both examples: the longest, since two may begin alike. */
function bytesAt([one, other]: readonly [string, string], at: number, a: Example, b: Example) {
  let found = -1;
  for (const [i, bytes] of a.bytes.entries()) {
    const isHere = one.startsWith(bytes, at) && other.startsWith(b.bytes[i]!, at);
    if (isHere && (found < 0 || bytes.length > a.bytes[found]!.length)) found = i;
  }
  return found;
}

/** The data of both examples as text that is the same, and numbers of the rule's bytes. */
function split(data: readonly [string, string], a: Example, b: Example): (string | number)[] {
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

/** The template of two examples; undefined where the bytes do not explain how they differ. */
function templateOf(a: Example, b: Example): Template | undefined {
  if (a.exprs.length !== b.exprs.length) return undefined;
  const places: Place[] = [];
  for (const [at, one] of a.exprs.entries()) {
    const other = b.exprs[at]!;
    if (one.kind !== 'cmp' || other.kind !== 'cmp' || one.data.length !== other.data.length)
      continue;
    const data = split([one.data, other.data], a, b);
    if (data.some((part) => typeof part === 'number')) places.push({ at, expr: one, data });
  }
  const used = places.flatMap(({ data }) => data).filter((part) => typeof part === 'number');
  const isWhole = used.length === a.bytes.length && new Set(used).size === used.length;
  const template: Template = { kind: 'template', exprs: a.exprs, places };
  return isWhole && same(instance(template, b.bytes), b.exprs) ? template : undefined;
}

/** Whether no bytes of one rule could be taken for others of it, or stand elsewhere by chance. */
const tellsApart = (a: Example, b: Example): boolean =>
  a.bytes.every((bytes, i) => bytes !== b.bytes[i]) &&
  new Set(a.bytes.map((bytes, i) => `${bytes} ${b.bytes[i]}`)).size === a.bytes.length;

export class Templates {
  readonly #known = new Map<string, Example | Template | typeof UNKNOWN>();

  /** The expressions of a rule of this shape, if they are known. */
  exprs({ key, bytes }: Shape): readonly Expr[] | undefined {
    const known = this.#known.get(key);
    return known?.kind === 'template' ? instance(known, bytes) : undefined;
  }

  /** A rule of this shape was compiled. */
  learn({ key, bytes }: Shape, exprs: readonly Expr[]): void {
    const known = this.#known.get(key);
    const example: Example = { kind: 'example', exprs, bytes };
    if (known === undefined) this.#known.set(key, example);
    else if (known.kind === 'example' && tellsApart(known, example))
      this.#known.set(key, templateOf(known, example) ?? UNKNOWN);
  }

  /** What rules mean may be something else from here on. */
  forget(): void {
    this.#known.clear();
  }
}
