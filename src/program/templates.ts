// Rules of one shape, compiled by example. Generated rulesets have thousands that differ in an address,
// a port, a chain or a comment only: from two of them that a language compiled the whole way it is learnt
// where those stand, and the others are filled in. What cannot be explained so goes the whole way.

import type { Expr } from './expr.ts';

/** What differs from rule to rule: hexadecimal of addresses and ports, words as they are written, counts. */
export type Values = readonly (string | number)[];

/** What a rule looks like apart from that. */
export interface RuleShape {
  readonly key: string;
  /** In the order they are written. */
  readonly values: Values;
}

interface Example<Rest> {
  readonly exprs: readonly Expr[];
  readonly rest: Rest;
  readonly values: Values;
}

/** Makes a part of an expression with these values in it. */
type Make = (values: Values) => unknown;

/** An expression that is not the same in all rules. */
interface Place {
  readonly at: number;
  readonly make: Make;
}

interface Template<Rest> {
  readonly example: Example<Rest>;
  readonly places: readonly Place[];
  /** Values of which no two examples differed: it says nothing of rules with other ones. */
  readonly bound: readonly number[];
}

interface Known<Rest> {
  example: Example<Rest>;
  template: Template<Rest> | undefined;
  /** Two examples that could not be explained: nothing more is learnt of the shape. */
  isClosed: boolean;
}

/** Two examples, and which of their values have been found in the rules. */
class Comparison {
  readonly one: Values;
  readonly other: Values;
  /** Of the values that differ. */
  readonly free: readonly number[];
  readonly found = new Set<number>();

  constructor(one: Values, other: Values) {
    this.one = one;
    this.other = other;
    this.free = one.flatMap((value, i) => (value === other[i] ? [] : [i]));
  }

  get bound(): readonly number[] {
    return this.one.flatMap((value, i) => (value === this.other[i] ? [i] : []));
  }

  /** Whether nothing of one rule could be taken for something else of it. */
  get tellsApart(): boolean {
    const plain = (value: string | number | undefined) => port16(value) ?? value;
    const pairs = this.free.map((i) => `${plain(this.one[i])} ${plain(this.other[i])}`);
    return pairs.length > 0 && new Set(pairs).size === pairs.length;
  }

  /** How what differs follows from the values; undefined where it does not. */
  explain(one: unknown, other: unknown): Make | undefined {
    if (one === other) return () => one;
    if (typeof one === 'string' && typeof other === 'string') return this.#text(one, other);
    if (typeof one === 'number' && typeof other === 'number') return this.#number(one, other);
    if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
      return undefined;
    return this.#parts(one as Tree, other as Tree);
  }

  #parts(one: Tree, other: Tree): Make | undefined {
    const keys = Object.keys(one);
    if (keys.length !== Object.keys(other).length || Array.isArray(one) !== Array.isArray(other))
      return undefined;
    const made: [string, Make][] = [];
    for (const key of keys) {
      const make = this.explain(one[key], other[key]);
      if (make === undefined) return undefined;
      if (one[key] !== other[key]) made.push([key, make]);
    }
    return copying(one, made);
  }

  #number(one: number, other: number): Make | undefined {
    const at = this.free.find((i) => this.one[i] === one && this.other[i] === other);
    if (at !== undefined) return this.#value(at);
    const port = this.free.find(
      (i) => port16(this.one[i]) === one && port16(this.other[i]) === other,
    );
    if (port === undefined) return undefined;
    this.found.add(port);
    return (values) => port16(values[port]);
  }

  #text(one: string, other: string): Make | undefined {
    const at = this.free.find((i) => this.one[i] === one && this.other[i] === other);
    if (at !== undefined) return this.#value(at);
    const parts = this.#split(one, other);
    if (!parts.some((part) => typeof part === 'number')) return undefined;
    return (values) =>
      parts.map((part) => (typeof part === 'number' ? values[part] : part)).join('');
  }

  #value(at: number): Make {
    this.found.add(at);
    return (values) => values[at];
  }

  /** Hexadecimal as text that is the same, and numbers of the values between. */
  #split(one: string, other: string): (string | number)[] {
    const parts: (string | number)[] = [];
    let from = 0;
    for (let at = 0; at < one.length; ) {
      const found = this.#valueAt(one, other, at);
      if (found < 0) {
        at += 2;
        continue;
      }
      this.found.add(found);
      if (at > from) parts.push(one.slice(from, at));
      parts.push(found);
      at += String(this.one[found]).length;
      from = at;
    }
    if (from < one.length) parts.push(one.slice(from));
    return parts;
  }

  /** Which value stands there in both examples: the longest, since two may begin alike. */
  #valueAt(one: string, other: string, at: number): number {
    let [found, length] = [-1, 0];
    for (const i of this.free) {
      const [value, another] = [this.one[i]!, this.other[i]!];
      if (typeof value !== 'string' || typeof another !== 'string' || value.length <= length)
        continue;
      if (!one.startsWith(value, at) || !other.startsWith(another, at)) continue;
      [found, length] = [i, value.length];
    }
    return found;
  }
}

