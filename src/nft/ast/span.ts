import type { Span } from '../../diagnostics/index.ts';

export { NO_SPAN, type Span } from '../../diagnostics/index.ts';

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
