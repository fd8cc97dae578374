// mh: the message type of a mobility header (libip6t_mh.c; RFC 6275 §6.1).

import type { MhInfo, XtRange } from '../../program/index.ts';
import {
  bang,
  extension,
  flagText,
  isFull,
  number,
  rangeNft,
  rangeText,
  U8_MAX,
  type ValueParser,
  wrong,
} from '../extension/index.ts';

const NAMES: readonly (readonly string[])[] = [
  ['binding-refresh-request', 'brr'],
  ['home-test-init', 'hoti'],
  ['careof-test-init', 'coti'],
  ['home-test', 'hot'],
  ['careof-test', 'cot'],
  ['binding-update', 'bu'],
  ['binding-acknowledgement', 'ba'],
  ['binding-error', 'be'],
];

function typeIn(word: string): number {
  const lower = word.toLowerCase();
  const named = NAMES.findIndex((names) => names.includes(lower));
  if (named >= 0) return named;
  // A beginning is enough, of the first one that begins so.
  const begun = NAMES.findIndex((names) => names.some((name) => name.startsWith(lower)));
  if (begun >= 0 && lower !== '') return begun;
  const value = number(word);
  return value === undefined || value > U8_MAX
    ? wrong(`bad type of mobility header "${word}"`)
    : value;
}

const types: ValueParser = ([word = '']): XtRange => {
  const [low = '', high, ...more] = word.split(':');
  if (more.length > 0) wrong(`bad range "${word}"`);
  const min = low === '' && high !== undefined ? 0 : typeIn(low);
  const max = high === undefined ? min : high === '' ? U8_MAX : typeIn(high);
  return max < min ? wrong(`range "${word}" ends before it begins`) : { min, max };
};

const typeText = (type: number, numeric: boolean): string =>
  (numeric ? undefined : NAMES[type]?.[0]) ?? `${type}`;

export const mh = extension<MhInfo>({
  kind: 'match',
  name: 'mh',
  families: ['ip6'],
  rev: 0,
  options: [
    { name: 'mh-type', parse: types, negatable: true, about: 'type[:type]  by number or by name' },
  ],
  build: (given) => ({
    types: given.value<XtRange>('mh-type') ?? { min: 0, max: U8_MAX },
    invert: given.negated('mh-type'),
  }),
  save: ({ types: range, invert }) =>
    isFull(range, U8_MAX) && !invert ? '' : `${flagText('mh-type', invert)} ${rangeText(range)}`,
  list: ({ types: range, invert }, { numeric }) =>
    isFull(range, U8_MAX) && !invert
      ? 'mh'
      : `mh ${bang(invert)}${range.min === range.max ? typeText(range.min, numeric) : `${typeText(range.min, numeric)}:${typeText(range.max, numeric)}`}`,
  translate: ({ types: range, invert }) =>
    isFull(range, U8_MAX) && !invert ? 'exthdr mh exists' : rangeNft('mh type', range, invert),
});
