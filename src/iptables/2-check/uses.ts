// From the words of a match or target to its info: what xtables_option_parse() and
// xtables_options_fcheck() of libxtables check for every extension.

import type { Diagnostic, Span } from '../../diagnostics/index.ts';
import type { XtInfo } from '../../program/index.ts';
import { spanOf, type Use, type UseOption, type UseWords, type Word } from '../ast/index.ts';
import * as say from '../diagnostics/index.ts';
import { type Extension, Given, NotThere, type ParseContext, XtError } from '../extension/index.ts';

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
  if (extension === undefined) return kept(`${use.kind} ${name.text} is not known`);
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
  const at = spanOf(source, use.name);
  checkOptions(use, extension, at, source);
  const given = new Given(
    use.options.map(({ spec, values, negated, option }) => ({
      name: spec.name,
      value: reading(extension, spanOf(source, values[0] ?? option, values.at(-1) ?? option), () =>
        spec.parse?.(
          values.map(({ text }) => text),
          cx,
        ),
      ),
      negated,
    })),
  );
  return reading(extension, at, () => extension.build(given, cx));
}

/** Puts its place to what an extension says. */
function reading<T>(extension: Extension, at: Span, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof XtError)) throw error;
    const said = say.badExtension(at, extension.name, error.message, error.suggestion);
    if (error instanceof NotThere) throw new say.MissingThing(said);
    return say.bad(said);
  }
}

function checkOptions({ options }: UseWords, extension: Extension, at: Span, source: number): void {
  for (const one of options) checkOne(one, options, extension, spanOf(source, one.option));
  const missing = extension.options.find(
    (spec) => spec.mandatory === true && !options.some((one) => one.spec === spec),
  );
  if (missing !== undefined)
    say.bad(say.badExtension(at, extension.name, `option "--${missing.name}" must be specified`));
}

function checkOne(
  { spec, option }: UseOption,
  all: readonly UseOption[],
  extension: Extension,
  at: Span,
): void {
  const complain = (message: string): never =>
    say.bad(say.badExtension(at, extension.name, message));
  const { name } = spec;
  if (spec.multiple !== true && all.some((one) => one.spec === spec && one.option !== option))
    complain(`option "--${name}" can be used only once`);
  for (const other of spec.excludes ?? [])
    if (all.some((one) => one.spec.name === other))
      complain(`option "--${name}" cannot be used together with "--${other}"`);
  for (const other of spec.needs ?? [])
    if (!all.some((one) => one.spec.name === other))
      complain(`option "--${name}" also requires "--${other}"`);
}
