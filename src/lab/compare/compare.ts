// Two rulesets side by side: the same packets through both, until every rule was met or the search
// is over. A difference comes with the packets that show it.

import { seeded } from '../../core/index.ts';
import type { AcctObject, Batch, IpSetChange, Program } from '../../program/index.ts';
import type { StackConfig } from '../../stack/index.ts';
import type { Turn } from './conversation.ts';
import { Places } from './network.ts';
import { Search, type Target } from './search.ts';
import { type Aspect, difference, type Effect, effectText, placeOfRule, Side } from './side.ts';
import { Talk } from './talk.ts';
import { type Goal, goalsOf } from './wish.ts';

export interface CompareInput {
  readonly batches: readonly Batch[];
  /** Sets of ipset, made before them. */
  readonly ipsets?: readonly IpSetChange[];
  /** Accounting objects. */
  readonly accounting?: readonly AcctObject[];
  /** The ruleset the batches make. */
  readonly program: Program;
  /** Places of rules by those of the rules they stand for, with `sameRules`. */
  readonly moved?: ReadonlyMap<string, string>;
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
  readonly missed: readonly Goal[];
}

export interface Comparison {
  readonly difference: Difference | undefined;
  readonly packets: number;
  readonly network: StackConfig;
  readonly first: RuleCoverage;
  readonly second: RuleCoverage;
  /** Constructs that could not be evaluated: nothing is proved about them. */
  readonly depends: readonly string[];
}

/** Both firewalls, and what was sent to them so far. */
class Pair extends Talk {
  readonly a: Side;
  readonly b: Side;
  readonly #sameRules: boolean;

  constructor(a: CompareInput, b: CompareInput, network: StackConfig, options: CompareOptions) {
    const { seed = 1, sameRules = false } = options;
    const sides = [new Side(a, network, seed), new Side(b, network, seed)] as const;
    super(sides);
    [this.a, this.b] = sides;
    this.#sameRules = sameRules;
  }

  /** Sends one turn to both, or its text; what differs then. */
  split(turn: Turn | string): Split | undefined {
    const effects = typeof turn === 'string' ? this.say(turn) : this.turn(turn);
    const [first, second] = effects ?? [];
    return first && second && splitOf(first, second, this.#sameRules);
  }
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
  const { tries, seed = 1, progress } = options;
  const goals = [goalsOf(a.program), goalsOf(b.program)] as const;
  const places = new Places(goals.flat(), options.network);
  const pair = new Pair(a, b, places.network, options);
  const targets: Target[] = [
    ...goals[0].map((goal) => ({ goal, coverage: pair.a.coverage })),
    ...goals[1].map((goal) => ({ goal, coverage: pair.b.coverage })),
  ];
  const search = new Search(targets, places, seeded(seed + 1));
  let difference: Difference | undefined;
  for (let i = 0; i < tries && difference === undefined; i++) {
    const met = pair.met;
    difference = conversation(pair, search.next());
    if (pair.met > met) search.keep();
    if (i % 100 === 99) progress?.(i + 1);
    if (difference === undefined) pair.forget();
  }
  const shortest = difference && shortened(difference, a, b, places.network, options);
  return {
    difference: shortest,
    packets: pair.packets,
    network: places.network,
    first: coverageOf(goals[0], pair.a),
    second: coverageOf(goals[1], pair.b),
    depends: [...new Set([...pair.a.depends, ...pair.b.depends])],
  };
}

type Split = Omit<Difference, 'packets'>;

/** Where the effects part, in words; of lists what only one of them has. */
function splitOf(a: Effect, b: Effect, sameRules: boolean): Split | undefined {
  const aspect = difference(a, b, sameRules);
  if (aspect === undefined) return undefined;
  const first = effectText(a, aspect);
  const second = effectText(b, aspect);
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

/** Leaves out what is not needed to see the difference on two fresh firewalls. */
function shortened(
  found: Difference,
  a: CompareInput,
  b: CompareInput,
  network: StackConfig,
  options: CompareOptions,
): Difference {
  const again = (packets: readonly string[]): Split | undefined => {
    const pair = new Pair(a, b, network, options);
    for (const text of packets) {
      const split = pair.split(text);
      if (split !== undefined) return split;
    }
    return undefined;
  };
  let best = found;
  for (let i = best.packets.length - 2; i >= 0; i--) {
    const packets = best.packets.toSpliced(i, 1);
    const split = again(packets);
    if (split !== undefined) best = { ...split, packets };
  }
  return best;
}

export function coverageOf(goals: readonly Goal[], side: Side): RuleCoverage {
  const byPlace = new Map(
    goals.map((goal) => [
      placeOfRule({
        family: goal.table.family,
        table: goal.table.name,
        chain: goal.chain.name,
        index: goal.index,
      }),
      goal,
    ]),
  );
  const places = [...byPlace.keys()];
  const { reached, matched } = side.coverage;
  return {
    rules: places.length,
    reached: places.filter((p) => reached.has(p)).length,
    matched: places.filter((p) => matched.has(p)).length,
    missed: [...byPlace].filter(([p]) => !matched.has(p)).map(([, goal]) => goal),
  };
}
