// Programs of the project as processes of the tests. From source each start would load and strip
// hundreds of files, seconds of a processor; as one script it is what a user has.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Inside of the tree, for the packages that stay outside of the script. */
const folder = join(root, 'node_modules', '.cache', 'sluice-test');

const made = new Map<string, string>();

/** @param entry a TypeScript file, from the root @returns a script for Node */
export function bundled(entry: string): string {
  const known = made.get(entry);
  if (known !== undefined) return known;
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `${entry.replaceAll('/', '-')}.${process.pid}.${made.size}.mjs`);
  buildSync({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['koffi', 'tsx'],
    logLevel: 'warning',
    // Packages among the dependencies are CommonJS and require Node's modules.
    banner: { js: "import{createRequire as r}from'node:module';const require=r(import.meta.url);" },
  });
  process.once('exit', () => rmSync(outfile, { force: true }));
  made.set(entry, outfile);
  return outfile;
}

/** The command line, as words for Node: `['/…/command.mjs', 'check', 'host.nft']`. */
export const sluiceCommand = (...words: readonly string[]): string[] => [
  bundled('src/cli/from-source.ts'),
  ...words,
];
