import { twoTargets } from '../suite.ts';
import { GROUPS, type Part } from './groups.ts';

/** Declares the tests of a part of the suite. */
export function twoTargetsOf(part: Part): void {
  for (const { name, cases, known } of GROUPS.filter((group) => group.part === part))
    twoTargets(name, cases, known);
}
