// `sluice iptables-translate` and its siblings: one command line, or a file, in nft's, as the originals
// answer. `sluice translate` is for whole rulesets, and proves what it writes.

import type { Diagnostic } from '../../diagnostics/index.ts';
import { nftCommandLine, translateLine, translateRestore } from '../../iptables/index.ts';
import { EXIT_OK } from '../failure.ts';
import type { Host } from '../host.ts';
import { ctime } from './ctime.ts';
import { xtNames } from './nft-names.ts';
import { optionsText, RESTORE_TRANSLATE_OPTIONS, readOptions } from './xt-options.ts';
import { versionOf, type XtProgram } from './xt-programs.ts';
import { complain, complainInFile, OTHER_PROBLEM, warn } from './xt-report.ts';
import { sourceOf } from './xt-source.ts';

const isError = ({ severity }: Diagnostic): boolean => severity === 'error';

/** Answers iptables' exit status: 2 for what cannot be read, 1 for commands that nft has none for. */
export function translateCommand(program: XtProgram, words: readonly string[], host: Host): number {
  const [first] = words;
  if (first === '-V' || first === '--version') host.out(`${versionOf(program)}\n`);
  if (first === '-V' || first === '--version') return EXIT_OK;
  const translated = translateLine(words, program.family, { names: xtNames(host) });
  const { commands, untranslatable, diagnostics, sources, isKnown } = translated;
  for (const one of diagnostics) if (!isError(one)) warn(one, sources, host);
  const problem = diagnostics.find(isError);
  if (problem !== undefined) return complain(program, problem, host);
  if (!isKnown) {
    host.err('Translation not implemented\n');
    return OTHER_PROBLEM;
  }
  if (untranslatable.length > 0) {
    host.err(`${versionOf(program)}: nft has no words for ${untranslatable.join(', ')}\n`);
    host.out(`nft # ${words.map((word) => `${word} `).join('')}\n`);
  }
  for (const command of commands) host.out(`${nftCommandLine(command)}\n`);
  return EXIT_OK;
}

const usage = ({ name }: XtProgram): string =>
  `Usage: sluice ${name} -f FILE\n\n${optionsText(RESTORE_TRANSLATE_OPTIONS)}`;

/** `iptables-restore-translate -f FILE` */
export async function translateFile(
  program: XtProgram,
  words: readonly string[],
  host: Host,
): Promise<number> {
  const { given } = readOptions(words, RESTORE_TRANSLATE_OPTIONS);
  const file = given.get('file');
  if (given.has('version')) host.out(`${versionOf(program)}\n`);
  else if (given.has('help')) host.out(usage(program));
  else if (file === undefined) host.err(`ERROR: missing file name\n${usage(program)}`);
  else return translateText(program, await sourceOf(file, host), host);
  return given.has('version') || given.has('help') ? EXIT_OK : OTHER_PROBLEM;
}

function translateText(
  program: XtProgram,
  source: { readonly name: string; readonly text: string },
  host: Host,
): number {
  const date = ctime(new Date());
  const { text, diagnostics } = translateRestore(source.text, program.family, xtNames(host));
  for (const one of diagnostics) if (!isError(one)) warn(one, [source], host);
  host.out(`# Translated by ${versionOf(program)} on ${date}\n${text}`);
  const problem = diagnostics.find(isError);
  if (problem !== undefined) return complainInFile(program, problem, [source], host);
  host.out(`# Completed on ${date}\n`);
  return EXIT_OK;
}
