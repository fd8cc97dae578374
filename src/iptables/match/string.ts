// string: bytes anywhere in the packet (libxt_string.c).

import { hex, unhex, utf8Encode } from '../../bytes/index.ts';
import type { StringInfo } from '../../program/index.ts';
import {
  extension,
  flagText,
  IP_FAMILIES,
  text,
  U16_MAX,
  uint,
  words,
  wordText,
  wrong,
} from '../extension/index.ts';

/** XT_STRING_MAX_PATTERN_SIZE and XT_STRING_MAX_ALGO_NAME_SIZE. */
const MAX_PATTERN = 128;
const MAX_ALGORITHM = 16;

const sized = (bytes: Uint8Array): string =>
  bytes.length > MAX_PATTERN
    ? wrong(`the pattern is longer than ${MAX_PATTERN} bytes`)
    : hex(bytes);

const plain = ([word = '']: readonly string[]): string =>
  word === '' ? wrong('a pattern has at least one byte') : sized(utf8Encode(word));

/** `GET |0d 0a|`: hex between bars, and a backslash before what is meant as it stands. */
function mixed([word = '']: readonly string[]): string {
  if (word === '') wrong('a pattern has at least one byte');
  const bytes: number[] = [];
  let i = 0;
  while (i < word.length) {
    if (word[i] === '|') {
      const end = word.indexOf('|', i + 1);
      const digits = word.slice(i + 1, end).replace(/ /g, '');
      if (end < 0 || !/^([0-9a-fA-F]{2})*$/.test(digits)) wrong('bad hex between the bars');
      bytes.push(...unhex(digits));
      i = end + 1;
    } else {
      const escaped = word[i] === '\\' && i + 1 < word.length;
      bytes.push(...utf8Encode(word[escaped ? i + 1 : i]!));
      i += escaped ? 2 : 1;
    }
  }
  return sized(Uint8Array.from(bytes));
}

const isPrintable = (byte: number): boolean => byte >= 0x20 && byte < 0x7f;

/** In quotes; as hex where it cannot be shown otherwise. */
function quoted(pattern: string): { readonly option: string; readonly text: string } {
  const bytes = unhex(pattern);
  if (!bytes.every(isPrintable)) return { option: 'hex-string', text: `"|${pattern}|"` };
  const escaped = [...bytes].map((byte) => String.fromCharCode(byte).replace(/["\\]/, '\\$&'));
  return { option: 'string', text: `"${escaped.join('')}"` };
}

function patternText(pattern: string, invert: boolean): string {
  const { option, text } = quoted(pattern);
  return `${flagText(option, invert)} ${text}`;
}

export const string = extension<StringInfo>({
  kind: 'match',
  name: 'string',
  families: IP_FAMILIES,
  rev: 1,
  options: [
    { name: 'from', parse: uint(U16_MAX), about: 'offset  it begins at, at least' },
    { name: 'to', parse: uint(U16_MAX), about: 'offset  it ends before' },
    { name: 'algo', parse: text(MAX_ALGORITHM - 1, 'name'), mandatory: true, about: 'bm|kmp|fsm' },
    {
      name: 'string',
      parse: plain,
      negatable: true,
      excludes: ['hex-string'],
      about: 'text  to find',
    },
    {
      name: 'hex-string',
      parse: mixed,
      negatable: true,
      excludes: ['string'],
      about: 'text  with |hex| in it',
    },
    { name: 'icase', about: 'case does not matter' },
  ],
  build(given) {
    const pattern = given.value<string>('string') ?? given.value<string>('hex-string');
    if (pattern === undefined) return wrong('string needs --string or --hex-string');
    return {
      from: given.value<number>('from') ?? 0,
      to: given.value<number>('to') ?? U16_MAX,
      algo: given.value<string>('algo') ?? '',
      pattern,
      invert: given.negated('string') || given.negated('hex-string'),
      icase: given.has('icase'),
    };
  },
  save: ({ from, to, algo, pattern, invert, icase }) =>
    words(
      patternText(pattern, invert),
      `--algo ${wordText(algo)}`,
      from !== 0 && `--from ${from}`,
      to !== U16_MAX && `--to ${to}`,
      icase && '--icase',
    ),
  // Two blanks where nothing is negated.
  list: ({ from, to, algo, pattern, invert, icase }) =>
    words(
      `STRING match ${invert ? '!' : ''} ${quoted(pattern).text} ALGO name ${algo}`,
      from !== 0 && `FROM ${from}`,
      to !== U16_MAX && `TO ${to}`,
      icase && 'ICASE',
    ),
  translate: (_, { leave }) => leave('nft does not search packets for a text'),
});
