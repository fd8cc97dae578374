// Runs cases on both targets inside vitest, or says why it cannot.

import { afterAll, describe, expect, test } from 'vitest';
import { loadLibc } from '../../src/linux/index.ts';
import type { Case, Target } from './case.ts';
import { differences } from './compare.ts';
import { EngineTarget } from './engine-target.ts';
import { KernelTarget } from './kernel-target.ts';
import { missing } from './needs.ts';

/** A difference between engine and kernel that is meant. It must still differ. */
export interface KnownDifference {
  readonly test: string;
  readonly reason: string;
}

let shared: KernelTarget | undefined;

/** One kernel target for all groups of a file: its namespace takes seconds to settle. */
async function judge(): Promise<KernelTarget> {
  shared ??= new KernelTarget(await loadLibc());
  return shared;
}

/**
 * What differs, if it differs twice: on a busy machine the kernel may hand a frame on to ksoftirqd, and
 * it comes out after we looked.
 */
export function judged(one: Case, kernel: Target, engine: Target): string[] {
  const actual = engine.run(one);
  const found = differences(one, kernel.run(one), actual);
  return found.length === 0 ? found : differences(one, kernel.run(one), actual);
}

/** A case of iptables is one for each of the two that can load it. */
function variants(one: Case): Case[] {
  if (one.xtables === undefined) return [{ ...one }];
  const kinds = one.only === undefined ? (['legacy', 'nft'] as const) : [one.only];
  return kinds.map((only) => ({ ...one, only, name: `${one.name} (${only})` }));
}

/** Declares a test for each case: the kernel's outcome is what the engine's must be. */
export function twoTargets(
  group: string,
  cases: readonly Case[],
  known: readonly KnownDifference[] = [],
): void {
  const reason = missing();
  // Of this file: the modules, and with them the target, serve several.
  afterAll(() => shared?.close());
  describe.skipIf(reason !== undefined)(`${group}${reason ? ` (${reason})` : ''}`, async () => {
    if (reason !== undefined) {
      test.each(cases.map((c) => c.name))('%s', () => {});
      return;
    }
    const kernel = await judge();
    const engine = new EngineTarget();
    test.each(cases.flatMap(variants))('$name', (one) => {
      const found = judged(one, kernel, engine);
      const meant = known.find((k) => k.test === one.name);
      if (meant === undefined) expect(found).toEqual([]);
      else expect(found, `no longer differs: ${meant.reason}`).not.toEqual([]);
    });
  });
}
