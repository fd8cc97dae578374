// mangle of arptables: other addresses in the packet (libarpt_mangle.c).

import type { ArptMangleInfo } from '../../program/index.ts';
import {
  addressText,
  defined,
  extension,
  hostMask,
  mac,
  macText,
  type ParseContext,
  type Prefix,
  words,
  wrong,
} from '../extension/index.ts';

const TARGETS: readonly string[] = ['ACCEPT', 'DROP', 'CONTINUE'];

/** The packet's field, its option, and nft's words for it, in the order they are saved. */
const FIELDS = [
  ['srcIp', 'mangle-ip-s', 'arp saddr ip'],
  ['srcDevaddr', 'mangle-mac-s', 'arp saddr ether'],
  ['tgtIp', 'mangle-ip-d', 'arp daddr ip'],
  ['tgtDevaddr', 'mangle-mac-d', 'arp daddr ether'],
] as const;

/** A mask may stand behind it, and is not looked at. */
const hostOf = (given: readonly string[], cx: ParseContext): string =>
  (hostMask(given, cx) as Prefix).address;

const isIp = (option: string): boolean => option.startsWith('mangle-ip');

export const arptMangle = extension<ArptMangleInfo>({
  kind: 'target',
  name: 'mangle',
  families: ['arp'],
  rev: 0,
  options: [
    ...FIELDS.map(([, name]) => ({
      name,
      parse: isIp(name) ? (given: readonly string[], cx: ParseContext) => hostOf(given, cx) : mac,
      about: isIp(name) ? 'address' : 'mac',
    })),
    {
      name: 'mangle-target',
      parse: ([word = '']) =>
        TARGETS.includes(word)
          ? word.toLowerCase()
          : wrong(`"${word}" is no target here`, 'ACCEPT'),
      about: 'ACCEPT|DROP|CONTINUE  what becomes of the packet',
    },
  ],
  build: (given) =>
    defined({
      srcIp: given.value<string>('mangle-ip-s'),
      srcDevaddr: given.value<string>('mangle-mac-s'),
      tgtIp: given.value<string>('mangle-ip-d'),
      tgtDevaddr: given.value<string>('mangle-mac-d'),
      target: given.value<ArptMangleInfo['target']>('mangle-target') ?? 'accept',
    }),
  save: (info) =>
    words(
      ...FIELDS.map(([field, name]) => {
        const value = info[field];
        if (value === undefined) return '';
        return `--${name} ${isIp(name) ? addressText(value) : macText(value)}`;
      }),
      info.target !== 'accept' && `--mangle-target ${info.target.toUpperCase()}`,
    ),
  translate: (info) =>
    words(
      ...FIELDS.map(([field, name, nft]) => {
        const value = info[field];
        if (value === undefined) return '';
        return `${nft} set ${isIp(name) ? addressText(value) : macText(value)}`;
      }),
      info.target !== 'continue' && info.target,
    ),
});
