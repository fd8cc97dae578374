// Changes of the running kernel's ruleset, a generation at a time, in the words of `nft monitor`.

import type { Subscription } from '../../../core/index.ts';
import type { KernelRuleset, NftEvent } from '../../../linux/index.ts';
import type { NftMessage, WireChange } from '../../../netlink/index.ts';
import type { Change, Program, SetElement } from '../../../program/index.ts';
import type { Commit } from '../nft-events.ts';

type ElementChange = Extract<WireChange, { op: 'newelem' | 'delelem' }>;

const isOfElements = (change: WireChange): change is ElementChange =>
  change.op === 'newelem' || change.op === 'delelem';

const elementsIn = (program: Program, { family, table, set }: ElementChange) =>
  program.tables
    .find((one) => one.family === family && one.name === table)
    ?.sets.find(({ name }) => name === set)?.elements ?? [];

const keyOf = ({ key, keyEnd }: SetElement): string => JSON.stringify([key, keyEnd]);

const without = (all: readonly SetElement[], others: readonly SetElement[]) => {
  const known = new Set(others.map(keyOf));
  return all.filter((one) => !known.has(keyOf(one)));
};

/** Intervals are told end by end: what came and went is read off the set instead. */
function elementChange(change: ElementChange, before: Program, after: Program): Change[] {
  const { family, table, set } = change;
  const [old, now] = [elementsIn(before, change), elementsIn(after, change)];
  const [come, gone] = [without(now, old), without(old, now)];
  const at = { family, table, set };
  return change.op === 'newelem'
    ? come.length === 0
      ? []
      : [{ ...at, op: 'newelem', create: false, elements: come }]
    : gone.length === 0
      ? []
      : [{ ...at, op: 'delelem', destroy: false, elements: gone }];
}

/** What the kernel told of a transaction, as changes. Several messages about one set say the same. */
export function toldBatch(
  changes: readonly WireChange[],
  before: Program,
  after: Program,
): Change[] {
  const sets = new Set<string>();
  return changes.flatMap((change) => {
    if (!isOfElements(change)) return [change];
    const key = `${change.op} ${change.family} ${change.table} ${change.set}`;
    if (sets.has(key)) return [];
    sets.add(key);
    return elementChange(change, before, after);
  });
}

/** A transaction of the kernel's, and what it says of whose it is. */
export interface KernelCommit extends Commit {
  readonly generation: Extract<NftMessage, { kind: 'generation' }>;
}

/** Generations of which rules are remembered. */
const REMEMBERED = 8;

/** Calls for every committed transaction; with nothing where the kernel told more than it could. */
export class RulesetWatch {
  readonly #kernel: KernelRuleset;
  readonly #told: (commit: KernelCommit | undefined) => void;
  readonly #listening: Subscription;
  #pending: WireChange[] = [];
  /** The newest first: a packet may be told of behind the end of a rule it met. */
  programs: readonly Program[];

  constructor(kernel: KernelRuleset, told: (commit: KernelCommit | undefined) => void) {
    this.#kernel = kernel;
    this.#told = told;
    // Before the list: what comes between is told with the next generation.
    this.#listening = kernel.events((event) => this.#event(event));
    this.programs = [kernel.list()];
  }

  #next(): Program {
    const now = this.#kernel.list();
    this.programs = [now, ...this.programs.slice(0, REMEMBERED - 1)];
    return now;
  }

  #event(event: NftEvent): void {
    if (event.kind === 'lost') {
      this.#pending = [];
      this.#next();
      this.#told(undefined);
    } else if (event.kind === 'change') this.#pending.push(event.change);
    else {
      const changes = this.#pending;
      const before = this.programs[0]!;
      this.#pending = [];
      const after = this.#next();
      const commit = { changes: toldBatch(changes, before, after), before, after };
      this.#told({ ...commit, generation: event });
    }
  }

  close(): void {
    this.#listening.close();
  }
}
