// Where the ruleset of `sluice nft` is, and who carries its batches out: the engine over a kept state,
// or the running kernel.

import type { RulesetStateData, Step } from '../../lab/index.ts';
import { type Diagnostic, InterfaceIndexes, type Source } from '../../nft/index.ts';
import type { Batch } from '../../program/index.ts';
import type { Store, Stored } from './nft-store.ts';
import { isSpent, keepStep } from './state-step.ts';

/** Indexes of interfaces by name. */
export type Interfaces = Pick<InterfaceIndexes, 'of' | 'all'>;

/** A batch for a ruleset, and the texts it was written in. */
export interface Attempt {
  readonly state: RulesetStateData;
  readonly batch: Batch;
  readonly interfaces: Readonly<Record<string, number>>;
  readonly sources: readonly Source[];
  /** Nothing is to change. */
  readonly check: boolean;
  /** The changes are wanted with the handles they were given. */
  readonly echo: boolean;
}

/** Why a batch was not taken, and the state without it. */
export interface Refused {
  readonly problems: readonly Diagnostic[];
  readonly state: RulesetStateData;
}

/** `stale`: another was faster, and the text may mean something else now. */
export type Outcome = Step | Refused | 'stale';

/** What was reset as it was before, and the ruleset since then. */
export interface Reset {
  readonly shown: RulesetStateData;
  readonly state: RulesetStateData;
}

export interface NftTarget {
  /** What is there now; `before` itself where that is what is there. */
  read(before?: Stored): Stored;
  interfaces(state: RulesetStateData): Interfaces;
  /** Gets ready to change something. */
  prepare(): Promise<void>;
  /** Runs `work` as the only one here that changes the ruleset. */
  exclusively<T>(work: () => T): T;
  /** All of a batch or nothing; `keep` keeps what was made of it. */
  attempt(attempt: Attempt): Outcome;
  /** The state behind a step of `state`; only within `exclusively`, as the rest. */
  keep(before: RulesetStateData, step: Step): Stored;
  /** Keeps what a refusal leaves. */
  keepRefusal(before: RulesetStateData, refused: Refused): Stored | undefined;
  /** Sets values back, as the changes of the attempt say. */
  reset(attempt: Attempt): Reset | Refused;
}

export class KeptTarget implements NftTarget {
  readonly #store: Store;
  #tryStep: ((attempt: Attempt) => Step | Refused) | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  read(before?: Stored): Stored {
    return this.#store.read(before);
  }

  interfaces(state: RulesetStateData): Interfaces {
    return new InterfaceIndexes(state.interfaces);
  }

  async prepare(): Promise<void> {
    this.#tryStep = (await import('./nft-step.ts')).tryStep;
  }

  exclusively<T>(work: () => T): T {
    return this.#store.exclusively(work);
  }

  attempt(attempt: Attempt): Step | Refused {
    return this.#tryStep!(attempt);
  }

  reset(attempt: Attempt): Reset | Refused {
    const { state: shown } = attempt;
    const step = this.attempt(attempt);
    if ('problems' in step) return step;
    if (!attempt.check) this.#store.write(step.state);
    return { shown, state: step.state };
  }

  keep(before: RulesetStateData, step: Step): Stored {
    return keepStep(this.#store, before, step);
  }

  keepRefusal(before: RulesetStateData, { state }: Refused): Stored | undefined {
    return isSpent(before, state) ? this.#store.write(state) : undefined;
  }
}
