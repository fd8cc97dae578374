// statistic: chance, or one of every so many (libxt_statistic.c).

import type { StatisticInfo } from '../../program/index.ts';
import {
  bangWord,
  extension,
  flagText,
  type Given,
  IP_FAMILIES,
  U32_MAX,
  uint,
  type ValueParser,
  wrong,
} from '../extension/index.ts';

const WHOLE = 0x80000000;

/** XTTYPE_DOUBLE from 0 to 1, as a part of 2^31 (lround). */
const probability: ValueParser = ([word = '']) => {
  const value = Number(word);
  return word.trim() === '' || !(value >= 0 && value <= 1)
    ? wrong(`probability "${word}" is not from 0 to 1`)
    : Math.round(value * WHOLE);
};

const mode: ValueParser = ([word = '']) =>
  word === 'random' || word === 'nth' ? word : wrong(`bad mode "${word}"`);

function nth(given: Given): StatisticInfo {
  const every = given.value<number>('every');
  const packet = given.value<number>('packet');
  if (every === undefined) return wrong('--mode nth needs --every');
  if (packet === undefined) return wrong('--every needs --packet');
  if (packet >= every) wrong(`there is no packet ${packet} in every ${every}`);
  const first = every - packet - 1;
  return {
    mode: 'nth',
    invert: given.negated('every'),
    probability: 0,
    every: every - 1,
    packet,
    count: first,
  };
}

function random(given: Given): StatisticInfo {
  const value = given.value<number>('probability');
  if (value === undefined) return wrong('--mode random needs --probability');
  return {
    mode: 'random',
    invert: given.negated('probability'),
    probability: value,
    every: 0,
    packet: 0,
    count: 0,
  };
}

export const statistic = extension<StatisticInfo>({
  kind: 'match',
  name: 'statistic',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    { name: 'mode', parse: mode, mandatory: true, about: 'random|nth' },
    { name: 'probability', parse: probability, negatable: true, about: 'p  from 0 to 1' },
    { name: 'every', parse: uint(U32_MAX, 1), negatable: true, about: 'n  packets make a round' },
    {
      name: 'packet',
      parse: uint(U32_MAX),
      needs: ['every'],
      about: 'p  of a round matches, from 0 on',
    },
  ],
  build(given) {
    const isRandom = given.value<string>('mode') === 'random';
    if (isRandom && given.has('every')) wrong('--every needs --mode nth');
    if (!isRandom && given.has('probability')) wrong('--probability needs --mode random');
    return isRandom ? random(given) : nth(given);
  },
  save: (info) =>
    info.mode === 'random'
      ? `--mode random ${flagText('probability', info.invert)} ${(info.probability / WHOLE).toFixed(11)}`
      : `--mode nth ${flagText('every', info.invert)} ${info.every + 1} --packet ${info.packet}`,
  list: (info) =>
    info.mode === 'random'
      ? `statistic mode random ${bangWord(info.invert)}probability ${(info.probability / WHOLE).toFixed(11)}`
      : `statistic mode nth ${bangWord(info.invert)}every ${info.every + 1}${info.packet === 0 ? '' : ` packet ${info.packet}`}`,
  translate: (info) =>
    info.mode === 'random'
      ? `meta random & 2147483647 ${info.invert ? '>=' : '<'} ${info.probability}`
      : `numgen inc mod ${info.every + 1} ${info.invert ? '!= ' : ''}${info.packet}`,
});
