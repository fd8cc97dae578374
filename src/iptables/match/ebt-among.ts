// among: one of many addresses (libebt_among.c).

import type { EbtAmongInfo, EbtAmongPair } from '../../program/index.ts';
import {
  addressHex,
  addressText,
  BRIDGE,
  defined,
  etherAton,
  extension,
  type Given,
  type OptionSpec,
  shortMac,
  testOf,
  testText,
  words,
  wrong,
} from '../extension/index.ts';

function pairOf(text: string): EbtAmongPair {
  const equals = text.indexOf('=');
  const address = equals < 0 ? text : text.slice(0, equals);
  const mac = etherAton(address) ?? wrong(`"${address}" is no MAC address`);
  if (equals < 0) return { mac };
  const ip = text.slice(equals + 1);
  return { mac, ip: addressHex(ip, 'ip') ?? wrong(`"${ip}" is no IPv4 address`) };
}

const order = ({ mac, ip = '' }: EbtAmongPair): string => `${mac}${ip.padStart(8, '0')}`;

/** Kept in order, as the kernel's set is. */
function pairsOf(list: string): readonly EbtAmongPair[] {
  const pairs = list
    .split(',')
    .filter((one) => one !== '')
    .map(pairOf);
  if (pairs.length === 0) return wrong('no address at all');
  return pairs.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

const text = (pairs: readonly EbtAmongPair[]): string =>
  pairs
    .map(({ mac, ip }) =>
      ip === undefined ? shortMac(mac) : `${shortMac(mac)}=${addressText(ip)}`,
    )
    .join(',');

const option = (side: 'src' | 'dst'): OptionSpec => ({
  name: `among-${side}`,
  parse: ([word = '']) => pairsOf(word),
  negatable: true,
  about: 'mac[=address][,mac[=address]...]  one of these',
});

/** bramong_parse(): a file of one line. */
const fileOption = (side: 'src' | 'dst'): OptionSpec => ({
  name: `among-${side}-file`,
  parse: ([path = ''], { names }) => {
    const file = names.file?.(path);
    if (file === undefined) return wrong(`Couldn't open file '${path}'`);
    if (!file.endsWith('\n')) return wrong('File should end with a newline');
    const line = file.slice(0, -1);
    return line.includes('\n') ? wrong('File should only contain one line') : pairsOf(line);
  },
  negatable: true,
  excludes: [`among-${side}`],
  about: 'file  a line like the list',
});

const among = (given: Given, side: 'src' | 'dst') =>
  testOf<readonly EbtAmongPair[]>(given, `among-${side}`) ??
  testOf<readonly EbtAmongPair[]>(given, `among-${side}-file`);

export const ebtAmong = extension<EbtAmongInfo>({
  kind: 'match',
  name: 'among',
  families: BRIDGE,
  rev: 0,
  options: [option('src'), option('dst'), fileOption('src'), fileOption('dst')],
  build: (given) =>
    defined({
      src: among(given, 'src'),
      dst: among(given, 'dst'),
    }),
  save: ({ src, dst }) => words(testText('among-src', src, text), testText('among-dst', dst, text)),
  translate: (_, { leave }) =>
    leave('nft has no list of hardware addresses of which some have an address of IPv4 with them'),
});
