/**
 * From commands to a batch: the third phase. Rules become the kernel's expressions in the order
 * and the registers nft uses, sets in braces become sets of their own.
 */
import type { Batch, Program } from '../../program/index.ts';
import { Scope } from '../2-check/index.ts';
import type { Command } from '../ast/index.ts';
import type { Diagnostic, Source } from '../diagnostics/index.ts';
import { COMMON_NAMES, type Names } from '../types/index.ts';
import { Builder } from './builder.ts';
import { addCommand } from './commands.ts';
import { Places } from './places.ts';

export interface CommandsResult {
  readonly batch: Batch;
  readonly diagnostics: readonly Diagnostic[];
  /** Commands that change nothing: list, get, monitor and the like, in order. */
  readonly queries: readonly Command[];
}

/** Checks and compiles commands against the ruleset they will be applied to. */
export function compileCommands(
  commands: readonly Command[],
  sources: readonly Source[],
  current: Program | undefined,
  names: Names,
): CommandsResult {
  const places = new Places(sources);
  const builder = new Builder(new Scope(current), { ...COMMON_NAMES, ...names }, places);
  const queries = commands.filter((command) => !addCommand(builder, command));
  builder.finish();
  return { batch: builder.changes, diagnostics: builder.diagnostics, queries };
}
