// dccp: ports, packet types and options of DCCP (libxt_dccp.c).

import type { DccpInfo, XtTest } from '../../program/index.ts';
import {
  type Bits,
  bang,
  bangWord,
  bitWords,
  defined,
  extension,
  IP_FAMILIES,
  listed,
  PORT_OPTIONS,
  portTestListed,
  rangeTestNft,
  rangeText,
  testOf,
  testText,
  U8_MAX,
  uint,
  unequal,
  words,
  wrong,
} from '../extension/index.ts';

/** Bit n is packet type n (RFC 4340 §5.1); INVALID is whatever is above. */
const TYPES: Bits = [
  'REQUEST',
  'RESPONSE',
  'DATA',
  'ACK',
  'DATAACK',
  'CLOSEREQ',
  'CLOSE',
  'RESET',
  'SYNC',
  'SYNCACK',
  'INVALID',
].map((word, bit) => [word, 1 << bit]);

const INVALID = 1 << 10;

const typesIn = ([words = '']: readonly string[]): number =>
  listed(words).reduce((all, word) => {
    const found = TYPES.find(([name]) => name === word.toUpperCase());
    return found === undefined ? wrong(`bad type of DCCP packet "${word}"`) : all | found[1];
  }, 0);

const typesText = (types: number): string => bitWords(types, TYPES).join(',');

function typesNft({ value, invert }: XtTest<number>): string {
  const words = bitWords(value, TYPES).map((word) => word.toLowerCase());
  const set = words.length === 1 ? words[0]! : `{${words.join(', ')}}`;
  return `dccp type ${unequal(invert)}${set}`;
}

/** Numbers of types; INVALID is all that are left. */
const typesListed = (types: number, numeric: boolean): string => {
  if (!numeric) return typesText(types);
  const all = (types & INVALID) === 0 ? types : types | 0xfc00;
  return Array.from({ length: 16 }, (_, type) => type)
    .filter((type) => ((all >>> type) & 1) === 1)
    .join(',');
};

export const dccp = extension<DccpInfo>({
  kind: 'match',
  name: 'dccp',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    ...PORT_OPTIONS,
    {
      name: 'dccp-types',
      parse: typesIn,
      negatable: true,
      about: 'type[,type...]  types of packets',
    },
    { name: 'dccp-option', parse: uint(U8_MAX, 1), negatable: true, about: 'number  of an option' },
  ],
  build: (given) =>
    defined<DccpInfo>({
      sports: testOf(given, 'sport'),
      dports: testOf(given, 'dport'),
      types: testOf(given, 'dccp-types'),
      option: testOf(given, 'dccp-option'),
    }),
  save: (info) =>
    words(
      testText('sport', info.sports, rangeText),
      testText('dport', info.dports, rangeText),
      testText('dccp-types', info.types, typesText),
      testText('dccp-option', info.option, String),
    ),
  list: (info, cx) =>
    words(
      'dccp',
      portTestListed('spt', info.sports, cx),
      portTestListed('dpt', info.dports, cx),
      info.types && `${bangWord(info.types.invert)}${typesListed(info.types.value, cx.numeric)}`,
      info.option && `option=${bang(info.option.invert)}${info.option.value}`,
    ),
  translate(info, { leave }) {
    // nft has no word for INVALID, and libxt_dccp.c translates no option.
    if (info.option !== undefined) return leave('nft does not look for options of DCCP');
    if (((info.types?.value ?? 0) & INVALID) !== 0)
      return leave('nft has no word for types that are not valid');
    return words(
      rangeTestNft('dccp sport', info.sports),
      rangeTestNft('dccp dport', info.dports),
      info.types !== undefined && typesNft(info.types),
    );
  },
});
