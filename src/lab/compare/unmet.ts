// Why no packet met a rule: it cannot be met, it hangs on something that is not here, or the search
// did not find the packet.

import {
  type Chain,
  type Expr,
  type Hex,
  type Program,
  printExpr,
  type Rule,
  type Table,
} from '../../program/index.ts';
import type { Goal } from './wish.ts';

/**
 * `shadowed`: a rule before it takes all its packets. `contradiction`: it asks for two things that no
 * packet is at once. `unused`: no base chain leads to its chain. `unknown`: it holds what cannot be
 * evaluated. `unset`: it asks for what no rule sets. `unmet`: maybe there is such a packet.
 */
export type Reason = 'shadowed' | 'contradiction' | 'unused' | 'unknown' | 'unset' | 'unmet';

export interface Unmet {
  readonly goal: Goal;
  readonly reason: Reason;
  /** In words, to stand behind the rule. */
  readonly why: string;
  /** The rule that takes its packets. */
  readonly by?: Goal;
}

/** What is loaded has to be in one of these. */
interface Condition {
  /** A number for what is loaded: ten thousand rules are compared with those before. */
  readonly key: number;
  readonly spans: readonly (readonly [Hex, Hex])[];
}

interface Conditions {
  readonly list: readonly Condition[];
  /** There is nothing in the rule that could break it besides. */
  readonly isWhole: boolean;
}

/** Expressions that never break a rule, and show or count alone. */
const PASSES = new Set<Expr['kind']>(['counter', 'log', 'immediate', 'reject', 'target']);
const COUNTS = new Set([
  'limit',
  'hashlimit',
  'quota',
  'recent',
  'statistic',
  'time',
  'connlimit',
  'rateest',
  'set',
]);

/** Prefixes are loads of fewer bytes at the same place. */
const UNHELD = new Set(['dreg', 'sreg', 'len']);
const loadKey = (expr: Expr): string =>
  JSON.stringify(expr, (key, value: unknown) => (UNHELD.has(key) ? undefined : value));

const isPrefixMask = (mask: Hex): boolean => /^f*[8ce]?0*$/.test(mask);

const highOf = (data: Hex, mask: Hex): Hex => {
  const free = BigInt(`0x${mask}`) ^ ((1n << BigInt(mask.length * 4)) - 1n);
  return (BigInt(`0x${data}`) | free).toString(16).padStart(data.length, '0');
};

/** Loads by register, followed through to what compares them. */
function conditionsOf(rule: Rule, table: Table, keyOf: (text: string) => number): Conditions {
  const held = new Map<number, { key: string; mask?: Hex }>();
  const list: Condition[] = [];
  let isWhole = true;
  for (const expr of rule.exprs) {
    if (expr.kind === 'cmp' || expr.kind === 'range' || expr.kind === 'lookup') {
      const of = held.get(expr.sreg);
      const condition = of && comparedWith(expr, of, table, keyOf);
      if (condition === undefined) isWhole = false;
      else list.push(condition);
    } else if (expr.kind === 'bitwise' && expr.op === 'mask-xor' && isZero(expr.xor)) {
      const of = held.get(expr.sreg);
      if (of?.mask === undefined && of !== undefined)
        held.set(
          expr.dreg,
          isPrefixMask(expr.mask)
            ? { ...of, mask: expr.mask }
            : { key: `${of.key} & ${expr.mask}` },
        );
      else held.delete(expr.dreg);
    } else if (expr.kind === 'match') {
      if (expr.name === 'comment') continue;
      if (COUNTS.has(expr.name)) isWhole = false;
      list.push({ key: keyOf(loadKey(expr)), spans: [] });
    } else if (PASSES.has(expr.kind)) {
      if (expr.kind === 'immediate' && expr.data.kind === 'value') held.delete(expr.dreg);
    } else if (
      (expr.kind === 'payload' || expr.kind === 'meta' || expr.kind === 'ct') &&
      'dreg' in expr
    )
      held.set(expr.dreg, { key: loadKey(expr) });
    else isWhole = false;
  }
  return { list, isWhole };
}

const isZero = (digits: Hex): boolean => /^0*$/.test(digits);

