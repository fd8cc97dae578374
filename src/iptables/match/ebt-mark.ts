// mark_m: the mark of the frame (libebt_mark_m.c).

import type { EbtMarkMatchInfo } from '../../program/index.ts';
import { BRIDGE, extension, flagText, hexText, numberIn, unequal } from '../extension/index.ts';

const ALL = 0xffffffff;

type Parsed = Omit<EbtMarkMatchInfo, 'invert'>;

/** `value`, `value/mask`, or `/mask` for any of its bits. */
function parse([word = '']: readonly string[]): Parsed {
  const slash = word.indexOf('/');
  if (slash < 0) return { test: 'and', mark: numberIn(word, 0, ALL), mask: ALL };
  const bits = word.slice(slash + 1);
  const mask = bits === '' ? 0 : numberIn(bits, 0, ALL);
  if (slash === 0) return { test: 'or', mark: 0, mask };
  return { test: 'and', mark: numberIn(word.slice(0, slash), 0, ALL), mask };
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
