// among: one of many addresses (libebt_among.c).

import { hex, parseIPv4, parseMac } from '../../bytes/index.ts';
import type { EbtAmongInfo, EbtAmongPair } from '../../program/index.ts';
import {
  addressHex,
  addressText,
  BRIDGE,
  defined,
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
  const [address = '', ip] = text.split('=');
  const mac = parseMac(address);
  if (mac === undefined) return wrong(`"${address}" is no MAC address`);
  if (ip === undefined) return { mac: hex(mac) };
  if (parseIPv4(ip) === undefined) return wrong(`"${ip}" is no IPv4 address`);
  return { mac: hex(mac), ip: addressHex(ip, 'ip')! };
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
    const line = names.file?.(path)?.replace(/\n$/, '');
    if (line === undefined) return wrong(`Couldn't open file '${path}'`);
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
});
