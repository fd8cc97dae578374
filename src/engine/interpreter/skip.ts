// Long lists of rules that each test the same field for another value: block lists, port lists. A
// rule whose test fails has no effect, as long as nothing but tests stands before that test. So the
// field is loaded once, and everything up to the first rule whose value it is can be passed over.

/** A fused test among the leading tests of a rule. */
export interface Test {
  readonly slot: number;
  readonly mask: number;
  readonly value: number;
}

/** The instructions of one rule. */
export interface RuleCode {
  readonly code: number[];
  /** Places in `code` that are to hold the start of the next rule. */
  readonly toNext: number[];
  /** Tests for equality before anything that has an effect. */
  readonly tests: Test[];
  /** Nothing but tests so far. */
  pure: boolean;
}

export const newBody = (): RuleCode => ({ code: [], toNext: [], tests: [], pure: true });

/** Fewer rules than this are walked as fast as looked up. */
const WORTH_IT = 8;

/** Rules `from` … `to` - 1, which all test one field under one mask. */
export interface Run {
  readonly from: number;
  readonly to: number;
  readonly slot: number;
  readonly mask: number;
}

/** For each value of a field, the rules of a run that want it. */
export class SkipTable {
  readonly slot: number;
  readonly mask: number;
  readonly #positions = new Map<number, number[]>();
  readonly #places = new Map<number, number[]>();

  constructor(slot: number, mask: number) {
    this.slot = slot;
    this.mask = mask;
  }

  /** Rules are added in order; `place` is where the code of one begins. */
  add(value: number, position: number, place: number): void {
    const positions = this.#positions.get(value);
    if (positions === undefined) {
      this.#positions.set(value, [position]);
      this.#places.set(value, [place]);
    } else {
      positions.push(position);
      this.#places.get(value)!.push(place);
    }
  }

  /** Where the first rule from `position` on begins that wants `value`, or -1. */
  find(value: number, position: number): number {
    const positions = this.#positions.get(value);
    if (positions === undefined) return -1;
    for (let i = 0; i < positions.length; i++)
      if (positions[i]! >= position) return this.#places.get(value)![i]!;
    return -1;
  }
}

const keyOf = ({ slot, mask }: Test): string => `${slot} ${mask}`;

/** The value a rule of a run wants. */
export const valueIn = (body: RuleCode, run: Run): number =>
  body.tests.find((test) => test.slot === run.slot && test.mask === run.mask)!.value;

/** How many values a field takes in the rules of a run. */
function spread(bodies: readonly RuleCode[], run: Run): number {
  const values = new Set<number>();
  for (let i = run.from; i < run.to; i++) values.add(valueIn(bodies[i]!, run));
  return values.size;
}

/** The longest run from a rule on, by whichever field tells its rules apart best. */
function runFrom(bodies: readonly RuleCode[], from: number): Run | undefined {
  let shared = new Map(bodies[from]!.tests.map((test) => [keyOf(test), test]));
  let to = from;
  while (shared.size > 0 && to < bodies.length) {
    const keys = new Set(bodies[to]!.tests.map(keyOf));
    const rest = new Map([...shared].filter(([key]) => keys.has(key)));
    if (rest.size === 0) break;
    shared = rest;
    to++;
  }
  if (to - from < WORTH_IT) return undefined;
  const runs = [...shared.values()].map(({ slot, mask }): Run => ({ from, to, slot, mask }));
  return runs.sort((a, b) => spread(bodies, b) - spread(bodies, a))[0];
}

/** The runs of a chain, in order. */
export function findRuns(bodies: readonly RuleCode[]): Run[] {
  const runs: Run[] = [];
  for (let i = 0; i < bodies.length; ) {
    const run = runFrom(bodies, i);
    if (run !== undefined) runs.push(run);
    i = run?.to ?? i + 1;
  }
  return runs;
}
