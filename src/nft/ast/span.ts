/**
 * A half-open range of UTF-16 code units in one source text. Line and column are derived on demand
 * by `positionOf` of the diagnostics folder: a ruleset of 100,000 elements never needs most of them.
 */
export interface Span {
  /** Index into the list of sources that `parse` returns; -1 for nodes not made from text. */
  readonly source: number;
  readonly start: number;
  readonly end: number;
}

/** The span of nodes that no text stands behind: JSON input, decompiled programs. */
export const NO_SPAN: Span = Object.freeze({ source: -1, start: 0, end: 0 });

/** A name with the place it was written. */
export interface Name {
  readonly name: string;
  readonly span: Span;
}

/** Quantities of up to 64 bits: a number as long as it is exact, a bigint above 2^53 - 1. */
export type Integer = number | bigint;

/** A bigint only where it has to be one, so that two equal quantities are always `===`. */
export const integer = (value: bigint): Integer =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;
