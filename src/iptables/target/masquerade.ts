// MASQUERADE and REDIRECT: the address of an interface (libxt_NAT.c).

import type { NatRangeInfo } from '../../program/index.ts';
import { extension, IP_FAMILIES, wrong } from '../extension/index.ts';
import {
  flagOptions,
  listPorts,
  type NatFlag,
  nftRange,
  portsOf,
  savePorts,
  withFlags,
} from './nat-range.ts';

const ofInterface = (name: string, flags: readonly NatFlag[], nft: string, listed: string) =>
  extension<NatRangeInfo>({
    kind: 'target',
    name,
    families: IP_FAMILIES,
    rev: 0,
    options: [
      {
        name: 'to-ports',
        parse: ([word = ''], cx) =>
          word.includes('/') ? wrong('only DNAT shifts ports') : portsOf(word, cx),
        about: 'port[-port]  ports to take',
      },
      ...flagOptions(flags),
    ],
    build: (given) => withFlags(given.value<NatRangeInfo>('to-ports') ?? { flags: 0 }, given),
    save: savePorts,
    list: (info) => listPorts(listed, info),
    translate: (info) => nftRange(nft, info),
  });

export const masquerade = ofInterface(
  'MASQUERADE',
  ['random', 'random-fully'],
  'masquerade',
  'masq ports:',
);
export const redirect = ofInterface('REDIRECT', ['random'], 'redirect', 'redir ports');
