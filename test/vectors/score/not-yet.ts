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

const readLines = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');

const numberOf = (record: unknown, key: string): string =>
  typeof record === 'object' && record !== null && key in record
    ? String((record as Readonly<Record<string, unknown>>)[key])
    : '';

/** A line of JSON is a case, called by its file and line or by its place in the vectors. */
function jsonLines(path: string): string[] {
  return readLines(path).map((text, i) => {
    const record: unknown = JSON.parse(text);
    const at = numberOf(record, 'line') || String(i + 1);
    return `${numberOf(record, 'file')}:${at}`;
  });
}

function jsonItems(key: string): (path: string) => string[] {
  return (path) => {
    const items: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (!Array.isArray(items)) throw new Error(`${path} is no list`);
    return items.map((item, i) => numberOf(item, key) || String(i));
  };
}

export const NOT_YET: readonly Suite[] = [
  ofCases('conntrack-cli', 'conntrack-cli.jsonl', ['exit'], jsonLines),
  ofCases('ovs-conntrack', 'ovs-conntrack.json', ['entries', 'wire'], jsonItems('name')),
];
