import type { Diagnostic } from './diagnostic.ts';
import type { Span } from './span.ts';

/** A text that was parsed, as it is named to a person. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

/** Line and column count from 1; columns in UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The line that was asked for last: diagnostics come in the order of the text. */
let last = { text: '', line: 1, start: 0 };

/** Where an offset is. Costs a scan of the text from the place asked for before it: for what is shown, only. */
export function positionOf(text: string, offset: number): Position {
  let { line, start } = last.text === text && last.start <= offset ? last : { line: 1, start: 0 };
  for (let at = text.indexOf('\n', start); at >= 0 && at < offset; at = text.indexOf('\n', start)) {
    line++;
    start = at + 1;
  }
  last = { text, line, start };
  return { line, column: offset - start + 1 };
}

/** `file:line:column`, or the plain name of an input that has no such place. */
export function formatPlace(span: Span, sources: readonly Source[]): string {
  const source = sources[span.source];
  if (source === undefined) return '<input>';
  const { line, column } = positionOf(source.text, span.start);
  return `${source.name}:${line}:${column}`;
}

/** Columns of a source line that are shown; a generated ruleset may be one line of megabytes. */
const SHOWN = 96;
const LEAD = 40;

/** The printable part of a line around the columns [start, end) and where they are in it. */
function excerpt(line: string, start: number, end: number): [string, number, number] {
  const from = line.length > SHOWN && start > LEAD ? start - LEAD : 0;
  const cut = line.slice(from, from + SHOWN);
  const head = from > 0 ? '…' : '';
  const tail = from + SHOWN < line.length ? '…' : '';
  const limit = Math.min(end - from, cut.length);
  return [head + printable(cut) + tail, start - from + head.length, limit + head.length];
}

/** Control characters must not reach a terminal; tabs would break the alignment of the caret. */
function printable(text: string): string {
  let shown = '';
  for (const char of text) shown += isControl(char) ? (char === '\t' ? ' ' : '�') : char;
  return shown;
}

function isControl(char: string): boolean {
  const code = char.charCodeAt(0);
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

function snippet(span: Span, sources: readonly Source[]): string[] {
  const text = sources[span.source]?.text;
  if (text === undefined) return [];
  const start = Math.min(span.start, text.length);
  const { line, column } = positionOf(text, start);
  const lineStart = start - (column - 1);
  const newline = text.indexOf('\n', start);
  const lineEnd = newline < 0 ? text.length : newline;
  const until = Math.min(Math.max(span.end, start + 1), Math.max(lineEnd, start + 1));
  const [shown, from, to] = excerpt(
    text.slice(lineStart, lineEnd),
    start - lineStart,
    until - lineStart,
  );
  const gutter = String(line).padStart(4);
  const underline = '^'.repeat(Math.max(1, to - from));
  return [`${gutter} | ${shown}`, `${' '.repeat(gutter.length)} | ${' '.repeat(from)}${underline}`];
}

/**
 * A diagnostic as a person reads it: place, sentence and code; the source line with the span
 * underlined; then cause, suggestion and related places. Lines are joined by newlines, none at the
 * end.
 *
 * @example
 * formatDiagnostic(diagnostics[0], sources)
 * // rules.nft:3:18: error: unexpected 'accpet' [unexpected_token]
 * //    3 |     tcp dport 22 accpet
 * //      |                  ^^^^^^
 * //        did you mean 'accept'?
 */
export function formatDiagnostic(diag: Diagnostic, sources: readonly Source[]): string {
  const place = formatPlace(diag.span, sources);
  const lines = [`${place}: ${diag.severity}: ${printable(diag.message)} [${diag.code}]`];
  lines.push(...snippet(diag.span, sources));
  if (diag.hint !== undefined) lines.push(`       ${printable(diag.hint)}`);
  if (diag.suggestion !== undefined) {
    lines.push(`       did you mean '${printable(diag.suggestion)}'?`);
  }
  for (const note of diag.related ?? []) {
    lines.push(`${formatPlace(note.span, sources)}: note: ${printable(note.message)}`);
    lines.push(...snippet(note.span, sources));
  }
  return lines.join('\n');
}
