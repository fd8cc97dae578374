// pkttype: whom the link layer sent the packet to (libxt_pkttype.c).

import type { PkttypeInfo } from '../../program/index.ts';
import { extension, flagText, IP_FAMILIES, unequal, wrong } from '../extension/index.ts';

/** By PACKET_*; further names are only read. */
const TYPES = ['unicast', 'broadcast', 'multicast', 'otherhost'] as const;
const ALIASES: Readonly<Record<string, number>> = { host: 0, bcast: 1, mcast: 2 };
const NFT_TYPES = ['unicast', 'broadcast', 'multicast'] as const;

const typeIn = ([word = '']: readonly string[]): number => {
  const name = word.toLowerCase();
  const type = TYPES.findIndex((one) => one === name);
  return type >= 0 ? type : (ALIASES[name] ?? wrong(`bad type of packet "${word}"`));
};

export const pkttype = extension<PkttypeInfo>({
  kind: 'match',
  name: 'pkttype',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'pkt-type',
      parse: typeIn,
      negatable: true,
      mandatory: true,
      about: 'unicast|broadcast|multicast',
    },
  ],
  build: (given) => ({
    pkttype: given.value<number>('pkt-type') ?? 0,
    invert: given.negated('pkt-type'),
  }),
  save: ({ pkttype: type, invert }) => `${flagText('pkt-type', invert)} ${TYPES[type] ?? type}`,
  list: ({ pkttype: type, invert }) => `PKTTYPE ${invert ? '!=' : '='} ${TYPES[type] ?? type}`,
  translate: ({ pkttype: type, invert }) => `pkttype ${unequal(invert)}${NFT_TYPES[type] ?? type}`,
});
