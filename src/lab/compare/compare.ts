// Two rulesets side by side: the same packets through both, until every rule was met or the search
// is over. A difference comes with the packets that show it.

import { manualClock, Netns, seeded } from '../../core/index.ts';
import { ipSetsOf } from '../../engine/index.ts';
import type { AcctObject, Batch, IpSet, IpSetChange, Program } from '../../program/index.ts';
import type { StackConfig } from '../../stack/index.ts';
import { isStateful } from './acts.ts';
import { changedRules, ownEntriesFirst, ownFirst } from './changed.ts';
import type { Turn } from './conversation.ts';
import { goalsOf } from './goals.ts';
import { Places } from './network.ts';
import { Search, type Target } from './search.ts';
import { type Aspect, difference, type Effect, placeOfRule, Side } from './side.ts';
import { Talk } from './talk.ts';
import { effectTexts } from './told.ts';
import { type Unmet, unmetRules, unusedRules } from './unmet.ts';
import type { Goal } from './wish.ts';

export interface CompareInput {
  readonly batches: readonly Batch[];
  /** Sets of ipset, made before them. */
  readonly ipsets?: readonly IpSetChange[];
  /** Accounting objects. */
  readonly accounting?: readonly AcctObject[];
  /** The ruleset the batches make. */
  readonly program: Program;
  /**
   * Places of rules by those of the rules they stand for, with `sameRules`; undefined where they only
   * lead to one.
   */
  readonly moved?: ReadonlyMap<string, string | undefined>;
}

export interface CompareOptions {
  /** Conversations to try; each is one to five packets. */
  readonly tries: number;
  readonly seed?: number;
  /** Rules stand at the same places in both, and the same ones have to match. */
  readonly sameRules?: boolean;
  /** Default: made up from the interfaces and addresses of both rulesets. */
  readonly network?: StackConfig;
  /** Told after every hundredth conversation. */
  readonly progress?: (done: number) => void;
  /** Rules to evaluate before the search ends, with tries left or not; default without end. */
  readonly work?: number;
}

export interface Difference {
  /** What became of the last packet is not the same: `fate`, what was `sent`, the `connections` … */
  readonly aspect: Aspect;
  /** What became of it, line by line, in either firewall. */
  readonly first: readonly string[];
  readonly second: readonly string[];
  /** The rule or policy behind either: place and text, empty where there was none. */
  readonly decisions: readonly [string, string];
  /** In the notation of packets, `advance 5s` between them: the shortest that was found. */
  readonly packets: readonly string[];
}

export interface RuleCoverage {
  readonly rules: number;
  readonly reached: number;
  readonly matched: number;
  /** Rules that no packet matched. */
  readonly missed: readonly Unmet[];
}

export interface Comparison {
  readonly difference: Difference | undefined;
  readonly packets: number;
  /** Conversations that were tried; fewer than asked for where `work` was done before. */
  readonly conversations: number;
  /** Both have the same rules, chains and sets: no packet can tell them apart. */
  readonly isSame: boolean;
  readonly network: StackConfig;
  readonly first: RuleCoverage;
  readonly second: RuleCoverage;
  /** Constructs that could not be evaluated: nothing is proved about them. */
  readonly depends: readonly string[];
}

function sideOf(
  input: CompareInput,
  network: StackConfig,
  seed: number,
  sameRules: boolean,
  before?: Side,
): Side {
  const side = new Side(input, network, seed, before);
  side.countsRules = sameRules;
  return side;
}

/** Both firewalls, and what was sent to them so far. */
class Pair extends Talk {
  readonly #inputs: readonly [CompareInput, CompareInput];
  readonly #network: StackConfig;
  readonly #seed: number;
  readonly #sameRules: boolean;
  /** What a packet meets depends on those before it: each conversation has firewalls of its own. */
  readonly #renews: boolean;

  constructor(
    inputs: readonly [CompareInput, CompareInput],
    network: StackConfig,
    options: CompareOptions,
    renews = false,
  ) {
    const { seed = 1, sameRules = false } = options;
    super(inputs.map((input) => sideOf(input, network, seed, sameRules)));
    this.#inputs = inputs;
    this.#network = network;
    this.#seed = seed;
    this.#sameRules = sameRules;
    this.#renews = renews;
  }

  side(index: 0 | 1): Side {
    return this.sides[index]!;
  }

