// The half of `sluice nft` that needs the engine; listings do without, and are faster for it.

import { TransactionError } from '../../engine/index.ts';
import { type RulesetStateData, type Step, stepState } from '../../lab/index.ts';
import type { Diagnostic, Source } from '../../nft/index.ts';
import type { Batch } from '../../program/index.ts';
import { refusal } from './nft-report.ts';

/** What the batch makes of the state, or why the kernel would not take it. */
export function tryStep(
  state: RulesetStateData,
  batch: Batch,
  interfaces: Readonly<Record<string, number>>,
  sources: readonly Source[],
): Step | Diagnostic {
  try {
    return stepState(state, batch, interfaces, Date.now());
  } catch (error) {
    if (!(error instanceof TransactionError)) throw error;
    return refusal(error, sources);
  }
}
