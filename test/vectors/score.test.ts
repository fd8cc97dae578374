// The conformance vectors, against the committed lists of known misses: a miss that is not listed
// fails, and so does a listed one that has come to pass.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { caseKey, isPresent, SUITES, type Suite, tally } from './score/index.ts';
import { readKnownMisses } from './score/known-misses.ts';

const DIR = join(import.meta.dirname, '..', '..', '..', 'shared', 'conformance');

async function compare(suite: Suite): Promise<{ newMisses: string[]; passing: string[] }> {
  const result = await tally(DIR, suite);
  const known = new Set(readKnownMisses(suite.name).map(({ key }) => key));
  return {
    newMisses: result.misses
      .filter(({ check, id }) => !known.has(caseKey(check, id)))
      .map(({ check, id, why }) => `${caseKey(check, id)}: ${why}`),
    passing: [...known].filter((key) => result.passes.has(key)),
  };
}

describe('conformance vectors', () => {
  const absent = SUITES.filter((suite) => !isPresent(DIR, suite));
  if (absent.length > 0) {
    const names = absent.map((suite) => suite.name).join(', ');
    console.warn(`${absent.length} of ${SUITES.length} suites have no vectors in ${DIR}: ${names}`);
  }

  for (const suite of SUITES) {
    test.skipIf(!isPresent(DIR, suite))(suite.name, async () => {
      const { newMisses, passing } = await compare(suite);
      expect(newMisses, 'misses that are not listed').toEqual([]);
      expect(passing, 'listed misses that pass: take them off the list').toEqual([]);
    });
  }

  test('every listed miss has a reason', () => {
    const bare = SUITES.flatMap((suite) =>
      readKnownMisses(suite.name)
        .filter(({ reason }) => reason === '')
        .map(({ key }) => `${suite.name}: ${key}`),
    );
    expect(bare).toEqual([]);
  });

  test('lists are kept for suites that exist', () => {
    const folder = join(import.meta.dirname, 'known-misses');
    expect(SUITES.every((suite) => existsSync(join(folder, `${suite.name}.txt`)))).toBe(true);
  });
});
