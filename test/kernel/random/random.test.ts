// Random rulesets against random packets on both targets. SLUICE_PAIRS sets how many
// (ruleset, packet) pairs, SLUICE_SEED where to begin; a difference names the seed that repeats it.

import { afterAll, describe, expect, test } from 'vitest';
import { type Random, seeded } from '../../../src/core/index.ts';
import { loadLibc } from '../../../src/linux/index.ts';
import type { Case } from '../case.ts';
import { BRIDGE_SYSCTL, BRIDGED } from '../cases/bridge.ts';
import { EngineTarget } from '../engine-target.ts';
import { KernelTarget } from '../kernel-target.ts';
import { missing } from '../needs.ts';
import { judged } from '../suite.ts';
import { BRIDGE_ROUTER, bridgeSteps, overBridge } from './bridge.ts';
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
  ...(one.bridged === 'alone' && { topology: BRIDGED, sysctl: BRIDGE_SYSCTL }),
  ...(one.bridged === 'shown' && { topology: BRIDGE_ROUTER, shared: true }),
});

/** One of so many is about a bridge, every other of them with rules of the IP families as well. */
const BRIDGES = 8;

/** And one of so many asks what tunnels carry. */
const INNER = 6;

function randomCase(seed: number): RandomCase {
  const random = seeded(seed);
  if (seed % (2 * BRIDGES) === 0) return shownCase(random);
  if (seed % BRIDGES === 0) {
    const ruleset = bridgeRuleset(random);
    return { ruleset, steps: bridgeSteps(random, PACKETS), bridged: 'alone' };
  }
  const ruleset = randomRuleset(random);
  const steps = randomSteps(random, PACKETS);
  if (random.below(INNER) > 0) return { ruleset, steps };
  const { table, rules } = innerRules(random);
  return { ruleset: { tables: [...ruleset.tables, table] }, steps, rules };
}

/** Rules of every family, and a bridge that shows its packets to all of them. */
function shownCase(random: Random): RandomCase {
  const tables = [...bridgeRuleset(random).tables, ...randomRuleset(random).tables];
  const steps = overBridge(random, randomSteps(random, PACKETS));
  return { ruleset: { tables }, steps, bridged: 'shown' };
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
