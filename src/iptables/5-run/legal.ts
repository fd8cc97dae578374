// Which options a command may have beside it.

import { type CommandWords, spanOf, type Word } from '../ast/index.ts';
import * as say from '../diagnostics/index.ts';

/** Options that mean nothing with a command (commands_v_options of xshared.c). */
const WITH_RULES = new Set(['append', 'insert', 'replace', 'delete', 'check', 'change-counters']);
const WITH_COUNTERS = new Set(['append', 'insert', 'replace', 'policy', 'new-chain']);

/** @throws BadLine */
export function checkParts(words: CommandWords, source: number): void {
  const { command, rule } = words;
  if (command === undefined) return;
  const illegal = (option: string, word?: Word): never =>
    say.bad(
      say.badValue(
        word === undefined ? { source, start: 0, end: 1 } : spanOf(source, word),
        `Illegal option \`${option}' with this command`,
      ),
    );
  const isNumbered = command === 'delete' && words.args.length > 1;
  if (!WITH_RULES.has(command) || isNumbered) {
    const [first] = rule.options;
    if (first !== undefined) illegal(first.option.text, first.option);
    if (rule.target !== undefined) illegal('-j', rule.target.name);
  }
  const isListing = command === 'list';
  for (const flag of ['Ln', 'Lc', 'Lx', 'Lmac2'] as const)
    if (words.flags.has(flag) && !isListing) illegal(`--${flag}`);
  if (words.flags.has('numeric') && !isListing) illegal('-n');
  if (words.flags.has('exact') && !isListing) illegal('-x');
  if (words.flags.has('line-numbers') && !isListing) illegal('--line-numbers');
  if (words.counters !== undefined && !WITH_COUNTERS.has(command)) illegal('-c');
}
