import type { XtRange } from '../../program/index.ts';

/** `10:20`, or `10` where both ends are the same. */
export const rangeText = ({ min, max }: XtRange, separator = ':'): string =>
  min === max ? `${min}` : `${min}${separator}${max}`;

/** `! --length` or `--length`. */
export const flagText = (name: string, negated: boolean): string =>
  negated ? `! --${name}` : `--${name}`;
