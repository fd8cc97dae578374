// `sluice iptables-translate` and its siblings: one command line in nft's, as iptables-translate(8)
// answers. `sluice translate` is for whole rulesets, and proves what it writes.

import { formatDiagnostic } from '../../diagnostics/index.ts';
import { nftCommandLine, translateLine } from '../../iptables/index.ts';
import { EXIT_OK } from '../failure.ts';
import type { Host } from '../host.ts';
import { xtNames } from './nft-names.ts';
import { versionOf, type XtProgram } from './xt-programs.ts';
import { PARAMETER_PROBLEM } from './xt-report.ts';

/** Answers iptables' exit status: 2 for what cannot be read. */
export function translateCommand(program: XtProgram, words: readonly string[], host: Host): number {
  const { commands, untranslatable, diagnostics, sources } = translateLine(words, program.family, {
    names: xtNames(host),
  });
  for (const diagnostic of diagnostics) host.err(`${formatDiagnostic(diagnostic, sources)}\n`);
  if (diagnostics.some(({ severity }) => severity === 'error')) return PARAMETER_PROBLEM;
  if (untranslatable.length > 0) {
    host.err(`${versionOf(program)}: nft has no words for ${untranslatable.join(', ')}\n`);
    host.out(`nft # ${sources[0]?.text ?? ''}\n`);
  }
  for (const command of commands) host.out(`${nftCommandLine(command)}\n`);
  return EXIT_OK;
}
