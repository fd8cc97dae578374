// Mistakes as iptables prints them, and its exit codes; in a file with the place and the line.

import {
  type Diagnostic,
  formatDiagnostic,
  positionOf,
  type Source,
} from '../../diagnostics/index.ts';
import type { TransactionError } from '../../engine/index.ts';
import type { Host } from '../host.ts';
import { SENTENCES } from './nft-report.ts';
import { versionOf, type XtProgram } from './xt-programs.ts';

/** enum xtables_exittype of include/xtables.h */
export const OTHER_PROBLEM = 1;
export const PARAMETER_PROBLEM = 2;
const VERSION_PROBLEM = 3;
const RESOURCE_PROBLEM = 4;

/** What the kernel answers, as opposed to what nobody can read. */
const ANSWERS: Readonly<Record<string, number>> = {
  no_such_rule: OTHER_PROBLEM,
  nothing_of_that_name: OTHER_PROBLEM,
  chain_exists: OTHER_PROBLEM,
  bad_line: OTHER_PROBLEM,
  missing_commit: OTHER_PROBLEM,
};

function headOf(program: XtProgram, { code, message }: Diagnostic): [string, number] {
  const answer = ANSWERS[code];
  if (answer !== undefined) return [`${program.name}: ${message}`, answer];
  if (code === 'refused') return [`${versionOf(program)}:  ${message}`, RESOURCE_PROBLEM];
  if (code === 'no_such_table' && program.action === 'command')
    return [
      `${versionOf(program)}: ${message}\nPerhaps ${program.name} or your kernel needs to be upgraded.`,
      VERSION_PROBLEM,
    ];
  return [`${versionOf(program)}: ${message}`, PARAMETER_PROBLEM];
}

/** Says what is wrong with a command line; its exit code. */
export function complain(program: XtProgram, diagnostic: Diagnostic, host: Host): number {
  const { suggestion, hint, code, message } = diagnostic;
  const [head, exit] = headOf(program, diagnostic);
  host.err(`${code === 'bad_argument' ? message : head}\n`);
  if (hint !== undefined) host.err(`  ${hint}\n`);
  if (suggestion !== undefined) host.err(`  did you mean '${suggestion}'?\n`);
  if (exit === PARAMETER_PROBLEM)
    host.err(`Try \`${program.name} -h' or '${program.name} --help' for more information.\n`);
  return exit;
}

/** What is kept in spite of being old or unknown. */
export function warn(diagnostic: Diagnostic, sources: readonly Source[], host: Host): void {
  const source = sources[diagnostic.span.source];
  if (source === undefined || source.name.startsWith('<command'))
    host.err(`Warning: ${diagnostic.message}\n`);
  else host.err(`${formatDiagnostic(diagnostic, sources)}\n`);
}

/** Says what is wrong with a line of a file; its exit code. */
export function complainInFile(
  program: XtProgram,
  diagnostic: Diagnostic,
  sources: readonly Source[],
  host: Host,
): number {
  const [head, exit] = headOf(program, diagnostic);
  const text = sources[diagnostic.span.source]?.text ?? '';
  const { line } = positionOf(text, diagnostic.span.start);
  const [, ...snippet] = formatDiagnostic(diagnostic, sources).split('\n');
  host.err(`${head}\nError occurred at line: ${line}\n${snippet.join('\n')}\n`);
  return exit;
}

const OPERATIONS: Readonly<Record<string, string>> = {
  newtable: 'TABLE_ADD',
  newchain: 'CHAIN_ADD',
  renamechain: 'CHAIN_RENAME',
  delchain: 'CHAIN_DEL',
  newrule: 'RULE_APPEND',
  delrule: 'RULE_DEL',
};

/** What the engine would not take, with its reason. */
export function complainOfRefusal(
  program: XtProgram,
  error: TransactionError,
  change: { readonly op: string; readonly chain?: unknown } | undefined,
  host: Host,
): number {
  const operation = OPERATIONS[change?.op ?? ''] ?? 'COMMIT';
  const chain = typeof change?.chain === 'string' ? `: rule in chain ${change.chain}` : '';
  host.err(
    `${versionOf(program)}:  ${operation} failed (${SENTENCES[error.errnoName]})${chain}\n  ${error.message}\n`,
  );
  const { source } = error;
  if (source !== undefined && !source.file.startsWith('<command'))
    host.err(`Error occurred at line: ${source.line}\n  ${source.text ?? ''}\n`);
  return RESOURCE_PROBLEM;
}
