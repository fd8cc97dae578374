// The built command, with what V8 compiled of it at build time: reading and compiling its source
// again takes longer than most commands do. A cache is good for one release of Node on one
// architecture. Where there is none, or V8 refuses it (other flags), the source is compiled as ever.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';

export interface Built {
  readonly script: Script;
  readonly command: typeof import('./main.ts');
}

const scriptFile = (folder: string): string => `${folder}/command.cjs`;

export const cacheFile = (folder: string): string =>
  `${folder}/command.${process.version}-${process.arch}.cache`;

function readCache(folder: string): Buffer | undefined {
  try {
    return readFileSync(cacheFile(folder));
  } catch {
    return undefined;
  }
}

/** Loads what scripts/build.mjs made: an expression whose value is a function of a CommonJS module. */
export function loadBuilt(folder: string): Built {
  const filename = scriptFile(folder);
  const cachedData = readCache(folder);
  // esbuild writes ASCII alone; read as latin1 it stays one byte a character.
  const source = readFileSync(filename, 'latin1');
  const script = new Script(source, { filename, ...(cachedData && { cachedData }) });
  const module = { exports: {} as Built['command'] };
  script.runInThisContext()(createRequire(filename), module);
  return { script, command: module.exports };
}
