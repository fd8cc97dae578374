// Golden cases: a folder per case, a file per stage. UPDATE_GOLDEN=1 writes what comes out instead
// of comparing it; the change is then read in the diff.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

export interface GoldenCase {
  /** A file of the case, as text. */
  read(file: string): string;
  /** Holds `actual` against a file of the case. */
  expectFile(file: string, actual: string): void;
}

const updating = process.env.UPDATE_GOLDEN === '1';

function compare(path: string, actual: string): void {
  if (updating) {
    if (!existsSync(path) || readFileSync(path, 'utf8') !== actual) writeFileSync(path, actual);
    return;
  }
  expect(existsSync(path), `${path} is missing: write it with UPDATE_GOLDEN=1`).toBe(true);
  expect(actual).toBe(readFileSync(path, 'utf8'));
}

/** One test per folder under `root`. */
export function golden(root: string, run: (golden: GoldenCase) => void): void {
  const cases = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of cases) {
    test(name, () => {
      run({
        read: (file) => readFileSync(join(root, name, file), 'utf8'),
        expectFile: (file, actual) => compare(join(root, name, file), actual),
      });
    });
  }
}
