// What every command that changes the kept ruleset does around the change.

import type { RulesetStateData, Step } from '../../lab/index.ts';
import { publish } from './nft-journal.ts';
import type { Store, Stored } from './nft-store.ts';

/** Writes the new state, and tells who watches. Only within `store.exclusively`. */
export function keepStep(store: Store, before: RulesetStateData, step: Step): Stored {
  const stored = store.write(step.state);
  publish(store.path, {
    changes: step.changes,
    before: before.program,
    after: step.state.program,
    generation: step.state.generation,
  });
  return stored;
}

/** Whether a refused batch took handles with it, as the kernel's are gone then. */
export function isSpent(before: RulesetStateData, after: RulesetStateData): boolean {
  const isSame = JSON.stringify(after.lastHandles) === JSON.stringify(before.lastHandles);
  return !isSame || after.lastTableHandle !== before.lastTableHandle;
}
