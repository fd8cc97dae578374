// What differs between two rulesets as they are written: rules that only one of them has are looked
// at first, since that is where packets part.

import type { IpSet, Program, Rule, SetElement, SetSpec, Table } from '../../program/index.ts';

/** Where a rule stands, what it came from, what it counted: none of it is what it does. */
const NOT_CONTENT = new Set(['handle', 'source', 'comment', 'userdata']);

const text = (value: unknown): string =>
  JSON.stringify(value, (key, inner: unknown) => (NOT_CONTENT.has(key) ? undefined : inner));

/** The rule with what its sets hold, whatever they are called. */
function ruleText(rule: Rule, sets: ReadonlyMap<string, string>): string {
  const exprs = rule.exprs.map((expr) => {
    if (expr.kind === 'counter') return expr.kind;
    if (expr.kind === 'match' && expr.name === 'comment') return '';
    if (expr.kind === 'objref' && 'name' in expr.ref)
      return `${text(expr)} ${sets.get(`object ${expr.ref.type} ${expr.ref.name}`) ?? ''}`;
    if ('set' in expr && typeof expr.set === 'string')
      return `${text({ ...expr, set: '' })} ${sets.get(expr.set) ?? ''}`;
    if (expr.kind !== 'match' || expr.name !== 'set') return text(expr);
    return `${text(expr)} ${sets.get(setName(expr.info)) ?? ''}`;
  });
  return exprs.join(' ');
}

const setName = (info: unknown): string => {
  const { matchSet } = info as { matchSet?: { name?: string } };
  return `ipset ${matchSet?.name ?? ''}`;
};

function contents(table: Table, ipsets: readonly IpSet[]): ReadonlyMap<string, string> {
  const of = ({ name: _, elements, ...rest }: SetSpec): string => text({ ...rest, elements });
  return new Map([
    ...table.sets.map((set) => [set.name, of(set)] as const),
    ...table.objects.map((o) => [`object ${o.data.kind} ${o.name}`, text(o)] as const),
    ...ipsets.map((set) => [`ipset ${set.name}`, text([set.entries, set.options])] as const),
  ]);
}

const chainKey = (table: Table, chain: string): string => `${table.family} ${table.name} ${chain}`;

type Texts = ReadonlyMap<string, readonly string[]>;

function textsOf(program: Program, ipsets: readonly IpSet[]): Texts {
  return new Map(
    program.tables.flatMap((table) => {
      const sets = contents(table, ipsets);
      return table.chains.map(({ name, base, rules }) => [
        chainKey(table, name),
        [text([base, table.flags]), ...rules.map((rule) => ruleText(rule, sets))],
      ]);
    }),
  );
}

/** Places of rules that the other ruleset does not have in the same order in that chain. */
export interface Changed {
  readonly first: ReadonlySet<string>;
  readonly second: ReadonlySet<string>;
  /** Every chain and rule of one is in the other: no packet can tell them apart. */
  readonly isSame: boolean;
}

export function changedRules(
  a: { readonly program: Program; readonly ipsets: readonly IpSet[] },
  b: { readonly program: Program; readonly ipsets: readonly IpSet[] },
): Changed {
  const [x, y] = [textsOf(a.program, a.ipsets), textsOf(b.program, b.ipsets)];
  const first = only(x, y);
  const second = only(y, x);
  const isSame = first.size + second.size === 0 && [...x.keys()].join() === [...y.keys()].join();
  return { first, second, isSame };
}

/** Beginnings and ends of chains that are alike leave the middle. */
function only(mine: Texts, other: Texts): Set<string> {
  const places = new Set<string>();
  for (const [key, texts] of mine) {
    const theirs = other.get(key) ?? [];
    let from = 0;
    while (from < texts.length && texts[from] === theirs[from]) from++;
    let end = 0;
    const most = Math.min(texts.length, theirs.length) - from;
    while (end < most && texts.at(-1 - end) === theirs.at(-1 - end)) end++;
    // Another hook or policy concerns all of the chain.
    const start = from === 0 ? 1 : from;
    const known = new Set(theirs.slice(from, theirs.length - end));
    const middle = texts.slice(start, texts.length - end);
    const isMoved = middle.every((line) => known.has(line));
    middle.forEach((line, i) => {
      if (isMoved || !known.has(line)) places.add(`${key} ${start - 1 + i}`);
    });
  }
  return places;
}

const elementKey = ({ key, keyEnd }: SetElement): string => `${key} ${keyEnd ?? ''}`;

/** Elements that the other's set of that name does not have stand first. */
export function ownFirst(table: Table, other: Program): Table {
  const theirs = other.tables.find((t) => t.family === table.family && t.name === table.name);
  const sets = table.sets.map((set) => {
    const same = theirs?.sets.find(({ name }) => name === set.name);
    if (same === undefined || same === set) return set;
    const known = new Set(same.elements.map(elementKey));
    const own = set.elements.filter((e) => !known.has(elementKey(e)));
    return own.length === 0 ? set : { ...set, elements: [...own, ...set.elements] };
  });
  return { ...table, sets };
}

/** The same of sets of ipset. */
export const ownEntriesFirst = (sets: readonly IpSet[], others: readonly IpSet[]): IpSet[] =>
  sets.map((set) => {
    const known = new Set(others.find((o) => o.name === set.name)?.entries.map(text));
    const own = set.entries.filter((e) => !known.has(text(e)));
    return own.length === 0 ? set : { ...set, entries: [...own, ...set.entries] };
  });
