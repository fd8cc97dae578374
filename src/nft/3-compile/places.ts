// Where a command or rule was written, for the program to carry.

import type { Source } from '../../program/index.ts';
import type { Span } from '../ast/index.ts';
import type { Source as Text } from '../diagnostics/index.ts';

/** White space that is not one blank between words. */
const RAGGED = /[^\S ]|^ | $| {2}/;

/** Offsets at which the lines of a text start. */
function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Index of the last start that is not behind the offset. */
function lineAt(starts: readonly number[], offset: number): number {
  let from = 0;
  let to = starts.length - 1;
  while (from < to) {
    const middle = (from + to + 1) >>> 1;
    if ((starts[middle] ?? 0) <= offset) from = middle;
    else to = middle - 1;
  }
  return from;
}

/** Looks places up in time that does not grow with the place: rulesets have thousands. */
export class Places {
  readonly #sources: readonly Text[];
  readonly #starts: number[][] = [];

  constructor(sources: readonly Text[]) {
    this.#sources = sources;
  }

  /** Undefined for what no text stands behind. */
  of(span: Span): Source | undefined {
    const source = this.#sources[span.source];
    if (source === undefined) return undefined;
    const starts = this.#startsOf(span.source, source.text);
    const line = lineAt(starts, span.start);
    return { file: source.name, line: line + 1, column: span.start - (starts[line] ?? 0) + 1 };
  }

  /** With the words of the person, on one line. */
  quoted(span: Span): Source | undefined {
    const place = this.of(span);
    if (place === undefined) return undefined;
    const written = this.#sources[span.source]?.text.slice(span.start, span.end) ?? '';
    // Most rules are one line with single blanks already: looking is cheaper than replacing.
    const text = RAGGED.test(written) ? written.replace(/\s+/g, ' ').trim() : written;
    if (text === '') return place;
    return { file: place.file, line: place.line, column: place.column, text };
  }

  #startsOf(index: number, text: string): readonly number[] {
    const known = this.#starts[index];
    if (known !== undefined) return known;
    const starts = lineStarts(text);
    this.#starts[index] = starts;
    return starts;
  }
}