function comparedWith(
  expr: Extract<Expr, { kind: 'cmp' | 'range' | 'lookup' }>,
  { key: text, mask }: { readonly key: string; readonly mask?: Hex },
  table: Table,
  keyOf: (text: string) => number,
): Condition | undefined {
  const key = keyOf(text);
  if (expr.kind === 'lookup') {
    const set = table.sets.find(({ name }) => name === expr.set);
    if (set === undefined || mask !== undefined) return undefined;
    if (expr.invert || expr.dreg !== undefined || set.flags.includes('dynamic')) return undefined;
    return { key, spans: set.elements.map((e) => [e.key, e.keyEnd ?? e.key] as const) };
  }
  if (expr.kind === 'range')
    return expr.op === 'eq' && mask === undefined
      ? { key, spans: [[expr.from, expr.to]] }
      : undefined;
  if (expr.op === 'neq') return { key: keyOf(`${text} not ${expr.data} ${mask ?? ''}`), spans: [] };
  if (expr.op !== 'eq') return undefined;
  return { key, spans: [[expr.data, mask === undefined ? expr.data : highOf(expr.data, mask)]] };
}

/** As many digits as the other has: what is not said may be anything. */
const fitted = (digits: Hex, length: number, fill: string): Hex =>
  digits.padEnd(length, fill).slice(0, length);

/** Whatever holds the second holds the first. */
const covers = (wide: Condition, narrow: Condition): boolean =>
  wide.key === narrow.key &&
  (wide.spans.length === 0 ||
    (narrow.spans.length > 0 &&
      narrow.spans.every(([low, high]) =>
        wide.spans.some(
          ([from, to]) =>
            from <= fitted(low, from.length, '0') && fitted(high, to.length, 'f') <= to,
        ),
      )));

const isDisjoint = (a: Condition, b: Condition): boolean =>
  a.key === b.key &&
  a.spans.length > 0 &&
  b.spans.length > 0 &&
  !a.spans.some(([low, high]) =>
    b.spans.some(([from, to]) => {
      const length = Math.min(low.length, from.length);
      return (
        fitted(from, length, '0') <= fitted(high, length, 'f') &&
        fitted(low, length, '0') <= fitted(to, length, 'f')
      );
    }),
  );

const ENDS = new Set(['accept', 'drop', 'return', 'goto']);

/** No packet that matches goes on behind it. */
const ends = ({ exprs }: Rule): boolean =>
  exprs.some(
    (e) =>
      e.kind === 'reject' ||
      (e.kind === 'target' && e.name === 'REJECT') ||
      (e.kind === 'immediate' && e.data.kind === 'verdict' && ENDS.has(e.data.verdict.code)),
  );

/** Of thousands of rules in a row, so many neighbours are compared, and so many that ask for less. */
const NEAR = 50;
const WIDER = 500;

/** How many of the numbers, which ascend, are below. */
function below(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Rules before a rule that may leave it nothing: its neighbours, and those that ask for less. */
function candidates({ chain, table, index }: Goal, own: Conditions, known: Known): number[] {
  const { all, byCount } = known.endingIn(chain, table);
  const count = below(all, index);
  if (count <= WIDER) return all.slice(0, count).reverse();
  const wider = byCount
    .slice(0, own.list.length)
    .flatMap((some) => some.slice(0, Math.min(WIDER, below(some, index))));
  return [...all.slice(count - NEAR, count).reverse(), ...wider];
}

/** The rule before this one that leaves it nothing. */
function shadowOf(goal: Goal, own: Conditions, known: Known): Goal | undefined {
  const { chain, table } = goal;
  for (const i of candidates(goal, own, known)) {
    const rule = chain.rules[i]!;
    const wide = known.of(rule, table).list;
    if (wide.every((w) => own.list.some((narrow) => covers(w, narrow))))
      return { ...goal, index: i, rule };
  }
  return undefined;
}

/** Rules of a chain that nothing goes on behind and whose conditions are all known, and by how many those are. */
interface Ending {
  readonly all: readonly number[];
  readonly byCount: readonly (readonly number[])[];
}

/** Conditions are read once for each rule. */
class Known {
  readonly #known = new Map<Rule, Conditions>();
  readonly #keys = new Map<string, number>();
  readonly #keyOf = (text: string): number => {
    const key = this.#keys.get(text) ?? this.#keys.size;
    this.#keys.set(text, key);
    return key;
  };

  readonly #ending = new Map<Chain, Ending>();

  endingIn(chain: Chain, table: Table): Ending {
    const found = this.#ending.get(chain) ?? this.#read(chain, table);
    this.#ending.set(chain, found);
    return found;
  }

  #read(chain: Chain, table: Table): Ending {
    const all: number[] = [];
    const byCount: number[][] = [];
    for (const [i, rule] of chain.rules.entries()) {
      const { isWhole, list } = this.of(rule, table);
      if (!isWhole || !ends(rule)) continue;
      all.push(i);
      for (let n = byCount.length; n <= list.length; n++) byCount.push([]);
      byCount[list.length]!.push(i);
    }
    return { all, byCount };
  }

  of(rule: Rule, table: Table): Conditions {
    const found = this.#known.get(rule) ?? conditionsOf(rule, table, this.#keyOf);
    this.#known.set(rule, found);
    return found;
  }
}

