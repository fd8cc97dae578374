import { type Diagnostic, error, nearest, type Related } from '../../diagnostics/index.ts';
import type { Span } from '../ast/index.ts';

/** At most this many alternatives are listed; beyond, the list helps nobody. */
const LISTED = 12;

function expectation(expected: readonly string[]): string | undefined {
  if (expected.length === 0) return undefined;
  const shown = expected.slice(0, LISTED).join(', ');
  const more = expected.length > LISTED ? ` and ${expected.length - LISTED} more` : '';
  return `expected ${expected.length > 1 ? 'one of ' : ''}${shown}${more}`;
}

/** What people mean by a token where it cannot stand, by it and what is expected. */
const CAUSES: Readonly<Record<string, string>> = {
  "'}' <command>": 'no block is open here',
  "'=' <value>": "write the value at once, or '==' before it",
  "'-' <statement>": 'rules of iptables are written otherwise: iptables-translate tells how',
};

/** `expected` are keywords or descriptions in angle brackets; only keywords are suggested. */
export const unexpectedToken = (
  at: Span,
  found: string,
  expected: readonly string[],
  candidates: Iterable<string> = expected,
): Diagnostic => {
  const words = [...candidates].filter((c) => !c.startsWith('<'));
  return error('unexpected_token', at, `unexpected ${found}`, {
    hint: CAUSES[`${found} ${expected[0]}`] ?? expectation(expected),
    suggestion: nearest(found.replace(/^'|'$/g, ''), words),
  });
};

export const bareField = (at: Span, field: string, owners: readonly string[]): Diagnostic =>
  error('bare_field', at, `'${field}' does not say of what`, {
    hint: `it is a field of ${owners.join(', ')}`,
    suggestion: `${owners[0]} ${field}`,
  });

/** Characters that word processors and web pages put in the place of plain ones. */
const LOOKALIKES: readonly (readonly [RegExp, string])[] = [
  [/[\u201c\u201d\u201e\u00ab\u00bb]/, '"'],
  [/[\u2018\u2019\u201a]/, "'"],
  [/[\u2010-\u2015\u2212]/, '-'],
  [/[\u00a0\u2000-\u200b\u202f\u3000\ufeff]/, ' '],
];

export function strayCharacter(at: Span, char: string): Diagnostic {
  const plain = LOOKALIKES.find(([pattern]) => pattern.test(char))?.[1];
  const code = `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  const shown = plain === ' ' ? code : `'${char}'`;
  return error('stray_character', at, `the character ${shown} has no meaning here`, {
    hint: plain === undefined ? undefined : `${code} only looks like '${plain}'`,
    suggestion: plain,
  });
}

export const crlfLines = (at: Span): Diagnostic =>
  error('crlf_lines', at, 'line ends in carriage return and line feed', {
    hint: 'nft takes Unix line ends only; convert the file',
  });

export const unterminatedString = (at: Span): Diagnostic =>
  error('unterminated_string', at, 'no closing quote for this string');

export const unclosedBlock = (at: Span, opened: Span): Diagnostic =>
  error('unclosed_block', at, "the input ends before a closing '}'", {
    related: [{ span: opened, message: 'the block is opened here' }],
  });

export const tooDeep = (at: Span, limit: number): Diagnostic =>
  error('nesting_too_deep', at, `nested more than ${limit} levels deep`);

export const tooManyErrors = (at: Span, limit: number): Diagnostic =>
  error('too_many_errors', at, `more than ${limit} errors; the rest is not read`);

export const reservedName = (at: Span, word: string): Diagnostic =>
  error('reserved_name', at, `'${word}' is a keyword and cannot be a name`);

export const unknownVariable = (at: Span, name: string, known: Iterable<string>): Diagnostic =>
  error('unknown_variable', at, `no variable named '${name}'`, {
    suggestion: nearest(name, known),
  });

export const redefinedVariable = (at: Span, name: string, first: Span): Diagnostic =>
  error('redefined_variable', at, `the variable '${name}' is defined already`, {
    hint: 'use redefine to give it a new value',
    related: [{ span: first, message: 'the first definition is here' }],
  });

export const badDefine = (at: Span, name: string): Diagnostic =>
  error('bad_define', at, `the variable '${name}' is not given by a plain name and one value`);

/** What is wanted depends on the place of the use: the name of a chain, devices, a set. */
export const variableKind = (at: Span, wanted: string): Diagnostic =>
  error('variable_kind', at, `this variable does not hold ${wanted}`);

export const variableTooLarge = (at: Span, name: string, limit: number): Diagnostic =>
  error('variable_too_large', at, `with '${name}' the input grows over ${limit} expressions`, {
    hint: 'definitions that use each other multiply; put the elements into a named set',
  });

export const badNumber = (at: Span, what: string, low: number, high: number): Diagnostic =>
  error('number_out_of_range', at, `${what} must be from ${low} to ${high}`);

export const badTime = (at: Span, text: string): Diagnostic =>
  error('bad_time', at, `'${text}' is not a time`, {
    hint: 'write it as 1d2h3m4s5ms, in this order',
  });

export const duplicateClause = (at: Span, what: string, first?: Span): Diagnostic =>
  error('duplicate_clause', at, `${what} can be given only once`, {
    related: first && [{ span: first, message: 'it is given here already' }],
  });

export const missingClause = (at: Span, what: string): Diagnostic =>
  error('missing_clause', at, `${what} is missing`);

export const commentTooLong = (at: Span, limit: number): Diagnostic =>
  error('comment_too_long', at, `a comment has at most ${limit} bytes`);

export const badInterface = (at: Span, why: string): Diagnostic =>
  error('bad_interface_name', at, why);

export const badText = (at: Span, what: string, limit: number): Diagnostic =>
  error('text_length', at, `${what} must have from 1 to ${limit} bytes`);

export const contradiction = (at: Span, sentence: string): Diagnostic =>
  error('contradiction', at, sentence);

export const includeNotFound = (at: Span, path: string, searched: readonly string[]): Diagnostic =>
  error('include_not_found', at, `cannot read the file '${path}'`, {
    hint: searched.length > 0 ? `looked in ${searched.join(', ')}` : undefined,
  });

export const includeTooDeep = (at: Span, limit: number, chain: readonly Related[]): Diagnostic =>
  error('include_too_deep', at, `files include each other more than ${limit} levels deep`, {
    related: chain,
  });

export const badJson = (at: Span, sentence: string, suggestion?: string): Diagnostic =>
  error('bad_json', at, sentence, { suggestion });
