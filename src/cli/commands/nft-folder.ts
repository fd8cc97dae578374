import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileFailure } from '../failure.ts';

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

/**
 * Makes the folder of a state file and what is missing above it, open to its owner alone. Step by
 * step: mkdir with `recursive` never returns where a file system answers ENOENT for a name that
 * cannot be made, as /proc does (Node 20.20).
 * @throws Failure naming the folder
 */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    const parent = dirname(folder);
    if (existsSync(folder) && statSync(folder).isDirectory()) return;
    if (codeOf(error) !== 'ENOENT' || existsSync(parent)) throw fileFailure(folder, error);
    makeFolder(parent);
    makeFolder(folder);
  }
}
