// iprange: from one address to another (libxt_iprange.c).

import type { IprangeInfo, XtAddresses } from '../../program/index.ts';
import {
  addressText,
  bangWord,
  defined,
  extension,
  hostHex,
  IP_FAMILIES,
  type ParseContext,
  testOf,
  testText,
  unequal,
  words,
  wrong,
} from '../extension/index.ts';

function addresses([word = '']: readonly string[], cx: ParseContext): XtAddresses {
  const dash = word.indexOf('-');
  const from = hostHex(dash < 0 ? word : word.slice(0, dash), cx);
  const to = dash < 0 ? from : hostHex(word.slice(dash + 1), cx);
  if (to < from) cx.warn(`range ${word} is reversed and never matches`);
  return { from, to };
}

const addressesText = ({ from, to }: XtAddresses): string =>
  `${addressText(from)}-${addressText(to)}`;

export const iprange = extension<IprangeInfo>({
  kind: 'match',
  name: 'iprange',
  families: IP_FAMILIES,
  rev: 1,
  options: [
    {
      name: 'src-range',
      parse: addresses,
      negatable: true,
      about: 'address[-address]  of the source',
    },
    {
      name: 'dst-range',
      parse: addresses,
      negatable: true,
      about: 'address[-address]  of the destination',
    },
  ],
  build(given) {
    if (given.options.length === 0) wrong('iprange needs --src-range or --dst-range');
    return defined<IprangeInfo>({
      src: testOf(given, 'src-range'),
      dst: testOf(given, 'dst-range'),
    });
  },
  save: (info) =>
    words(
      testText('src-range', info.src, addressesText),
      testText('dst-range', info.dst, addressesText),
    ),
  list: ({ src, dst }) =>
    words(
      src && `source IP range ${bangWord(src.invert)}${addressesText(src.value)}`,
      dst && `destination IP range ${bangWord(dst.invert)}${addressesText(dst.value)}`,
    ),
  translate: ({ src, dst }, { family }) =>
    words(
      src && `${family} saddr ${unequal(src.invert)}${addressesText(src.value)}`,
      dst && `${family} daddr ${unequal(dst.invert)}${addressesText(dst.value)}`,
    ),
});
