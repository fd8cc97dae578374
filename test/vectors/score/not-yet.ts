// Suites that nothing can run yet. They are counted all the same, every case as failed, so that a
// score never looks better than the project is.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Suite } from './suite.ts';

const NOTE = 'not yet';

function ofCases(
  name: string,
  reads: string,
  checks: readonly string[],
  cases: (path: string) => readonly string[],
): Suite {
  return {
    name,
    checks,
    reads,
    note: NOTE,
    run(dir, report) {
      for (const id of cases(join(dir, reads))) {
        for (const check of checks) report.fail(check, id, NOTE);
      }
    },
  };
}

const numberOf = (record: unknown, key: string): string =>
  typeof record === 'object' && record !== null && key in record
    ? String((record as Readonly<Record<string, unknown>>)[key])
    : '';

function jsonItems(key: string): (path: string) => string[] {
  return (path) => {
    const items: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (!Array.isArray(items)) throw new Error(`${path} is no list`);
    return items.map((item, i) => numberOf(item, key) || String(i));
  };
}

export const NOT_YET: readonly Suite[] = [
  ofCases('ovs-conntrack', 'ovs-conntrack.json', ['entries', 'wire'], jsonItems('name')),
];