  /** Sends one turn to both, or its text; what differs then. */
  split(turn: Turn | string): Split | undefined {
    const effects = typeof turn === 'string' ? this.say(turn) : this.turn(turn);
    const [first, second] = effects ?? [];
    return first && second && splitOf(first, second, this.#sameRules);
  }

  /** Ends a conversation. */
  override forget(): void {
    super.forget();
    if (!this.#renews && !this.sides.some((side) => side.isSpent)) return;
    this.sides = this.#inputs.map((input, i) =>
      sideOf(input, this.#network, this.#seed, this.#sameRules, this.sides[i]),
    );
  }
}

/** Of more rules that are the same on both sides only some are tried. */
const MOST_RULES = 1000;
const SOME_TRIES = 200;

/** Rulesets of more rules are not put together again for each conversation. */
const MOST_RENEWED = 300;

function renews(a: CompareInput, b: CompareInput): boolean {
  const all = [a.program, b.program];
  const rules = all.flatMap((p) =>
    p.tables.flatMap((t) => t.chains.flatMap((c) => c.rules.length)),
  );
  return rules.reduce((sum, n) => sum + n, 0) <= MOST_RENEWED && all.some(isStateful);
}

/** Sets of ipset as the changes leave them. */
function ipSetList(changes: readonly IpSetChange[]): readonly IpSet[] {
  if (changes.length === 0) return [];
  const sets = ipSetsOf(new Netns({ clock: manualClock(), random: seeded(1) }));
  for (const change of changes) sets.apply(change);
  return sets.list();
}

const tablesFirst = (mine: Program, other: Program): Program => ({
  ...mine,
  tables: mine.tables.map((table) => ownFirst(table, other)),
});

/** What rules of both want, those that only one has marked. */
function targetsOf(a: CompareInput, b: CompareInput) {
  const [x, y] = [ipSetList(a.ipsets ?? []), ipSetList(b.ipsets ?? [])];
  const goals = [
    goalsOf(tablesFirst(a.program, b.program), ownEntriesFirst(x, y)),
    goalsOf(tablesFirst(b.program, a.program), ownEntriesFirst(y, x)),
  ] as const;
  const changed = changedRules(
    { program: a.program, ipsets: x },
    { program: b.program, ipsets: y },
  );
  return { goals, changed };
}

/**
 * Runs both on generated packets. Effects on the wire, deliveries, marks and connections must be the
 * same for every packet.
 * @throws TransactionError for a ruleset that is refused
 */
export function compareRulesets(
  a: CompareInput,
  b: CompareInput,
  options: CompareOptions,
): Comparison {
  const { seed = 1, progress, work = Number.POSITIVE_INFINITY } = options;
  const { goals, changed } = targetsOf(a, b);
  const places = new Places(goals.flat(), options.network);
  const pair = new Pair([a, b], places.network, options, renews(a, b));
  const target =
    (side: Side, own: ReadonlySet<string>) =>
    (goal: Goal): Target => ({
      goal,
      coverage: side.coverage,
      isChanged: own.has(placeOfGoal(goal)),
    });
  const search = new Search(
    [
      ...goals[0].map(target(pair.side(0), changed.first)),
      ...goals[1].map(target(pair.side(1), changed.second)),
    ],
    places,
    seeded(seed + 1),
  );
  // Nothing is to be found; what packets meet is worth a while.
  const rules = goals[0].length;
  const tries = changed.isSame && rules > MOST_RULES ? SOME_TRIES : options.tries;
  let difference: Difference | undefined;
  let i = 0;
  for (; i < tries && pair.work < work && difference === undefined; i++) {
    const met = pair.met;
    difference = conversation(pair, search.next());
    if (pair.met > met) search.keep();
    if (i % 100 === 99) progress?.(i + 1);
    if (difference === undefined) pair.forget();
  }
  const shortest = difference && shortened(difference, [a, b], places.network, options);
  return {
    difference: shortest,
    packets: pair.packets,
    conversations: i,
    isSame: changed.isSame,
    network: places.network,
    first: coverageOf(a.program, goals[0], pair.side(0)),
    second: coverageOf(b.program, goals[1], pair.side(1)),
    depends: [...new Set([...pair.side(0).depends, ...pair.side(1).depends])],
  };
}

type Split = Omit<Difference, 'packets'>;

/** Where the effects part, in words; of lists what only one of them has. */
function splitOf(a: Effect, b: Effect, sameRules: boolean): Split | undefined {
  const aspect = difference(a, b, sameRules);
  if (aspect === undefined) return undefined;
  const [first, second] = effectTexts(a, b, aspect);
  const only = (x: readonly string[], y: readonly string[]) => x.filter((l) => !y.includes(l));
  const decisions = [a.decision, b.decision] as const;
  if (aspect !== 'connections') return { aspect, first, second, decisions };
  return { aspect, first: only(first, second), second: only(second, first), decisions };
}

function conversation(pair: Pair, turns: readonly Turn[]): Difference | undefined {
  for (const turn of turns) {
    const split = pair.split(turn);
    if (split !== undefined) return { ...split, packets: [...pair.log] };
  }
  return undefined;
}

/** Packets sent again to find out which are needed. */
const MOST_SENT_AGAIN = 50_000;

/** Leaves out what is not needed to see the difference on two fresh firewalls. */
function shortened(
  found: Difference,
  inputs: readonly [CompareInput, CompareInput],
  network: StackConfig,
  options: CompareOptions,
): Difference {
  const again = (packets: readonly string[]): Split | undefined => {
    const pair = new Pair(inputs, network, options);
    for (const text of packets) {
      const split = pair.split(text);
      if (split !== undefined) return split;
    }
    return undefined;
  };
  let best = found;
  let sent = 0;
  // Halves first: of a thousand packets that fill a limit each has its turn in the end.
  for (let size = best.packets.length >> 1; size >= 1; size >>= 1)
    for (let i = best.packets.length - 1 - size; i >= 0 && sent < MOST_SENT_AGAIN; i -= size) {
      const packets = best.packets.toSpliced(i, size);
      sent += packets.length;
      const split = again(packets);
      if (split !== undefined) best = { ...split, packets };
    }
  return best;
}

export const placeOfGoal = ({ table, chain, index }: Goal): string =>
  placeOfRule({ family: table.family, table: table.name, chain: chain.name, index });

export function coverageOf(program: Program, goals: readonly Goal[], side: Side): RuleCoverage {
  const byPlace = new Map(goals.map((goal) => [placeOfGoal(goal), goal]));
  const places = [...byPlace.keys()];
  const { coverage } = side;
  const missed = [...byPlace].filter(([p]) => !coverage.matched.has(p)).map(([, goal]) => goal);
  const stoppedAt = ({ table, chain, index }: Goal): number | undefined =>
    coverage.furthest({ family: table.family, table: table.name, chain: chain.name, index });
  const unused = unusedRules(program, goals);
  return {
    rules: places.length + unused.length,
    reached: places.filter((p) => coverage.reached.has(p)).length,
    matched: places.filter((p) => coverage.matched.has(p)).length,
    missed: [...unmetRules(missed, program, stoppedAt), ...unused],
  };
}
