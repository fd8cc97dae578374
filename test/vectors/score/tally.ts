// Runs suites and counts: the part that the score command and the tests share.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Report, Suite } from './suite.ts';

/** A case that did not do what the vectors ask. */
export interface Miss {
  readonly check: string;
  readonly id: string;
  readonly why: string;
}

/** One line of a score. */
export interface Score {
  readonly suite: string;
  readonly check: string;
  readonly passed: number;
  readonly failed: number;
  readonly total: number;
}

export interface Tally {
  readonly scores: readonly Score[];
  readonly misses: readonly Miss[];
  readonly passes: ReadonlySet<string>;
}

/** Names a case across the checks of its suite. */
export const caseKey = (check: string, id: string): string => `${check} ${id}`;

/** Whether the vectors of `suite` are there to be scored. */
export const isPresent = (dir: string, suite: Suite): boolean => existsSync(join(dir, suite.reads));

interface Count {
  passed: number;
  failed: number;
}

/** @throws what a suite throws: an unreadable vector file, a bug in the suite. */
export async function tally(dir: string, suite: Suite): Promise<Tally> {
  const counts = new Map<string, Count>(suite.checks.map((c) => [c, { passed: 0, failed: 0 }]));
  const countOf = (check: string): Count => {
    const count = counts.get(check);
    if (count === undefined) throw new Error(`suite ${suite.name} has no check '${check}'`);
    return count;
  };
  const misses: Miss[] = [];
  const passes = new Set<string>();
  const report: Report = {
    pass(check, id) {
      countOf(check).passed++;
      passes.add(caseKey(check, id));
    },
    fail(check, id, why) {
      countOf(check).failed++;
      misses.push({ check, id, why });
    },
  };
  await suite.run(dir, report);
  const scores = [...counts].map(([check, { passed, failed }]) => ({
    suite: suite.name,
    check,
    passed,
    failed,
    total: passed + failed,
  }));
  return { scores, misses, passes };
}
