// The half of `sluice nft` that needs the engine; listings do without, and are faster for it.

import { type Step, stepState } from '../../lab/index.ts';
import { refusals } from './nft-report.ts';
import type { Attempt, Refused } from './nft-target.ts';

/** What the batch makes of the state. */
export function tryStep({ state, batch, interfaces, sources }: Attempt): Step | Refused {
  const step = stepState(state, batch, interfaces, Date.now());
  if (!('refused' in step)) return step;
  const { refused } = step;
  return { problems: refusals([refused, ...refused.further], sources), state: step.state };
}
