// pkttype of ebtables: whom the frame is for (libebt_pkttype.c).

import type { PkttypeInfo } from '../../program/index.ts';
import { BRIDGE, extension, flagText, unequal, wrong } from '../extension/index.ts';

/** By PACKET_*. */
const TYPES = ['host', 'broadcast', 'multicast', 'otherhost', 'outgoing', 'loopback', 'fastroute'];
const NFT = ['host', 'broadcast', 'multicast', 'other'];

function typeOf(word: string): number {
  const value = TYPES.indexOf(word.toLowerCase());
  if (value >= 0) return value;
  const numeric = /^(0x)?[0-9a-f]+$/i.test(word) ? Number.parseInt(word, 16) : undefined;
  return numeric === undefined || numeric > 0xff ? wrong(`bad class "${word}"`, 'host') : numeric;
}

export const ebtPkttype = extension<PkttypeInfo>({
  kind: 'match',
  name: 'pkttype',
  families: BRIDGE,
  rev: 0,
  options: [
    {
      name: 'pkttype-type',
      parse: ([word = '']) => typeOf(word),
      negatable: true,
      mandatory: true,
      about: `class  ${TYPES.join(', ')}`,
    },
  ],
  build: (given) => ({
    pkttype: given.value<number>('pkttype-type') ?? 0,
    invert: given.negated('pkttype-type'),
  }),
  save: ({ pkttype, invert }) => `${flagText('pkttype-type', invert)} ${TYPES[pkttype] ?? pkttype}`,
  translate: ({ pkttype, invert }) => `meta pkttype ${unequal(invert)}${NFT[pkttype] ?? pkttype}`,
});
