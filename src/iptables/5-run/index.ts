// The ways in: a command line, a restore file, and the other way round a whole ruleset as text.

import type { Diagnostic, Source } from '../../diagnostics/index.ts';
import type { Batch, Program } from '../../program/index.ts';
import { EMPTY_PROGRAM } from '../../program/index.ts';
import { readCommand } from '../1-parse/command.ts';
import { joinWords } from '../1-parse/words.ts';
import { Tables } from '../3-compile/tables.ts';
import { type SaveOptions, saveText } from '../4-list/tables.ts';
import type { CommandName } from '../ast/index.ts';
import * as say from '../diagnostics/index.ts';
import type { Names, XtFamily } from '../extension/index.ts';
import { runCommand } from './commands.ts';
import { type RestoreOptions, runRestore } from './restore.ts';

export type { RestoreOptions } from './restore.ts';

export interface CompileLineOptions {
  readonly family: XtFamily;
  /** What is there. Default: nothing. */
  readonly current?: Program;
  readonly names?: Names;
  /** Options and extensions nobody knows are kept as written; otherwise they are errors. */
  readonly keepUnknown?: boolean;
}

export interface CompiledLine {
  readonly batch: Batch;
  /** What the command prints. */
  readonly output: string;
  readonly command: CommandName | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** What the diagnostics' places are in. */
  readonly sources: readonly Source[];
}

const COMMAND_LINE = '<command line>';

/**
 * What a command line does to a ruleset.
 *
 * @example
 * compileLine(['-A', 'INPUT', '-p', 'tcp', '-j', 'DROP'], { family: 'ip' }).batch
 */
export function compileLine(args: readonly string[], options: CompileLineOptions): CompiledLine {
  const { family, current = EMPTY_PROGRAM, names = {}, keepUnknown = false } = options;
  const { text, words } = joinWords(args);
  const diagnostics: Diagnostic[] = [];
  const warn = (diagnostic: Diagnostic): void => {
    diagnostics.push(diagnostic);
  };
  const tables = new Tables(current, family);
  const sources = [{ name: COMMAND_LINE, text }];
  const keep = keepUnknown ? { keep: (d: Diagnostic) => warn({ ...d, severity: 'warning' }) } : {};
  try {
    const read = readCommand(words, { family, source: 0, warn, ...keep });
    if (read.only !== undefined && read.only !== family)
      say.bad(say.otherFamily({ source: 0, start: 0, end: text.length }, read.only));
    const output = runCommand(read, {
      tables,
      names,
      written: { source: 0, text },
      table: 'filter',
      warn,
      ...keep,
      place: { file: COMMAND_LINE, line: 1, column: 1, text },
    });
    return { batch: tables.batch, output, command: read.command, diagnostics, sources };
  } catch (error) {
    if (!(error instanceof say.BadLine)) throw error;
    return {
      batch: [],
      output: '',
      command: undefined,
      diagnostics: [...diagnostics, error.diagnostic],
      sources,
    };
  }
}

export interface CompiledRestore {
  readonly batch: Batch;
  /** What lines print: lists, and with `verbose` each step. */
  readonly output: string;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * What a file of iptables-restore does to a ruleset. Lines that are wrong are left out and told.
 * @param index of the source among all that are read, for the places of diagnostics
 */
export function compileRestore(
  source: Source,
  options: Partial<RestoreOptions> & { readonly family: XtFamily; readonly current?: Program },
  index = 0,
): CompiledRestore {
  const { current = EMPTY_PROGRAM, ...rest } = options;
  const tables = new Tables(current, options.family);
  const { diagnostics, committed, output } = runRestore({ ...source, index }, tables, {
    noFlush: false,
    counters: false,
    strict: false,
    names: {},
    ...rest,
  });
  const batch = options.asProgram === true ? tables.changes.slice(0, committed) : tables.batch;
  return { batch, diagnostics, output };
}

/** A ruleset as `iptables-save` of this family writes it. */
export const saveRuleset = (program: Program, family: XtFamily, options: SaveOptions): string =>
  saveText(new Tables(program, family), options);
