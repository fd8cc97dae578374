// addrtype: what the routing table says of an address (libxt_addrtype.c).

import type { AddrtypeInfo } from '../../program/index.ts';
import {
  type Bits,
  bang,
  bitsIn,
  bitWords,
  extension,
  flagText,
  IP_FAMILIES,
  unequal,
  words,
  wrong,
} from '../extension/index.ts';

/** Bit n is RTN_* number n. */
const TYPES: Bits = [
  'UNSPEC',
  'UNICAST',
  'LOCAL',
  'BROADCAST',
  'ANYCAST',
  'MULTICAST',
  'BLACKHOLE',
  'UNREACHABLE',
  'PROHIBIT',
  'THROW',
  'NAT',
  'XRESOLVE',
].map((word, bit) => [word, 1 << bit]);

const parse = ([word = '']: readonly string[]): number => bitsIn(word, TYPES, 'type of address');

const typesText = (name: string, types: number, invert: boolean): string =>
  types === 0 ? '' : `${flagText(name, invert)} ${bitWords(types, TYPES).join(',')}`;

const typesListed = (name: string, types: number, invert: boolean): string =>
  types === 0 ? '' : `${name} ${bang(invert)}${bitWords(types, TYPES).join(',')}`;

function typesNft(field: string, types: number, invert: boolean, limit: string): string {
  if (types === 0) return '';
  const words = bitWords(types, TYPES).map((word) => word.toLowerCase());
  const set = words.length === 1 ? words[0]! : `{ ${words.join(', ')} }`;
  return `fib ${field}${limit} type ${unequal(invert)}${set}`;
}

const LOCAL = 1 << 2;
const MULTICAST = 1 << 5;

/** IPv6 of xtables asks that all types hold, and calls what is local unicast as well (addrtype_mt6()). */
const isOneRoute = (types: number): boolean => [0, LOCAL, MULTICAST].includes(types);

const NFT_LIMIT = { none: '', in: ' . iif', out: ' . oif' } as const;

export const addrtype = extension<AddrtypeInfo>({
  kind: 'match',
  name: 'addrtype',
  families: IP_FAMILIES,
  rev: 1,
  options: [
    {
      name: 'src-type',
      parse,
      negatable: true,
      about: 'type[,type...]  type of the source address',
    },
    { name: 'dst-type', parse, negatable: true, about: 'type[,type...]  type of the destination' },
    { name: 'limit-iface-in', excludes: ['limit-iface-out'], about: 'only on the input interface' },
    {
      name: 'limit-iface-out',
      excludes: ['limit-iface-in'],
      about: 'only on the output interface',
    },
  ],
  build(given) {
    if (!given.has('src-type') && !given.has('dst-type'))
      wrong('addrtype needs --src-type or --dst-type');
    return {
      source: given.value<number>('src-type') ?? 0,
      dest: given.value<number>('dst-type') ?? 0,
      invertSource: given.negated('src-type'),
      invertDest: given.negated('dst-type'),
      limitIface: given.has('limit-iface-in')
        ? 'in'
        : given.has('limit-iface-out')
          ? 'out'
          : 'none',
    };
  },
  save: (info) =>
    words(
      typesText('src-type', info.source, info.invertSource),
      typesText('dst-type', info.dest, info.invertDest),
      info.limitIface !== 'none' && `--limit-iface-${info.limitIface}`,
    ),
  list: (info) =>
    words(
      'ADDRTYPE match',
      typesListed('src-type', info.source, info.invertSource),
      typesListed('dst-type', info.dest, info.invertDest),
      info.limitIface !== 'none' && `limit-${info.limitIface}`,
    ),
  translate(info, { family, exact, near }) {
    const limit = NFT_LIMIT[info.limitIface];
    const text = words(
      typesNft('saddr', info.source, info.invertSource, limit),
      typesNft('daddr', info.dest, info.invertDest, limit),
    );
    const isSame = !exact || family !== 'ip6' || [info.source, info.dest].every(isOneRoute);
    return isSame
      ? text
      : near(text, 'of an IPv6 address addrtype asks that all the types hold, and unicast of any');
  },
});
