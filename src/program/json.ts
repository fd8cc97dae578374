// Programs to JSON and back: what the state file and the interchange between processes use. It is
// the program itself, with a version; nftables' own JSON is the language's affair (room nft).

import { deepFreeze } from './freeze.ts';
import type { Program } from './program.ts';
import { isObject, type Problem } from './schema.ts';
import { isProgram, validateProgram } from './validate.ts';

/** Raised when a reader of the version before could misunderstand what is written. */
export const PROGRAM_VERSION = 1;

export const programToJson = (program: Program, indent = 0): string =>
  JSON.stringify({ version: PROGRAM_VERSION, ...program }, null, indent);

export type ProgramInput =
  | { readonly ok: true; readonly program: Program }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const refused = (path: string, message: string): ProgramInput => ({
  ok: false,
  problems: [{ path, message }],
});

/** Reads what `programToJson` wrote; anything else is refused with every problem and its path. */
export function programFromJson(text: string): ProgramInput {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refused('', error instanceof Error ? error.message : 'not JSON');
  }
  if (!isObject(value)) return refused('', 'expected an object');
  const { version, ...program } = value;
  if (version !== PROGRAM_VERSION) {
    return refused('version', `expected ${PROGRAM_VERSION}, got ${JSON.stringify(version)}`);
  }
  if (!isProgram(program)) return { ok: false, problems: validateProgram(program) };
  return { ok: true, program: deepFreeze(program) };
}
