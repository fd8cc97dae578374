// Sets asked by rules: `-m set` and `-j SET` of the kernel's iptables beside the functions of the engine. Compared
// are what each rule counted and the sets at the end: their entries, counters, timeouts and order.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { manualClock, seeded } from '../../src/core/index.ts';
import { loadLibc } from '../../src/linux/index.ts';
import { Host } from './host.ts';
import { askEngine, askKernel, type Question, type Told } from './ipset/asked.ts';
import { QUESTIONS, randomQuestion } from './ipset/questions.ts';
import { missing } from './needs.ts';
import { ROUTER } from './topology.ts';

const reason = missing();
const ROUNDS = Number(process.env.SLUICE_PAIRS ?? 40);
const FIRST = Number(process.env.SLUICE_SEED ?? 1);

/** Seconds run on between the two; a timeout that was given is within a minute of what is left. */
const plain = ({ counts, save }: Told) => ({
  counts,
  save: save.replace(/timeout ([1-9]\d*)/g, (_, n) => `timeout ~${Math.ceil(Number(n) / 60)} min`),
});

describe.skipIf(reason !== undefined)(`sets and packets${reason ? ` (${reason})` : ''}`, () => {
  let host: Host;
  beforeAll(async () => {
    host = new Host(await loadLibc(), ROUTER);
    host.settle();
  });
  afterAll(() => host.close());

  const compare = (question: Question): void => {
    const want = askKernel(host, question);
    const got = askEngine(question, manualClock(), seeded(1));
    expect(plain(got)).toEqual(plain(want));
  };

  test.each(Object.entries(QUESTIONS))('%s', (_, question) => compare(question));

  test(`${ROUNDS} random questions from seed ${FIRST}`, () => {
    for (let seed = FIRST; seed < FIRST + ROUNDS; seed++) {
      const question = randomQuestion(seeded(seed));
      try {
        compare(question);
      } catch (error) {
        throw new Error(`seed ${seed}: ${JSON.stringify(question, null, 1)}`, { cause: error });
      }
    }
  });
});
