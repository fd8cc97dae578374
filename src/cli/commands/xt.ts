// `sluice iptables`, `sluice iptables-save` and the others: iptables(8) without root and without a
// kernel, over the ruleset that `sluice nft` keeps.

import { tableNames } from '../../iptables/index.ts';
import { EXIT_OK, Failure } from '../failure.ts';
import type { Host } from '../host.ts';
import { inlineLittle } from '../inlining.ts';
import { VERSION } from '../version.ts';
import { Store, statePath } from './nft-store.ts';
import { helpOf, namesUnknownMatch } from './xt-help.ts';
import {
  optionsText,
  RESTORE_OPTIONS,
  type Read,
  readOptions,
  restoreArguments,
  SAVE_OPTIONS,
} from './xt-options.ts';
import { versionOf, XT_PROGRAMS, type XtProgram } from './xt-programs.ts';
import { OTHER_PROBLEM } from './xt-report.ts';
import { XtSession } from './xt-session.ts';
import { sourceOf } from './xt-source.ts';

/** Runs one of the programs; answers its exit code. */
export async function xtables(name: string, words: readonly string[], host: Host): Promise<number> {
  const program = XT_PROGRAMS.get(name);
  if (program === undefined) throw new Error(`no program ${name}`);
  try {
    return await runProgram(program, words, host);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    host.err(`${versionOf(program)}: ${error.message}\n`);
    return error.code;
  }
}

async function runProgram(
  program: XtProgram,
  words: readonly string[],
  host: Host,
): Promise<number> {
  if (program.action === 'translate')
    return (await import('./xt-translate.ts')).translateCommand(program, words, host);
  if (program.action === 'restore-translate')
    return (await import('./xt-translate.ts')).translateFile(program, words, host);
  const session = new XtSession(program, new Store(statePath(undefined, host.env)), host);
  switch (program.action) {
    case 'save':
      return save(program, readOptions(words, SAVE_OPTIONS), session, host);
    case 'restore':
      return restore(program, readOptions(words, RESTORE_OPTIONS), session, host);
    default:
      return command(program, words, session, host);
  }
}

function command(
  program: XtProgram,
  words: readonly string[],
  session: XtSession,
  host: Host,
): number | Promise<number> {
  const [first] = words;
  if (first === '-V' || first === '--version') return say(`${versionLine(program)}\n`, host);
  const asksHelp = words.some((word) => word === '-h' || word === '--help');
  if (asksHelp && !namesUnknownMatch(program, words)) return say(helpOf(program, words), host);
  return session.command(words);
}

/** ebtables alone says its version without a `v`. */
const versionLine = (program: XtProgram): string =>
  program.family === 'bridge' ? versionOf(program).replace(' v', ' ') : versionOf(program);

function say(text: string, host: Host): number {
  host.out(text);
  return EXIT_OK;
}

function asked(program: XtProgram, { given }: Read, usage: string, host: Host): boolean {
  if (given.has('version')) host.out(`${versionOf(program)}\n`);
  else if (given.has('help')) host.out(usage);
  return given.has('version') || given.has('help');
}

async function save(
  program: XtProgram,
  read: Read,
  session: XtSession,
  host: Host,
): Promise<number> {
  const usage = `Usage: sluice ${program.name} [options]\n\n${optionsText(SAVE_OPTIONS)}`;
  if (asked(program, read, usage, host)) return EXIT_OK;
  if (read.rest.length > 0)
    throw new Failure('Unknown arguments found on commandline', OTHER_PROBLEM);
  const table = read.given.get('table');
  if (table !== undefined && !tableNames(program.family).includes(table)) {
    host.err(`Table \`${table}' does not exist\n`);
    return OTHER_PROBLEM;
  }
  const text = session.save(read.given.has('counters'), table);
  const file = read.given.get('file');
  if (file === undefined) return say(text, host);
  const sink = await host.create(file);
  await sink.write(new TextEncoder().encode(text));
  await sink.close();
  return EXIT_OK;
}

async function restore(
  program: XtProgram,
  read: Read,
  session: XtSession,
  host: Host,
): Promise<number> {
  const usage = `Usage: sluice ${program.name} [options] [file]\n\n${optionsText(RESTORE_OPTIONS)}\nsluice ${VERSION} keeps options and extensions it does not know as they are written.\n`;
  if (asked(program, read, usage, host)) return EXIT_OK;
  const [file, ...more] = read.rest;
  if (more.length > 0)
    throw new Failure(`Unknown arguments found on commandline: ${more.join(' ')}`, OTHER_PROBLEM);
  const source = await sourceOf(file, host);
  const args = restoreArguments(read);
  await inlineLittle([source], args.test ? undefined : () => import('./xt-step.ts'));
  return session.restore(source, args);
}
