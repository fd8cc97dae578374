// The half of `sluice nft` that needs the engine; listings do without, and are faster for it.

import { type RulesetStateData, type Step, stepState } from '../../lab/index.ts';
import type { Diagnostic, Source } from '../../nft/index.ts';
import type { Batch } from '../../program/index.ts';
import { refusals } from './nft-report.ts';

/** Why the kernel would not take a batch, and the state without it. */
interface Refused {
  readonly problems: readonly Diagnostic[];
  readonly state: RulesetStateData;
}

/** What the batch makes of the state. */
export function tryStep(
  state: RulesetStateData,
  batch: Batch,
  interfaces: Readonly<Record<string, number>>,
  sources: readonly Source[],
): Step | Refused {
  const step = stepState(state, batch, interfaces, Date.now());
  if (!('refused' in step)) return step;
  return { problems: refusals(step.refused, sources), state: step.state };
}
