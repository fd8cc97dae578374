// Mistakes as nft prints them: the sentence, the line, a caret under what it is about.

import { positionOf } from '../../diagnostics/index.ts';
import type { ErrnoName, TransactionError } from '../../engine/index.ts';
import type { Blamed } from '../../netlink/index.ts';
import {
  type Diagnostic,
  formatDiagnostic,
  type MergedRules,
  type Source,
} from '../../nft/index.ts';
import type { Host } from '../host.ts';

/** What words on the command line are called; nft gives no place for them. */
export const COMMAND_LINE = '<cmdline>';

/** strerror(3) */
export const SENTENCES: Readonly<Record<ErrnoName, string>> = {
  EPERM: 'Operation not permitted',
  ENOENT: 'No such file or directory',
  EINTR: 'Interrupted system call',
  E2BIG: 'Argument list too long',
  ENOMEM: 'Cannot allocate memory',
  EBUSY: 'Device or resource busy',
  EEXIST: 'File exists',
  EINVAL: 'Invalid argument',
  ENFILE: 'Too many open files in system',
  EMFILE: 'Too many open files',
  ENOSPC: 'No space left on device',
  EDOM: 'Numerical argument out of domain',
  ERANGE: 'Numerical result out of range',
  ELOOP: 'Too many levels of symbolic links',
  ENODATA: 'No data available',
  EPROTO: 'Protocol error',
  EOVERFLOW: 'Value too large for defined data type',
  EMLINK: 'Too many links',
  EOPNOTSUPP: 'Operation not supported',
  EAFNOSUPPORT: 'Address family not supported by protocol',
  ENOTEMPTY: 'Directory not empty',
};

type Span = Diagnostic['span'];

/** A change that was refused. */
export interface Refusal extends Pick<TransactionError, 'message' | 'source'> {
  readonly errnoName: string;
  /** What the kernel points to. */
  readonly blamed?: Blamed;
}

/** The answer to a question about something that is not there. */
export const notThere = (span: Span, hint?: string): Diagnostic => ({
  code: 'ENOENT',
  severity: 'error',
  span,
  message: SENTENCES.ENOENT,
  ...(hint !== undefined && { hint }),
});

function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let n = 1; n < line; n++) start = text.indexOf('\n', start) + 1;
  return start + column - 1;
}

/** Every refused change of a batch; the messages of one command have one place, and are told once. */
export function refusals(errors: readonly Refusal[], sources: readonly Source[]): Diagnostic[] {
  const all = errors.map((one) => refusal(one, sources));
  const isFirst = (one: Diagnostic, i: number): boolean =>
    all.findIndex(
      ({ span }) => span.source === one.span.source && span.start === one.span.start,
    ) === i;
  return all.length > 1 ? all.filter(isFirst) : all;
}

/** Between `;`, braces and ends of lines. */
const commandAt = (text: string, at: number): number =>
  Math.max(...[';', '{', '\n'].map((end) => text.lastIndexOf(end, at - 1))) + 1;

const escaped = (word: string): string => word.replace(/[^\w]/g, '\\$&');

/** Where the command at `start` has the word that was pointed to. */
function wordAt({ word, before }: Blamed, text: string, start: number): number | undefined {
  const from = commandAt(text, start);
  const command = /^[^\n;{]*/.exec(text.slice(from))?.[0] ?? '';
  const all = [...command.matchAll(new RegExp(`(?<![\\w.-])${escaped(word)}(?![\\w.-])`, 'g'))];
  const found = all[before];
  return found === undefined ? undefined : from + found.index;
}

/** A refused change, at the place of the command it came from. */
function refusal(error: Refusal, sources: readonly Source[]): Diagnostic {
  const at = error.source;
  const index = at === undefined ? -1 : sources.findIndex(({ name }) => name === at.file);
  const text = sources[index]?.text ?? '';
  const start = at === undefined ? 0 : offsetOf(text, at.line, at.column);
  const line = /^[^\n;]*/.exec(text.slice(start))?.[0].trimEnd() ?? '';
  const { blamed, message, errnoName } = error;
  const word = blamed && wordAt(blamed, text, start);
  const span =
    blamed !== undefined && word !== undefined
      ? { source: index, start: word, end: word + blamed.word.length }
      : { source: index, start, end: start + Math.max(1, at?.text?.length ?? line.length) };
  const why = SENTENCES[errnoName as ErrnoName] ?? errnoName;
  return {
    code: errnoName,
    severity: 'error',
    span,
    message: `Could not process rule: ${why}`,
    ...(message !== '' && { hint: message }),
  };
}

/** `file:line:first-last`: columns count from one, and the last is the last that is meant. */
function placeOf({ source, start, end }: Span, sources: readonly Source[]): string {
  const { name = '', text = '' } = sources[source] ?? {};
  const { line, column } = positionOf(text, start);
  const length = Math.max(1, firstLine(text.slice(start, end)).length);
  return `${name}:${line}:${column}-${column + length - 1}`;
}

const HEAD = /: (?:error|warning): (.*) \[\w+\]$/;

/** `place: Error: sentence`, and the line it is about; scripts look for the word. */
function asNft(diagnostic: Diagnostic, sources: readonly Source[]): string {
  const [first = '', ...rest] = formatDiagnostic(diagnostic, sources).split('\n');
  const sentence = HEAD.exec(first)?.[1] ?? first;
  const word = diagnostic.severity === 'error' ? 'Error' : 'Warning';
  const name = sources[diagnostic.span.source]?.name ?? COMMAND_LINE;
  const where = name.startsWith('<') ? '' : `${placeOf(diagnostic.span, sources)}: `;
  return [`${where}${word}: ${sentence}`, ...rest].join('\n');
}

/** Prints what is wrong; true where there is an error. */
export function report(
  diagnostics: readonly Diagnostic[],
  sources: readonly Source[],
  host: Host,
): boolean {
  for (const diagnostic of diagnostics) host.err(`${asNft(diagnostic, sources)}\n`);
  return diagnostics.some(({ severity }) => severity === 'error');
}

/** What `-o` joined, as nft tells it. */
export function mergesText(merges: readonly MergedRules[], sources: readonly Source[]): string {
  const line = (span: Span): string => {
    const { text = '' } = sources[span.source] ?? {};
    const { column } = positionOf(text, span.start);
    return `${placeOf(span, sources)}: ${firstLine(text.slice(span.start - column + 1))}\n`;
  };
  return merges
    .map(({ rules, into }) => `Merging:\n${rules.map(line).join('')}into:\n\t${into}\n`)
    .join('');
}

const firstLine = (text: string): string => /^[^\n]*/.exec(text)?.[0] ?? '';
