// Random conversations on both targets, several at a time through one router: what comes out after each
// packet and what the entries say then, and what the rules counted. SLUICE_PACKETS sets how many
// packets, SLUICE_SEED where to begin, SLUICE_KIND one kind of conversation: tcp, sctp or datagram.

import { afterAll, describe, expect, test } from 'vitest';
import { seeded } from '../../../src/core/index.ts';
import { loadLibc } from '../../../src/linux/index.ts';
import { type Case, type Outcome, resolved, type Step } from '../case.ts';
import { EngineTarget } from '../engine-target.ts';
import { KernelTarget } from '../kernel-target.ts';
import { missing } from '../needs.ts';
import { judged } from '../suite.ts';
import { shown } from './conversations/place.ts';
import { type Kind, scene } from './conversations/scene.ts';
import { shrinkSteps } from './shrink.ts';

const PACKETS = 100;
const WANTED = Number(process.env.SLUICE_PACKETS ?? 10_000);
const KIND = process.env.SLUICE_KIND as Kind | undefined;
const SEED = Number(process.env.SLUICE_SEED ?? 1);

const reason = missing();

const looking = (steps: readonly Step[]): Step[] =>
  steps.flatMap((step) => [step, { look: 'conntrack' }]);

/** The steps with what they came to be. */
function told(one: Case, { sent }: Outcome): string[] {
  return one.steps.flatMap((step, i) => {
    const is = resolved(step, sent.slice(0, i));
    return 'packet' in is ? [`${i}: ${shown(is.on, is.packet)}`] : [];
  });
}

describe.skipIf(reason !== undefined)(`conversations${reason ? ` (${reason})` : ''}`, async () => {
  const kernel = reason === undefined ? new KernelTarget(await loadLibc()) : undefined;
  const engine = new EngineTarget();
  afterAll(() => kernel?.close());
  const compare = (one: Case): string[] => judged(one, kernel!, engine);

  test(`${WANTED} packets are judged alike`, () => {
    let count = 0;
    for (let seed = SEED; count < WANTED; seed++) {
      const { steps, ...about } = scene(seeded(seed), PACKETS, KIND);
      count += steps.length;
      const looked = (some: readonly Step[]): Case => ({ ...about, steps: looking(some) });
      if (compare(looked(steps)).length === 0) continue;
      const small = looked(shrinkSteps(steps, (some) => compare(looked(some)).length > 0));
      const found = compare(small);
      expect.fail(
        [
          `seed ${seed}`,
          about.ruleset,
          JSON.stringify(about.sysctl),
          ...told(small, kernel!.run(small)),
          ...found,
        ].join('\n'),
      );
    }
  });
});
