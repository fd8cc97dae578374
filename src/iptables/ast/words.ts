import type { Span } from '../../diagnostics/index.ts';

/** A word of a command line or of a line of a restore file, unquoted, with its place. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The place of one word, or from the first to the last of several. */
export const spanOf = (source: number, first: Word, last: Word = first): Span => ({
  source,
  start: first.start,
  end: last.end,
});
