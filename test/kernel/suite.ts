// Runs cases on both targets inside vitest, or says why it cannot.

import { afterAll, describe, expect, test } from 'vitest';
import { loadLibc } from '../../src/linux/index.ts';
import type { Case } from './case.ts';
import { differences } from './compare.ts';
import { EngineTarget } from './engine-target.ts';
import { KernelTarget } from './kernel-target.ts';
import { missing } from './needs.ts';

/** A difference between engine and kernel that is meant. It must still differ. */
export interface KnownDifference {
  readonly test: string;
  readonly reason: string;
}

/** Declares a test for each case: the kernel's outcome is what the engine's must be. */
export function twoTargets(
  group: string,
  cases: readonly Case[],
  known: readonly KnownDifference[] = [],
): void {
  const reason = missing();
  describe.skipIf(reason !== undefined)(`${group}${reason ? ` (${reason})` : ''}`, async () => {
    if (reason !== undefined) {
      test.each(cases.map((c) => c.name))('%s', () => {});
      return;
    }
    const kernel = new KernelTarget(await loadLibc());
    const engine = new EngineTarget();
    afterAll(() => kernel.close());
    test.each(cases.map((one) => ({ ...one })))('$name', (one) => {
      const found = differences(one, kernel.run(one), engine.run(one));
      const meant = known.find((k) => k.test === one.name);
      if (meant === undefined) expect(found).toEqual([]);
      else expect(found, `no longer differs: ${meant.reason}`).not.toEqual([]);
    });
  });
}
