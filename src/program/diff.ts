// What differs between two programs: for people reading a proposed change, and for whoever must
// turn one ruleset into another without touching what is the same.

import type { Chain, Program, Rule, SetElement, SetSpec, Table } from './program.ts';

/** Where in a program: `['table ip filter', 'chain input', 'rule 3']`. */
export type DiffPath = readonly string[];

export type Difference =
  | { readonly kind: 'added'; readonly path: DiffPath; readonly after: unknown }
  | { readonly kind: 'removed'; readonly path: DiffPath; readonly before: unknown }
  | {
      readonly kind: 'changed';
      readonly path: DiffPath;
      readonly before: unknown;
      readonly after: unknown;
    };

/** Handles and places say where a thing came from, not what it does. */
const NOT_CONTENT = new Set(['handle', 'source']);

/** Equal exactly for things that mean the same: keys sorted, what is no content left out. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => {
    if (NOT_CONTENT.has(key)) return undefined;
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

interface Named {
  readonly name: string;
}

/** Compares two lists whose members have keys: `compare` says what differs within a member. */
function diffKeyed<T>(
  before: readonly T[],
  after: readonly T[],
  pathOf: (item: T) => DiffPath,
  compare: (a: T, b: T, path: DiffPath) => readonly Difference[],
): Difference[] {
  const keyOf = (item: T): string => pathOf(item).join('\0');
  const old = new Map(before.map((item) => [keyOf(item), item]));
  const fresh = new Set(after.map(keyOf));
  const removed = before
    .filter((item) => !fresh.has(keyOf(item)))
    .map((item): Difference => ({ kind: 'removed', path: pathOf(item), before: item }));
  const rest = after.flatMap((item): readonly Difference[] => {
    const was = old.get(keyOf(item));
    const path = pathOf(item);
    return was === undefined ? [{ kind: 'added', path, after: item }] : compare(was, item, path);
  });
  return [...removed, ...rest];
}

function whole(a: unknown, b: unknown, path: DiffPath): Difference[] {
  return canonical(a) === canonical(b) ? [] : [{ kind: 'changed', path, before: a, after: b }];
}

/**
 * The longest common subsequence of two lists of rules, as the pairs of indices kept. Rules that
 * are the same at both ends are skipped first: most changes touch a few lines of a long chain, and
 * the table is quadratic in what is left.
 */
function commonRules(a: readonly string[], b: readonly string[]): [number, number][] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  const room = Math.min(a.length, b.length) - head;
  while (tail < room && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const middle = longestCommon(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  return [
    ...Array.from({ length: head }, (_, i): [number, number] => [i, i]),
    ...middle.map(([i, j]): [number, number] => [i + head, j + head]),
    ...Array.from({ length: tail }, (_, i): [number, number] => [
      a.length - tail + i,
      b.length - tail + i,
    ]),
  ];
}

function longestCommon(a: readonly string[], b: readonly string[]): [number, number][] {
  const width = b.length + 1;
  const best = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      best[i * width + j] =
        a[i] === b[j]
          ? best[(i + 1) * width + j + 1]! + 1
          : Math.max(best[(i + 1) * width + j]!, best[i * width + j + 1]!);
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (best[(i + 1) * width + j]! >= best[i * width + j + 1]!) i++;
    else j++;
  }
  return pairs;
}

/** Rules have no names: those before are numbered in the old chain, those added in the new one. */
function diffRules(before: readonly Rule[], after: readonly Rule[], path: DiffPath): Difference[] {
  const pairs = commonRules(before.map(canonical), after.map(canonical));
  const kept = new Set(pairs.map(([i]) => i));
  const met = new Set(pairs.map(([, j]) => j));
  const at = (i: number): DiffPath => [...path, `rule ${i}`];
  return [
    ...before.flatMap((rule, i): Difference[] =>
      kept.has(i) ? [] : [{ kind: 'removed', path: at(i), before: rule }],
    ),
    ...after.flatMap((rule, i): Difference[] =>
      met.has(i) ? [] : [{ kind: 'added', path: at(i), after: rule }],
    ),
  ];
}

function diffChain(a: Chain, b: Chain, path: DiffPath): Difference[] {
  const { rules: before, ...headA } = a;
  const { rules: after, ...headB } = b;
  return [...whole(headA, headB, path), ...diffRules(before, after, path)];
}

const elementName = (element: SetElement): string =>
  element.catchall === true ? '*' : `${element.key}${element.keyEnd ? `-${element.keyEnd}` : ''}`;

function diffSet(a: SetSpec, b: SetSpec, path: DiffPath): Difference[] {
  const { elements: before, ...headA } = a;
  const { elements: after, ...headB } = b;
  const pathOf = (element: SetElement): DiffPath => [...path, `element ${elementName(element)}`];
  return [...whole(headA, headB, path), ...diffKeyed(before, after, pathOf, whole)];
}

function diffTable(a: Table, b: Table, path: DiffPath): Difference[] {
  const { chains, sets, objects, flowtables, ...head } = a;
  const { chains: chainsB, sets: setsB, objects: objectsB, flowtables: flowsB, ...headB } = b;
  const named =
    (word: string) =>
    (item: Named): DiffPath => [...path, `${word} ${item.name}`];
  return [
    ...whole(head, headB, path),
    ...diffKeyed(objects, objectsB, (o) => [...path, `${o.data.kind} ${o.name}`], whole),
    ...diffKeyed(flowtables, flowsB, named('flowtable'), whole),
    ...diffKeyed(sets, setsB, named('set'), diffSet),
    ...diffKeyed(chains, chainsB, named('chain'), diffChain),
  ];
}

/**
 * What must change in `a` to make it `b`, tables first, removals before additions. Handles and
 * sources are not compared; the order of rules is, the order of everything else is not.
 */
export const diffPrograms = (a: Program, b: Program): readonly Difference[] =>
  diffKeyed(a.tables, b.tables, (t) => [`table ${t.family} ${t.name}`], diffTable);
