// Which options a command may have beside it, and how chains may be called and end.

import { isTargetName } from '../1-parse/extensions.ts';
import { EBT_POLICIES } from '../3-compile/ebt-policy.ts';
import { type CommandWords, spanOf, type Word } from '../ast/index.ts';
import * as say from '../diagnostics/index.ts';
import type { XtFamily } from '../extension/index.ts';

/** XT_EXTENSION_MAXNAMELEN */
const MAX_CHAIN_NAME = 29;

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

/** assert_valid_chain_name() of xshared.c. @throws BadLine */
export function checkChainName(word: Word, family: XtFamily, source: number): void {
  const { text } = word;
  const complain = (message: string): never =>
    say.bad(say.badChainName(spanOf(source, word), message));
  if (text === '') complain('chain name must not be empty');
  if (text.startsWith('-') || text.startsWith('!'))
    complain(`chain name not allowed to start with \`${text[0]}'`);
  if (text.length >= MAX_CHAIN_NAME)
    complain(`chain name \`${text}' too long (must be under ${MAX_CHAIN_NAME} chars)`);
  if (/\s/.test(text)) complain(`Invalid chain name \`${text}'`);
  if (isTargetName(family, text)) complain('chain name may not clash with target name');
}

/** do_commandeb() of xtables-eb.c. @throws BadLine */
export function checkEbtPolicy(word: Word, isBase: boolean, source: number): void {
  const { text } = word;
  const complain = (message: string): never => say.bad(say.badValue(spanOf(source, word), message));
  if (text === 'CONTINUE') complain("Wrong policy 'CONTINUE'");
  if (!(text in EBT_POLICIES)) complain(`Unknown policy '${text}'`);
  if (isBase && text === 'RETURN') complain('Policy RETURN only allowed for user defined chains');
}
