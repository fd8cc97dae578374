import type { XtRange } from '../../program/index.ts';

/** `10:20`, or `10` where both ends are the same. */
export const rangeText = ({ min, max }: XtRange, separator = ':'): string =>
  min === max ? `${min}` : `${min}${separator}${max}`;

/** `! --length` or `--length`. */
export const flagText = (name: string, negated: boolean): string =>
  negated ? `! --${name}` : `--${name}`;

/** `0x1f`, as %x prints it; with `digits`, as %0*x. */
export const hexText = (value: number, digits = 0): string =>
  `0x${value.toString(16).padStart(digits, '0')}`;

const PLAIN = /^[A-Za-z0-9_-]+$/;

/** In double quotes, with a backslash before quotes and backslashes. */
export const quote = (text: string): string => `"${text.replace(/["\\']/g, '\\$&')}"`;

/** xtables_save_string(): words of letters and digits stand as they are, all others in quotes. */
export const savedText = (value: string): string => (PLAIN.test(value) ? value : quote(value));

/** nft's quotes hold no quotes, and a `$` begins a variable; undefined where it has to be the same text. */
export const prefixText = (prefix: string, exact: boolean): string | undefined =>
  exact && /["$]/.test(prefix) ? undefined : prefix === '' ? '' : `prefix "${prefix}"`;

/** A name as it stands, in quotes only where a reader of files would take it for several words. */
export const wordText = (value: string): string => (/^[^\s"]+$/.test(value) ? value : quote(value));

/** Joins what there is. */
export const words = (...parts: readonly (string | false | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== false && part !== '').join(' ');
