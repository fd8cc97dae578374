// The five ways to write a change of a mark: all come to (old & ~mask) ^ mark.

import {
  bitsOr,
  type Given,
  type MarkMask,
  type OptionSpec,
  uint,
  type ValueParser,
  without,
} from '../extension/index.ts';

const ALL = 0xffffffff;

/** What the words of each option come to. */
const MEANING: Readonly<Record<string, (value: never) => MarkMask>> = {
  'set-xmark': (value: MarkMask) => value,
  'set-mark': ({ mark, mask }: MarkMask) => ({ mark, mask: bitsOr(mark, mask) }),
  'and-mark': (bits: number) => ({ mark: 0, mask: without(ALL, bits) }),
  'or-mark': (bits: number) => ({ mark: bits, mask: bits }),
  'xor-mark': (bits: number) => ({ mark: bits, mask: 0 }),
};
const NAMES = Object.keys(MEANING);

const ABOUT: Readonly<Record<string, string>> = {
  'set-xmark': 'value[/mask]  clear the bits of the mask, then exclusive or',
  'set-mark': 'value[/mask]  clear the bits of the mask, then or',
  'and-mark': 'bits  keep only these',
  'or-mark': 'bits  set these',
  'xor-mark': 'bits  turn these round',
};

/** @param also other options none of them may stand with */
export const changes = (
  max: number,
  pair: ValueParser,
  also: readonly string[] = [],
): readonly OptionSpec[] =>
  NAMES.map((name) => ({
    name,
    parse: name.startsWith('set') ? pair : uint(max),
    excludes: [...NAMES.filter((other) => other !== name), ...also],
    about: ABOUT[name]!,
  }));

/** The change that was given, if one was. */
export function changeOf(given: Given): MarkMask | undefined {
  const name = NAMES.find((one) => given.has(one));
  return name === undefined ? undefined : MEANING[name]!(given.value(name) as never);
}
