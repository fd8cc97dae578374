// ah: the authentication header (libipt_ah.c, libip6t_ah.c). IPv4 knows only its SPI.

import type { AhInfo, XtRange } from '../../program/index.ts';
import { IPPROTO_AH } from '../../uapi/index.ts';
import {
  bang,
  extension,
  flagText,
  type Given,
  isFull,
  type NftWords,
  numbersListed,
  type OptionSpec,
  rangeFlag,
  rangeNft,
  type TranslateContext,
  U32_MAX,
  uint,
  uintRange,
  unequal,
  words,
} from '../extension/index.ts';

const SPI: OptionSpec = {
  name: 'ahspi',
  parse: uintRange(U32_MAX),
  negatable: true,
  about: 'spi[:spi]  security parameters index, or a range',
};

const build = (given: Given): AhInfo => ({
  spis: given.value<XtRange>('ahspi') ?? { min: 0, max: U32_MAX },
  hdrlen: given.value<number>('ahlen') ?? 0,
  hdrres: given.has('ahres'),
  invertSpi: given.negated('ahspi'),
  invertLen: given.negated('ahlen'),
});

const hasLength = (info: AhInfo): boolean => info.hdrlen !== 0 || info.invertLen;

const save = (info: AhInfo): string =>
  words(
    rangeFlag('ahspi', info.spis, info.invertSpi, U32_MAX),
    hasLength(info) && `${flagText('ahlen', info.invertLen)} ${info.hdrlen}`,
    info.hdrres && '--ahres',
  );

/** In bytes here, in nft in words behind the first two. */
function lengthNft({ hdrlen, invertLen }: AhInfo, exact: boolean): string {
  const field = exact ? hdrlen / 4 - 2 : hdrlen;
  if (!exact || (Number.isInteger(field) && field >= 0 && field <= 0xff))
    return `ah hdrlength ${unequal(invertLen)}${field}`;
  // No header is so long.
  return invertLen ? 'meta l4proto ah' : 'ah hdrlength 0 ah hdrlength 1';
}

/** In nft the header is a protocol, so that a rule about another has none. */
function translate(info: AhInfo, { protocol, exact, leave }: TranslateContext): NftWords {
  if (exact && protocol !== 0 && protocol !== IPPROTO_AH)
    return leave('in nft the header is a protocol, which the rule has another of');
  const anySpi = isFull(info.spis, U32_MAX) && !info.invertSpi;
  const text = words(
    !anySpi && rangeNft('ah spi', info.spis, info.invertSpi),
    hasLength(info) && lengthNft(info, exact),
    // Asked for is a reserved field of zero.
    info.hdrres && `ah reserved ${exact ? 0 : 1}`,
  );
  return text === '' ? 'meta l4proto ah' : text;
}

/** What follows the SPI stands right behind it. */
const list = (info: AhInfo): string =>
  `ah ${numbersListed('spi', info.spis, info.invertSpi)}${
    hasLength(info) ? `length:${bang(info.invertLen)}${info.hdrlen}` : ''
  }${info.hdrres ? ' reserved' : ''}`;

const COMMON = { kind: 'match', name: 'ah', rev: 0, build, save, list, translate } as const;

export const ah4 = extension<AhInfo>({ ...COMMON, families: ['ip'], options: [SPI] });

export const ah6 = extension<AhInfo>({
  ...COMMON,
  families: ['ip6'],
  options: [
    SPI,
    { name: 'ahlen', parse: uint(U32_MAX), negatable: true, about: 'length  bytes of the header' },
    { name: 'ahres', about: 'the reserved field is zero' },
  ],
});
