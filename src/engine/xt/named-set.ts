// Sets that matches and targets hold (xt_set.c).

import type { XtSet } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import { type IpSets, ipSetsOf, SetOptions } from '../ipset/index.ts';
import type { Prepare } from '../op.ts';

export interface HeldSet {
  readonly index: number;
  readonly options: SetOptions;
}

/** @throws Refusal where there is no such set */
export function setNamed({ name, dirs }: XtSet, { env: { netns } }: Prepare): HeldSet {
  const sets = ipSetsOf(netns);
  const index = sets.get(name);
  if (index < 0) refuse('ENOENT', `there is no set '${name}'`);
  // The reference is the rule's from when it is in a generation on.
  sets.put(index);
  return { index, options: new SetOptions(dirs.join(',')) };
}

/** The references of a rule; a set may have been swapped to another name meanwhile. */
export const holding = (sets: IpSets, held: readonly HeldSet[]) => ({
  activate(): void {
    for (const { index } of held) sets.get(sets.nameOf(index));
  },
  deactivate(): void {
    for (const { index } of held) sets.put(index);
  },
});