const contradicts = ({ list }: Conditions): boolean =>
  list.some((a, i) => list.slice(i + 1).some((b) => isDisjoint(a, b)));

/** What some rule has to set before another can ask for it: the asking, in words, the setting. */
const NEEDS: readonly (readonly [(e: Expr) => boolean, string, (e: Expr) => boolean])[] = [
  [
    (e) => (e.kind === 'match' && e.name === 'connmark') || (e.kind === 'ct' && e.key === 'mark'),
    'no rule sets marks of connections',
    (e) =>
      (e.kind === 'target' && e.name === 'CONNMARK') || (e.kind === 'ct-set' && e.key === 'mark'),
  ],
  [
    (e) => e.kind === 'match' && e.name === 'recent',
    'no rule of recent sets what it asks for',
    (e) =>
      e.kind === 'match' && e.name === 'recent' && (e.info as { action?: string }).action === 'set',
  ],
  [
    (e) => (e.kind === 'match' && e.name === 'helper') || (e.kind === 'ct' && e.key === 'helper'),
    'no rule gives connections a helper',
    (e) => (e.kind === 'target' && e.name === 'CT') || e.kind === 'objref',
  ],
  [
    (e) => e.kind === 'osf' || (e.kind === 'match' && e.name === 'osf'),
    'no fingerprints of systems are known',
    () => false,
  ],
  [(e) => e.kind === 'match' && e.name === 'realm', 'no route has a realm', () => false],
];

function unsetBy(rule: Rule, all: readonly Expr[]): string | undefined {
  for (const [asks, text, sets] of NEEDS) if (rule.exprs.some(asks) && !all.some(sets)) return text;
  return undefined;
}

const exprsOf = ({ tables }: Program): Expr[] =>
  tables.flatMap(({ chains }) =>
    chains.flatMap(({ rules }) => rules.flatMap(({ exprs }) => exprs)),
  );

function reasonFor(
  goal: Goal,
  known: Known,
  all: readonly Expr[],
  stopped: number | undefined,
): Unmet {
  const own = known.of(goal.rule, goal.table);
  const opaque = goal.rule.exprs.find((e) => e.kind === 'opaque');
  if (opaque !== undefined)
    return { goal, reason: 'unknown', why: 'holds what cannot be evaluated here' };
  if (contradicts(own))
    return { goal, reason: 'contradiction', why: 'asks for two things that no packet is at once' };
  const by = shadowOf(goal, own, known);
  if (by !== undefined)
    return { goal, reason: 'shadowed', why: 'an earlier rule takes all its packets', by };
  const unset = unsetBy(goal.rule, all);
  if (unset !== undefined) return { goal, reason: 'unset', why: unset };
  const expr = stopped === undefined ? undefined : goal.rule.exprs[stopped];
  if (expr === undefined) return { goal, reason: 'unmet', why: 'no packet came this far' };
  return { goal, reason: 'unmet', why: `packets came as far as ${printExpr(expr)}` };
}

/** @param stoppedAt the expression that the packets which came furthest failed at */
export function unmetRules(
  missed: readonly Goal[],
  program: Program,
  stoppedAt: (goal: Goal) => number | undefined,
): Unmet[] {
  const known = new Known();
  const all = exprsOf(program);
  return missed.map((goal) => reasonFor(goal, known, all, stoppedAt(goal)));
}

/** Rules in chains that nothing leads to. */
export function unusedRules(program: Program, goals: readonly Goal[]): Unmet[] {
  const used = new Set(goals.map(({ chain }) => chain));
  const names = new Set(
    goals.map(({ table, chain }) => `${table.family} ${table.name} ${chain.name}`),
  );
  return program.tables.flatMap((table) =>
    table.chains
      .filter(
        (chain) => !used.has(chain) && !names.has(`${table.family} ${table.name} ${chain.name}`),
      )
      .flatMap((chain) =>
        chain.rules.map(
          (rule, index): Unmet => ({
            goal: { table, chain, index, rule, wishes: [], through: [], hook: undefined },
            reason: 'unused',
            why: 'no base chain leads to its chain',
          }),
        ),
      ),
  );
}
