// mark_m: the mark of the frame (libebt_mark_m.c).

import type { EbtMarkMatchInfo } from '../../program/index.ts';
import {
  BRIDGE,
  extension,
  flagText,
  hexText,
  number,
  unequal,
  wrong,
} from '../extension/index.ts';

const ALL = 0xffffffff;

/** strtoul(3) into 32 bits: what does not fit is cut, and there may be a sign. */
function mark32(text: string): number {
  const sign = /^\s*-/.test(text);
  const value = number(sign ? text.replace(/^\s*-/, '') : text);
  if (value === undefined) return wrong(`bad value "${text}"`);
  if (value >= 2 ** 64) return ALL;
  return Number(BigInt.asUintN(32, BigInt(sign ? -value : value)));
}

type Parsed = Omit<EbtMarkMatchInfo, 'invert'>;

/** `value`, `value/mask`, or `/mask` for any of its bits. */
function parse([word = '']: readonly string[]): Parsed {
  const slash = word.indexOf('/');
  if (slash < 0) return { test: 'and', mark: mark32(word), mask: ALL };
  const bits = word.slice(slash + 1);
  const mask = bits === '' ? 0 : mark32(bits);
  if (slash === 0) return { test: 'or', mark: 0, mask };
  return { test: 'and', mark: mark32(word.slice(0, slash)), mask };
}

function save({ test, mark, mask, invert }: EbtMarkMatchInfo): string {
  const value = test === 'or' ? '' : hexText(mark);
  const bits = test === 'and' && mask === ALL ? '' : `/${hexText(mask)}`;
  return `${flagText('mark', invert)} ${value}${bits}`;
}

function translate({ test, mark, mask, invert }: EbtMarkMatchInfo): string {
  if (test === 'or') return `meta mark and ${hexText(mask)} ${invert ? '' : '!= '}0`;
  const key = mask === ALL ? 'meta mark' : `meta mark and ${hexText(mask)}`;
  return `${key} ${unequal(invert)}${hexText(mark)}`;
}

export const ebtMarkMatch = extension<EbtMarkMatchInfo>({
  kind: 'match',
  name: 'mark_m',
  families: BRIDGE,
  rev: 0,
  options: [
    {
      name: 'mark',
      parse,
      negatable: true,
      mandatory: true,
      about: '[value][/mask]  mark, or any bit of a mask',
    },
  ],
  build: (given) => ({
    ...(given.value<Parsed>('mark') ?? { test: 'and', mark: 0, mask: ALL }),
    invert: given.negated('mark'),
  }),
  save,
  translate,
});
