import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The default leaves a processor idle, which of two is half. */
const maxWorkers = Math.max(2, availableParallelism());

/** What takes longest goes first, or one processor waits for the other at the end. */
const LONGEST = [
  'score',
  'xtables',
  'places',
  'firewalls',
  'clients',
  'language',
  'packets',
  'xt-random',
  'conversations',
  'examples/examples',
];

const rank = ({ moduleId }: TestSpecification): number => {
  const at = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
  return at < 0 ? LONGEST.length : at;
};

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

/** Examples import the package as its users do; tests run them on its sources. */
const resolve = {
  alias: [{ find: /^sluice\/(\w+)$/, replacement: `${import.meta.dirname}/src/$1/index.ts` }],
};

export default defineConfig({
  test: {
    maxWorkers,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve,
        test: {
          name: 'unit',
          // Properties take seconds where other work is on the machine.
          testTimeout: 60_000,
          maxWorkers,
          // Sources have no state of their own beside caches; loading them again for each file is most of the time.
          isolate: false,
          include: [
            'src/**/*.test.ts',
            'test/*.test.ts',
            'test/golden/*.test.ts',
            'examples/**/*.test.ts',
          ],
        },
      },
      {
        resolve,
        test: {
          name: 'vectors',
          maxWorkers,
          isolate: false,
          include: ['test/vectors/**/*.test.ts'],
          testTimeout: 120_000,
        },
      },
      {
        resolve,
        test: {
          name: 'kernel',
          maxWorkers,
          isolate: false,
          globalSetup: 'test/kernel/install.ts',
          include: ['test/kernel/**/*.test.ts'],
          exclude: ['test/kernel/machine/**'],
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
      {
        resolve,
        test: {
          name: 'machine',
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          globalSetup: 'test/kernel/install.ts',
          include: ['test/kernel/machine/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
