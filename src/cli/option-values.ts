// What several commands read from their options.

import { InvalidArgumentError, Option } from 'commander';

export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`a number from ${least} to ${most} is wanted.`);
  };

const HOOKS = ['prerouting', 'input', 'forward', 'output', 'postrouting'];

export function hooksOf(text: string): readonly string[] {
  const hooks = text.split(',').map((word) => word.trim());
  const wrong = hooks.find((hook) => !HOOKS.includes(hook));
  if (wrong !== undefined)
    throw new InvalidArgumentError(`'${wrong}' is none of ${HOOKS.join(', ')}.`);
  return hooks;
}

/** An option whose words are read at once. */
export const option = <T>(flags: string, about: string, parse: (text: string) => T): Option =>
  new Option(flags, about).argParser(parse as (text: string) => unknown);
