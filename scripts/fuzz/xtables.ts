// iptables' language: no text may make it throw, places are inside the text, and what was read is
// saved to a text that reads to the same.

import type { Random } from '../../src/core/index.ts';
import type { Diagnostic } from '../../src/diagnostics/index.ts';
import {
  compileLine,
  compileRestore,
  saveRuleset,
  type XtFamily,
} from '../../src/iptables/index.ts';
import { applied } from '../../src/iptables/test-support.ts';
import { EMPTY_PROGRAM, type Program } from '../../src/program/index.ts';
import { shellWords } from '../../test/shell-words.ts';
import { damage } from './nft-language.ts';
import type { FuzzTarget } from './target.ts';
import { commandLine, FAMILIES, restoreFile } from './xtables-language.ts';

interface Input {
  readonly family: XtFamily;
  readonly file: string;
  readonly line: string;
}

function generate(random: Random): Input {
  const family = FAMILIES[random.below(FAMILIES.length)]!;
  const [file, line] = [restoreFile(random, family), commandLine(random, family)];
  const isDamaged = random.below(2) === 0;
  return {
    family,
    file: isDamaged ? damage(random, file) : file,
    line: isDamaged ? damage(random, line) : line,
  };
}

function checkPlaces(diagnostics: readonly Diagnostic[], text: string): void {
  for (const { span, message } of diagnostics)
    if (span.start > span.end || span.end > text.length)
      throw new Error(`a place outside the text: ${message}`);
}

function load(text: string, family: XtFamily): Program {
  const { batch, diagnostics } = compileRestore({ name: 'file', text }, { family, counters: true });
  checkPlaces(diagnostics, text);
  return applied(EMPTY_PROGRAM, batch);
}

/** Rules that iptables has no words for stand as comments, and are gone when that is read. */
function checkSaved(program: Program, family: XtFamily): void {
  const first = saveRuleset(program, family, { counters: true });
  if (/^# rule/m.test(first)) throw new Error(`made, and not understood:\n${first}`);
  const second = saveRuleset(load(first, family), family, { counters: true });
  if (first !== second) throw new Error(`changes on its way:\n${first}\n${second}`);
}

export const target: FuzzTarget<Input> = {
  name: 'xtables',
  generate,
  run: ({ family, file, line }) => {
    const program = load(file, family);
    checkSaved(program, family);
    const { diagnostics, sources, batch } = compileLine(shellWords(line), {
      family,
      current: program,
    });
    checkPlaces(diagnostics, sources[0]?.text ?? '');
    checkSaved(applied(program, batch), family);
  },
  show: ({ family, file, line }) => `${family}\n${file}\n${line}`,
};
