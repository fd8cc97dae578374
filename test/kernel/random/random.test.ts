// Random rulesets against random packets on both targets. SLUICE_PAIRS sets how many
// (ruleset, packet) pairs, SLUICE_SEED where to begin; a difference names the seed that repeats it.

import { afterAll, describe, expect, test } from 'vitest';
import { seeded } from '../../../src/core/index.ts';
import { loadLibc } from '../../../src/linux/index.ts';
import type { Case } from '../case.ts';
import { BRIDGE_SYSCTL, BRIDGED } from '../cases/bridge.ts';
import { EngineTarget } from '../engine-target.ts';
import { KernelTarget } from '../kernel-target.ts';
import { missing } from '../needs.ts';
import { judged } from '../suite.ts';
import { bridgeSteps } from './bridge.ts';
import { bridgeRuleset, randomRuleset, textOf } from './grammar.ts';
import { innerRules } from './inner.ts';
import { randomSteps } from './packets.ts';
import { type RandomCase, shrink } from './shrink.ts';

const PACKETS = 10;
const PAIRS = Number(process.env.SLUICE_PAIRS ?? 2400);
const SEED = Number(process.env.SLUICE_SEED ?? 1);

const caseOf = (one: RandomCase): Case => ({
  name: 'random',
  ruleset: textOf(one.ruleset),
  steps: one.steps,
  ...(one.rules !== undefined && { rules: one.rules }),
  ...(one.bridged === true && { topology: BRIDGED, sysctl: BRIDGE_SYSCTL }),
});

/** One of so many is about a bridge. */
const BRIDGES = 8;

/** And one of so many asks what tunnels carry. */
const INNER = 6;

function randomCase(seed: number): RandomCase {
  const random = seeded(seed);
  if (seed % BRIDGES === 0) {
    return { ruleset: bridgeRuleset(random), steps: bridgeSteps(random, PACKETS), bridged: true };
  }
  const ruleset = randomRuleset(random);
  const steps = randomSteps(random, PACKETS);
  if (random.below(INNER) > 0) return { ruleset, steps };
  const { table, rules } = innerRules(random);
  return { ruleset: { tables: [...ruleset.tables, table] }, steps, rules };
}

const translates = (one: RandomCase): boolean =>
  one.ruleset.tables.some((t) => t.chains.some((c) => c.head.includes('type nat')));

const show = (one: RandomCase): string =>
  `${textOf(one.ruleset)}\n${one.steps.map((s) => JSON.stringify(s)).join('\n')}`;

const reason = missing();

describe.skipIf(reason !== undefined)(
  `random rulesets${reason ? ` (${reason})` : ''}`,
  async () => {
    const libc = reason === undefined ? await loadLibc() : undefined;
    const kernel = libc && new KernelTarget(libc);
    const engine = new EngineTarget();
    afterAll(() => kernel?.close());

    const compare = (one: RandomCase): string[] => {
      // A source port that two flows want is chosen by chance (nf_nat_core.c): only its class is fixed.
      const usual = ['fragid', 'quoted', 'optime'] as const;
      const chance = translates(one) ? ([...usual, 'port'] as const) : usual;
      return judged({ ...caseOf(one), chance }, kernel!, engine);
    };

    test(`${PAIRS} pairs of ruleset and packet agree`, () => {
      const seeds = Array.from({ length: Math.ceil(PAIRS / PACKETS) }, (_, i) => SEED + i);
      for (const seed of seeds) {
        const one = randomCase(seed);
        if (compare(one).length === 0) continue;
        const small = shrink(one, (c) => compare(c).length > 0);
        expect.fail(`seed ${seed}\n${show(small)}\n${compare(small).join('\n')}`);
      }
    });
  },
);
