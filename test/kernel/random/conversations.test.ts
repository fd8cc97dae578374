// Random TCP conversations on both targets: what the entry says after every few packets, and what
// the rules made of each. SLUICE_SEGMENTS sets how many packets, SLUICE_SEED where to begin.

import { afterAll, describe, expect, test } from 'vitest';
import { seeded } from '../../../src/core/index.ts';
import { loadLibc } from '../../../src/linux/index.ts';
import type { Case, Step } from '../case.ts';
import { EngineTarget } from '../engine-target.ts';
import { KernelTarget } from '../kernel-target.ts';
import { missing } from '../needs.ts';
import { judged } from '../suite.ts';
import { conversation, talk } from './conversations.ts';
import { shrinkSteps } from './shrink.ts';

const PACKETS = 20;
const SEGMENTS = Number(process.env.SLUICE_SEGMENTS ?? 1000);
const SEED = Number(process.env.SLUICE_SEED ?? 1);

const reason = missing();

describe.skipIf(reason !== undefined)(
  `TCP conversations${reason ? ` (${reason})` : ''}`,
  async () => {
    const kernel = reason === undefined ? new KernelTarget(await loadLibc()) : undefined;
    const engine = new EngineTarget();
    afterAll(() => kernel?.close());
    const compare = (one: Case): string[] => judged(one, kernel!, engine);

    test(`${SEGMENTS} segments are judged alike`, () => {
      for (let seed = SEED; seed < SEED + Math.ceil(SEGMENTS / PACKETS); seed++) {
        const random = seeded(seed);
        const about = talk(random);
        const steps = conversation(random, PACKETS, about);
        if (compare({ ...about, steps }).length === 0) continue;
        const small = shrinkSteps(
          steps,
          (s: readonly Step[]) => compare({ ...about, steps: s }).length > 0,
        );
        const found = compare({ ...about, steps: small });
        expect.fail(
          `seed ${seed}\n${small.map((s) => JSON.stringify(s)).join('\n')}\n${found.join('\n')}`,
        );
      }
    });
  },
);
