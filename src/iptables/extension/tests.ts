// What one option asks, as infos hold it.

import type { XtTest } from '../../program/index.ts';
import type { Given } from './given.ts';
import { flagText, words } from './print.ts';

/** The option's value and whether it was negated, or undefined where it was not given. */
export const testOf = <T>(given: Given, name: string): XtTest<T> | undefined =>
  given.has(name) ? { value: given.value<T>(name) as T, invert: given.negated(name) } : undefined;

/** An option without words: true where it was given. */
export const flagOf = (given: Given, name: string): XtTest<boolean> | undefined =>
  given.has(name) ? { value: true, invert: given.negated(name) } : undefined;

type Loose<T> = { readonly [K in keyof T]: T[K] | undefined };

/** The object without its undefined fields: absent means not asked. */
export function defined<T extends object>(fields: Loose<T>): T {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as T;
}

/** `! --name text`, or nothing where it was not asked. */
export const testText = <T>(
  name: string,
  test: XtTest<T> | undefined,
  text: (value: T) => string,
): string => {
  if (test === undefined) return '';
  return words(flagText(name, test.invert), text(test.value));
};

/** nft's `!= ` in front of what must not be. */
export const unequal = (invert: boolean): string => (invert ? '!= ' : '');
