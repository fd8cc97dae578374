// hbh and dst: options of the hop-by-hop and the destination header (libip6t_hbh.c, libip6t_dst.c).

import type { OptsInfo, OptsOption } from '../../program/index.ts';
import {
  defined,
  type Extension,
  extension,
  headerLengthNft,
  numberIn,
  testListed,
  testNft,
  testOf,
  testText,
  U8_MAX,
  U32_MAX,
  uint,
  words,
  wrong,
} from '../extension/index.ts';

/** IP6T_OPTS_OPTSNR */
const MAX_OPTIONS = 16;
/** A length that stands for any. */
const ANY_LENGTH = 0xff;

function option(word: string): OptsOption {
  const [type = '', length, ...more] = word.split(':');
  if (more.length > 0) wrong(`bad option "${word}"`);
  const bytes = length === undefined ? ANY_LENGTH : numberIn(length, 0, U8_MAX, 'length');
  const number = numberIn(type, 0, U8_MAX, 'type');
  return bytes === ANY_LENGTH ? { type: number } : { type: number, length: bytes };
}

const optionsIn = ([words = '']: readonly string[]): readonly OptsOption[] => {
  const list = words.split(',');
  return list.length > MAX_OPTIONS ? wrong(`more than ${MAX_OPTIONS} options`) : list.map(option);
};

const optionText = ({ type, length }: OptsOption): string =>
  length === undefined ? `${type}` : `${type}:${length}`;

const header = (name: 'hbh' | 'dst', what: string): Extension =>
  extension<OptsInfo>({
    kind: 'match',
    name,
    families: ['ip6'],
    rev: 0,
    options: [
      {
        name: `${name}-len`,
        parse: uint(U32_MAX),
        negatable: true,
        about: `length  bytes of the ${what} header`,
      },
      {
        name: `${name}-opts`,
        parse: optionsIn,
        about: 'type[:length][,type...]  options in their order',
      },
    ],
    build: (given) =>
      defined<OptsInfo>({
        hdrlen: testOf(given, `${name}-len`),
        options: given.value<readonly OptsOption[]>(`${name}-opts`) ?? [],
        optionsGiven: given.has(`${name}-opts`),
        notStrict: false,
      }),
    save: (info) =>
      words(
        testText(`${name}-len`, info.hdrlen, String),
        info.optionsGiven && `--${name}-opts ${info.options.map(optionText).join(',')}`,
        info.notStrict && `--${name}-not-strict`,
      ),
    list: (info) =>
      words(
        name,
        testListed('length', info.hdrlen),
        info.optionsGiven && `opts ${info.options.map(optionText).join(',')}`,
        info.notStrict && 'not-strict',
      ),
    translate({ hdrlen, optionsGiven }, { exact, leave }) {
      if (optionsGiven) return leave('nft does not look into the options of the header');
      if (hdrlen === undefined) return exact ? `exthdr ${name} exists` : undefined;
      return exact
        ? headerLengthNft(name, hdrlen, { unit: 8, first: 1 })
        : testNft(`${name} hdrlength`, hdrlen);
    },
  });

export const hbh = header('hbh', 'hop-by-hop');
export const dst = header('dst', 'destination options');
