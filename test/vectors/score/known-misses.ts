// The committed lists of misses: a line per miss with its check and id, then, behind a tab, the
// reason.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { caseKey, type Tally } from './tally.ts';

const FOLDER = join(import.meta.dirname, '..', 'known-misses');

const pathOf = (suite: string): string => join(FOLDER, `${suite}.txt`);

export interface KnownMiss {
  readonly key: string;
  readonly reason: string;
}

export function readKnownMisses(suite: string): readonly KnownMiss[] {
  if (!existsSync(pathOf(suite))) return [];
  return readFileSync(pathOf(suite), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [key = '', reason = ''] = line.split('\t');
      return { key, reason };
    });
}

/** Reasons are kept for misses that are still there; new ones are classed by what was seen. */
export function writeKnownMisses(suite: string, result: Tally): void {
  const known = new Map(readKnownMisses(suite).map(({ key, reason }) => [key, reason]));
  const lines = result.misses.map(({ check, id, why }) => {
    const key = caseKey(check, id);
    return `${key}\t${known.get(key) ?? reasonClass(why)}`;
  });
  writeFileSync(pathOf(suite), lines.map((line) => `${line}\n`).join(''));
}

/** The kind of miss, without what is particular to the case. */
function reasonClass(why: string): string {
  if (why.startsWith('not accepted')) return 'not accepted';
  if (why.startsWith('taken')) return 'should be refused';
  if (why.startsWith('threw')) return why.split('\n')[0] ?? 'threw';
  return why.startsWith('want') || why.includes(': want') ? 'differs' : 'refused';
}
