// From the words of a match or target to its info: what xtables_option_parse() and
// xtables_options_fcheck() of libxtables check for every extension.

import type { Diagnostic, Span } from '../../diagnostics/index.ts';
import type { XtInfo } from '../../program/index.ts';
import { classicHint } from '../1-parse/classic.ts';
import { spanOf, type Use, type UseOption, type UseWords, type Word } from '../ast/index.ts';
import * as say from '../diagnostics/index.ts';
import {
  type Extension,
  Given,
  type GivenOption,
  NotThere,
  type ParseContext,
  XtError,
} from '../extension/index.ts';

/** What the words are from. */
export interface Written {
  readonly source: number;
  readonly text: string;
  /** Where the line stands in the text; without it, it is all of it. */
  readonly line?: { readonly start: number; readonly end: number };
}

/** A use as the words stand, those of other uses in between left out. */
export function textOf(
  { name, kind, options, unread, goto, implied, extension }: UseWords,
  { text }: Written,
): string {
  const words: [number, string][] = unread.map((word) => [word.start, sliced(word, text)]);
  for (const { option, values, negated } of options) {
    words.push([option.start, `${negated ? '! ' : ''}${sliced(option, text)}`]);
    for (const value of values) words.push([value.start, sliced(value, text)]);
  }
  // ebtables names no extensions: an option stands for one, and may be negated.
  const isUnnamed = implied && extension === undefined;
  if (isUnnamed) words.push([name.start, sliced(name, text)]);
  words.sort(([a], [b]) => a - b);
  const flag = kind === 'match' ? '-m' : goto === true ? '-g' : '-j';
  const isNamed = !isUnnamed && !options.some(({ option }) => option === name);
  const head = isNamed ? [flag, sliced(name, text)] : [];
  return [...head, ...words.map(([, word]) => word)].join(' ');
}

const sliced = ({ start, end }: Word, text: string): string => text.slice(start, end);

/**
 * The extension with its info, or, where there were words nobody knows, the words.
 * @param keepMissing takes the words, too, where they name what is not there
 * @throws BadLine
 */
export function checkUse(
  use: UseWords,
  cx: ParseContext,
  written: Written,
  keepMissing?: (diagnostic: Diagnostic) => void,
): Use {
  const { extension, name, unread } = use;
  const kept = (reason: string): Use => ({ kind: 'opaque', text: textOf(use, written), reason });
  if (extension === undefined)
    return kept(classicHint('match', name.text) ?? `match ${name.text} is not known`);
  if (unread.length > 0) return kept(`${name.text} has options that are not known`);
  try {
    return { kind: 'known', extension, info: infoOf(use, extension, cx, written.source) };
  } catch (error) {
    if (!(error instanceof say.MissingThing) || keepMissing === undefined) throw error;
    const { diagnostic } = error;
    keepMissing(diagnostic);
    return kept(diagnostic.message.replace(/\.$/, ''));
  }
}

function infoOf(use: UseWords, extension: Extension, cx: ParseContext, source: number): XtInfo {
  checkOptions(use, extension, source);
  const given: GivenOption[] = [];
  for (const one of use.options) given.push(givenOption(one, extension, cx, source));
  try {
    return extension.build(new Given(given), cx);
  } catch (error) {
    return misread(error, extension, spanOf(source, use.name));
  }
}

function givenOption(
  { spec, values, negated, option }: UseOption,
  extension: Extension,
  cx: ParseContext,
  source: number,
): GivenOption {
  const { name, parse } = spec;
  try {
    return { name, value: parse?.(textsOf(values), cx), negated };
  } catch (error) {
    return misread(error, extension, spanOf(source, values[0] ?? option, values.at(-1) ?? option));
  }
}

const textsOf = (values: readonly Word[]): readonly string[] =>
  values.length === 1 ? [values[0]!.text] : values.map(({ text }) => text);

/** Puts its place to what an extension says. */
function misread(error: unknown, extension: Extension, at: Span): never {
  if (!(error instanceof XtError)) throw error;
  const said = say.badExtension(at, extension.name, error.message, error.suggestion);
  if (error instanceof NotThere) throw new say.MissingThing(said);
  return say.bad(said);
}

function checkOptions({ name, options }: UseWords, extension: Extension, source: number): void {
  for (const one of options) {
    const problem = problemOf(one, options);
    if (problem !== undefined)
      say.bad(say.badExtension(spanOf(source, one.option), extension.name, problem));
  }
  for (const spec of extension.options) {
    if (spec.mandatory !== true || options.some((one) => one.spec === spec)) continue;
    const problem = `option "--${spec.name}" must be specified`;
    say.bad(say.badExtension(spanOf(source, name), extension.name, problem));
  }
}

function problemOf({ spec, option }: UseOption, all: readonly UseOption[]): string | undefined {
  const { name, needs = [], excludes = [], multiple } = spec;
  if (all.length > 1) {
    if (multiple !== true && all.some((one) => one.spec === spec && one.option !== option))
      return `option "--${name}" can be used only once`;
    for (const other of excludes)
      if (all.some((one) => one.spec.name === other))
        return `option "--${name}" cannot be used together with "--${other}"`;
  }
  for (const other of needs)
    if (!all.some((one) => one.spec.name === other))
      return `option "--${name}" also requires "--${other}"`;
  return undefined;
}
