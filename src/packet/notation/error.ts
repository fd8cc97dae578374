/** What is wrong with a packet's notation, and where: a value for the caller to show. */
export interface NotationError {
  readonly notationError: true;
  /** A sentence without a full stop: `'sny' means nothing here`. */
  readonly message: string;
  /** The notation it is about. */
  readonly text: string;
  /** First character at fault, counted from 1; one past the end where something is missing. */
  readonly column: number;
  /** Characters at fault, at least 1. */
  readonly length: number;
  /** What was probably meant. */
  readonly suggestion?: string;
}

export const isNotationError = (value: unknown): value is NotationError =>
  typeof value === 'object' &&
  value !== null &&
  'notationError' in value &&
  value.notationError === true;

/**
 * The error over three lines, with a caret under the place.
 *
 * @example
 * // 'sny' means nothing here; did you mean 'syn'?
 * //   tcp 10.0.0.1:1 > 10.0.0.2:2 sny
 * //                               ^^^
 */
export function formatNotationError(error: NotationError): string {
  const hint = error.suggestion === undefined ? '' : `; did you mean '${error.suggestion}'?`;
  const caret = ' '.repeat(error.column - 1) + '^'.repeat(error.length);
  return `${error.message}${hint}\n  ${error.text}\n  ${caret}`;
}

/** Thrown within this folder only; `parsePacketNotation` turns it into a {@link NotationError}. */
export class NotationFailure extends Error {
  readonly column: number;
  readonly length: number;
  readonly suggestion: string | undefined;

  constructor(message: string, column: number, length: number, suggestion?: string) {
    super(message);
    this.column = column;
    this.length = Math.max(1, length);
    this.suggestion = suggestion;
  }
}

/** Edits (insert, delete, replace, swap neighbours) from one word to the other. */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i]);
  for (let j = 1; j <= b.length; j++) rows[0]![j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, rows[i - 2]![j - 2]! + 1);
      rows[i]![j] = best;
    }
  }
  return rows[a.length]![b.length]!;
}

/** The word nearest to `word`, if it is near enough to have been meant. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const limit = word.length <= 3 ? 1 : word.length <= 6 ? 2 : 3;
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of known) {
    // A beginning of a longer word is a likely guess too.
    const prefix = word.length >= 3 && candidate.startsWith(word);
    const d = prefix ? 1 : distance(word, candidate);
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}