type Tree = Readonly<Record<string, unknown>>;

const port16 = (value: string | number | undefined): number | undefined =>
  typeof value === 'string' && /^[0-9a-f]{4}$/.test(value) ? Number.parseInt(value, 16) : undefined;

/** A copy with other parts. */
function copying(tree: Tree, parts: readonly (readonly [string, Make])[]): Make {
  return (values) => {
    const copy: Record<string, unknown> | unknown[] = Array.isArray(tree)
      ? tree.slice()
      : { ...tree };
    for (const [key, make] of parts) (copy as Record<string, unknown>)[key] = make(values);
    return copy;
  };
}

function instance({ example, places }: Template<unknown>, values: Values): Expr[] {
  const made = example.exprs.slice();
  for (const { at, make } of places) made[at] = make(values) as Expr;
  return made;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The template of two examples; undefined where the values do not explain how they differ. */
function templateOf<R>(a: Example<R>, b: Example<R>, by: Comparison): Template<R> | undefined {
  if (a.exprs.length !== b.exprs.length || !same(a.rest, b.rest)) return undefined;
  const places: Place[] = [];
  for (const [at, one] of a.exprs.entries()) {
    const other = b.exprs[at]!;
    if (same(one, other)) continue;
    const make = by.explain(one, other);
    if (make === undefined) return undefined;
    places.push({ at, make });
  }
  const template: Template<R> = { example: a, places, bound: by.bound };
  const isWhole = by.free.every((i) => by.found.has(i));
  return isWhole && same(instance(template, b.values), b.exprs) ? template : undefined;
}

/** Shapes that are known at once: a file in which no two lines are alike is not to be kept twice. */
const MAX_SHAPES = 4096;

/** `Rest` is what else there is to a rule of a shape, the same for all of them. */
export class RuleTemplates<Rest = undefined> {
  readonly #known = new Map<string, Known<Rest>>();

  /** The expressions of a rule of this shape, if they are known. */
  match({
    key,
    values,
  }: RuleShape): { readonly exprs: readonly Expr[]; readonly rest: Rest } | undefined {
    const template = this.#known.get(key)?.template;
    if (template === undefined) return undefined;
    const { example, bound } = template;
    for (const i of bound) if (values[i] !== example.values[i]) return undefined;
    return { exprs: instance(template, values), rest: example.rest };
  }

  /** A rule of this shape was compiled, since what is known of the shape did not say how. */
  learn({ key, values }: RuleShape, exprs: readonly Expr[], rest: Rest): void {
    const example: Example<Rest> = { exprs, rest, values };
    const known = this.#known.get(key);
    if (this.#known.size >= MAX_SHAPES) this.#known.clear();
    if (known === undefined)
      this.#known.set(key, { example, template: undefined, isClosed: false });
    else if (!known.isClosed) learnMore(known, example);
  }

  /** What rules mean may be something else from here on. */
  forget(): void {
    this.#known.clear();
  }
}

/** A second example explains what it differs in; one that differs in more takes its place. */
function learnMore<R>(known: Known<R>, example: Example<R>): void {
  const by = new Comparison(known.example.values, example.values);
  if (!by.tellsApart) return;
  const { template } = known;
  const isMore = template === undefined || !by.bound.some((i) => !template.bound.includes(i));
  if (!isMore) return;
  const next = templateOf(known.example, example, by);
  if (next === undefined) known.isClosed = true;
  else known.template = next;
}
