// The catalogue: one function per mistake a person can make in xtables' language. Sentences start
// as iptables' own do where it has one.

import { type Diagnostic, error, nearest, type Span, warning } from '../../diagnostics/index.ts';

/** A line that means nothing: thrown to the reader of lines, which goes on with the next one. */
export class BadLine extends Error {
  readonly diagnostic: Diagnostic;

  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message);
    this.name = 'BadLine';
    this.diagnostic = diagnostic;
  }
}

/** The line is right, and would stand if what it names were there. */
export class MissingThing extends BadLine {}

/** @throws BadLine always */
export function bad(diagnostic: Diagnostic): never {
  throw new BadLine(diagnostic);
}

const did = (
  word: string,
  among: Iterable<string>,
  prefix = '',
): { suggestion: string | undefined } => {
  const near = nearest(word, among);
  return { suggestion: near === undefined ? undefined : prefix + near };
};

export const unknownOption = (
  at: Span,
  option: string,
  known: Iterable<string>,
  hint?: string,
): Diagnostic =>
  error('unknown_option', at, `unknown option "${option}"`, {
    ...did(option.replace(/^-+/, ''), known, '--'),
    hint,
  });

export const noAtomic = (at: Span, option: string): Diagnostic =>
  error('no_atomic', at, `${option} went with the ebtables before nf_tables`, {
    hint: 'ebtables-save and ebtables-restore keep and load a table as a whole',
  });

export const ambiguousOption = (at: Span, option: string, names: readonly string[]): Diagnostic =>
  error('ambiguous_option', at, `option "${option}" is ambiguous`, {
    hint: `it begins ${names.map((n) => `--${n}`).join(', ')}`,
  });

export const missingWord = (at: Span, option: string): Diagnostic =>
  error('missing_argument', at, `option "${option}" requires an argument`);

export const needlessWord = (at: Span, option: string): Diagnostic =>
  error('needless_argument', at, `option "${option}" takes no argument`);

export const badArgument = (at: Span, word: string): Diagnostic =>
  error('bad_argument', at, `Bad argument \`${word}'`);

export const twoNegations = (at: Span): Diagnostic =>
  error('two_negations', at, 'multiple consecutive ! not allowed');

export const nothingNegated = (at: Span): Diagnostic =>
  error('nothing_negated', at, 'nothing appropriate following !');

export const notNegatable = (at: Span, option: string): Diagnostic =>
  error('not_negatable', at, `option "${option}" cannot be inverted`);

export const givenTwice = (at: Span, option: string): Diagnostic =>
  error('given_twice', at, `multiple ${option} flags not allowed`);

export const noCommand = (at: Span): Diagnostic => error('no_command', at, 'no command specified');

export const twoCommands = (at: Span, one: string, two: string): Diagnostic =>
  error('two_commands', at, `Cannot use -${two} with -${one}`);

export const unknownMatch = (
  at: Span,
  name: string,
  known: Iterable<string>,
  hint?: string,
): Diagnostic =>
  error('unknown_match', at, `Couldn't load match \`${name}': No such file or directory`, {
    ...(hint === undefined ? did(name, known) : {}),
    hint,
  });

export const unknownTarget = (
  at: Span,
  name: string,
  known: Iterable<string>,
  hint?: string,
): Diagnostic =>
  error('unknown_target', at, `Couldn't load target \`${name}': No such file or directory`, {
    ...(hint === undefined ? did(name, known) : {}),
    hint,
  });

export const badValue = (at: Span, message: string, suggestion?: string): Diagnostic =>
  error('bad_value', at, message, { suggestion });

export const badExtension = (
  at: Span,
  name: string,
  message: string,
  suggestion?: string,
): Diagnostic => error('bad_extension_use', at, `${name}: ${message}`, { suggestion });

export const badChainName = (at: Span, message: string): Diagnostic =>
  error('bad_chain_name', at, message);

/** do_parse of xtables.c */
export const noFiltering = (at: Span): Diagnostic =>
  error(
    'no_filtering',
    at,
    'The "nat" table is not intended for filtering, the use of DROP is therefore inhibited.',
  );

/** nft_verdict_init(): EOPNOTSUPP */
export const jumpToBase = (at: Span, from: string): Diagnostic =>
  refused(at, `RULE_APPEND failed (Operation not supported): rule in chain ${from}`, {
    hint: 'nothing jumps to a chain that is built in',
  });

export const notWithChain = (at: Span, option: string, chain: string): Diagnostic =>
  error('not_with_chain', at, `Can't use ${option} with ${chain}`);

export const noSuchTable = (at: Span, name: string, tables: readonly string[]): Diagnostic =>
  error('no_such_table', at, `table '${name}' does not exist`, {
    ...did(name, tables),
    hint: `there are ${tables.join(', ')}`,
  });

export const noSuchChain = (
  at: Span,
  name: string,
  known: Iterable<string>,
  hint?: string,
): Diagnostic =>
  error('no_such_chain', at, `Chain '${name}' does not exist`, {
    ...(hint === undefined ? did(name, known) : {}),
    hint,
  });

/** What the kernel answers about a chain, a match or a target that is not there. */
export const nothingOfThatName = (
  at: Span,
  name: string,
  known: Iterable<string>,
  hint?: string,
): Diagnostic =>
  error('nothing_of_that_name', at, 'No chain/target/match by that name.', {
    ...(hint === undefined ? did(name, known) : {}),
    hint,
  });

export const chainExists = (at: Span): Diagnostic =>
  error('chain_exists', at, 'Chain already exists.');

export const noSuchRule = (at: Span, message: string): Diagnostic =>
  error('no_such_rule', at, message);

export const refused = (at: Span, message: string, details: { hint?: string } = {}): Diagnostic =>
  error('refused', at, message, details);

export const badLine = (at: Span, message: string): Diagnostic => error('bad_line', at, message);

export const otherFamily = (at: Span, asked: 'ip' | 'ip6'): Diagnostic =>
  error('other_family', at, `-${asked === 'ip' ? 4 : 6} is for ${asked}tables`);

export const missingCommit = (at: Span, line: number, isError: boolean): Diagnostic =>
  (isError ? error : warning)('missing_commit', at, `COMMIT expected at line ${line}`, {
    hint: 'iptables-restore leaves a table alone that has no COMMIT',
  });

export const commentBehind = (at: Span): Diagnostic =>
  warning('comment_behind', at, 'a comment behind a rule is left out', {
    hint: 'iptables-restore takes it for words of the rule: comments stand on lines of their own',
  });

export const keptUnread = (
  at: Span,
  what: string,
  details: { suggestion?: string | undefined; hint?: string } = {},
): Diagnostic =>
  warning(
    'kept_unread',
    at,
    `${what.replace(/\.$/, '')}: kept as written, verdicts behind it depend on it`,
    details,
  );

export const oldSpelling = (at: Span, message: string): Diagnostic =>
  warning('old_spelling', at, message);

export const saidByExtension = (at: Span, message: string): Diagnostic =>
  warning('extension_warning', at, message);
