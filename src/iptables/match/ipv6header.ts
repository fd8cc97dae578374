// ipv6header: which extension headers a packet has (libip6t_ipv6header.c).

import type { Ipv6headerInfo } from '../../program/index.ts';
import { bang, extension, flagText, listed, words, wrong } from '../extension/index.ts';

/** MASK_* of ip6t_ipv6header.h; the first name is the one that is written. */
const HEADERS: readonly (readonly [bit: number, number: number, ...names: string[]])[] = [
  [0x80, 0, 'hop-by-hop', 'hop'],
  [0x40, 60, 'ipv6-opts', 'dst'],
  [0x20, 43, 'ipv6-route', 'route'],
  [0x10, 44, 'ipv6-frag', 'frag'],
  [0x08, 51, 'ah', 'auth'],
  [0x04, 50, 'esp'],
  [0x02, 59, 'ipv6-nonxt', 'none'],
  [0x01, 255, 'protocol', 'prot'],
];

const HOP_BY_HOP = 0x80;
const FRAGMENT = 0x10;
/** By the protocol's number, headers that nft looks for. */
const NFT: Readonly<Record<number, string>> = { 0: 'hbh', 60: 'dst', 43: 'rt', 44: 'frag' };

function bitOf(word: string): number {
  const found = HEADERS.find(
    ([, number, ...names]) => names.includes(word) || `${number}` === word,
  );
  return found === undefined ? wrong(`no such header "${word}"`) : found[0];
}

const headersIn = ([words = '']: readonly string[]): number =>
  listed(words).reduce((all, word) => all | bitOf(word), 0);

const headersText = (bits: number): string =>
  HEADERS.filter(([bit]) => (bits & bit) !== 0)
    .map(([, , name]) => name)
    .join(',');

export const ipv6header = extension<Ipv6headerInfo>({
  kind: 'match',
  name: 'ipv6header',
  families: ['ip6'],
  rev: 0,
  options: [
    {
      name: 'header',
      parse: headersIn,
      negatable: true,
      mandatory: true,
      about: 'header[,header...]  by name or number',
    },
    { name: 'soft', about: 'other headers may be there, too' },
  ],
  build: (given) => ({
    headers: given.value<number>('header') ?? 0,
    invert: given.negated('header'),
    soft: given.has('soft'),
  }),
  save: ({ headers, invert, soft }) =>
    `${flagText('header', invert)} ${headersText(headers)}${soft ? ' --soft' : ''}`,
  translate({ headers, invert, soft }, { exact, near, leave }) {
    if (!exact) return undefined;
    if (!soft) return leave('nft cannot say that there is no other header');
    const asked = HEADERS.filter(([bit]) => (headers & bit) !== 0).map(([, number]) => NFT[number]);
    if (asked.includes(undefined)) return leave('nft knows these headers only as protocols');
    const text = words(...asked.map((one) => `exthdr ${one} ${invert ? 'missing' : 'exists'}`));
    const isFirst = (headers & ~(HOP_BY_HOP | FRAGMENT)) === 0;
    return isFirst
      ? text
      : near(text, 'in a later fragment nft finds no header behind that of the fragment');
  },
  list({ headers, invert, soft }, { numeric }) {
    const flags = numeric
      ? `0x${headers.toString(16).toUpperCase().padStart(2, '0')}`
      : headersText(headers);
    return `ipv6header flags:${bang(invert)}${flags}${soft ? ' soft' : ''}`;
  },
});
