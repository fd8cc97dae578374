/**
 * A half-open range of UTF-16 code units in one source text. Line and column are derived on demand
 * by `positionOf`: a ruleset of 100,000 elements never needs most of them.
 */
export interface Span {
  /** Index into the list of sources that were read; -1 for what no text stands behind. */
  readonly source: number;
  readonly start: number;
  readonly end: number;
}

/** The span of what no text stands behind: JSON input, decompiled programs. */
export const NO_SPAN: Span = Object.freeze({ source: -1, start: 0, end: 0 });
