// connbytes: what has gone over a connection (libxt_connbytes.c). Outside of a range is written
// with its ends exchanged.

import type { ConnbytesInfo } from '../../program/index.ts';
import {
  bangWord,
  extension,
  flagText,
  IP_FAMILIES,
  uint64Range,
  type ValueParser,
  wrong,
} from '../extension/index.ts';

const U64_MAX = (2n ** 64n - 1n).toString();

const word =
  (what: string, ...words: readonly string[]): ValueParser =>
  ([given = '']) =>
    words.includes(given) ? given : wrong(`bad ${what} "${given}"`);

function ends(info: ConnbytesInfo): { low: string; high: string; invert: boolean } {
  const invert = BigInt(info.from) > BigInt(info.to);
  return invert
    ? { low: info.to, high: info.from, invert }
    : { low: info.from, high: info.to, invert };
}

function rangeOf(info: ConnbytesInfo): { readonly range: string; readonly invert: boolean } {
  const { low, high, invert } = ends(info);
  return { range: high === U64_MAX || high === '0' ? low : `${low}:${high}`, invert };
}

export const connbytes = extension<ConnbytesInfo>({
  kind: 'match',
  name: 'connbytes',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'connbytes',
      parse: uint64Range,
      negatable: true,
      mandatory: true,
      about: 'from[:to]  amount',
    },
    {
      name: 'connbytes-dir',
      parse: word('direction', 'original', 'reply', 'both'),
      mandatory: true,
      about: 'original|reply|both',
    },
    {
      name: 'connbytes-mode',
      parse: word('mode', 'packets', 'bytes', 'avgpkt'),
      mandatory: true,
      about: 'packets|bytes|avgpkt',
    },
  ],
  build(given) {
    const { from, to = U64_MAX } = given.value<{ from: string; to?: string }>('connbytes')!;
    return {
      ...(given.negated('connbytes') ? { from: to, to: from } : { from, to }),
      what: given.value<ConnbytesInfo['what']>('connbytes-mode')!,
      direction: given.value<ConnbytesInfo['direction']>('connbytes-dir')!,
    };
  },
  save(info) {
    const { range, invert } = rangeOf(info);
    return `${flagText('connbytes', invert)} ${range} --connbytes-mode ${info.what} --connbytes-dir ${info.direction}`;
  },
  list(info) {
    const { range, invert } = rangeOf(info);
    return `${bangWord(invert)}connbytes ${range} connbytes mode ${info.what} connbytes direction ${info.direction}`;
  },
  translate(info) {
    const { low, high, invert } = ends(info);
    const key = `ct ${info.direction === 'both' ? '' : `${info.direction} `}${info.what}`;
    if (high === U64_MAX) return `${key} ${invert ? 'lt' : 'ge'} ${low}`;
    return `${key} ${invert ? '!= ' : ''}${low === high ? low : `${low}-${high}`}`;
  },
});
