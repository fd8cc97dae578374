// ipvs: the connection of the virtual server that a packet belongs to (libxt_ipvs.c).

import type { IpvsInfo } from '../../program/index.ts';
import {
  bangWord,
  defined,
  extension,
  flagOf,
  flagText,
  hostMask,
  IP_FAMILIES,
  netText,
  optionListed,
  port,
  protocol,
  testOf,
  testText,
  words,
  wrong,
} from '../extension/index.ts';

const oneWord =
  (what: string, ...words: readonly string[]) =>
  ([given = '']: readonly string[]): string => {
    const word = given.toUpperCase();
    return words.includes(word) ? word : wrong(`bad ${what} "${given}"`);
  };

const NEGATABLE = { negatable: true } as const;

export const ipvs = extension<IpvsInfo>({
  kind: 'match',
  name: 'ipvs',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    { name: 'ipvs', ...NEGATABLE, about: 'the packet belongs to a connection' },
    { name: 'vproto', parse: protocol, ...NEGATABLE, about: 'protocol  of the virtual address' },
    { name: 'vaddr', parse: hostMask, ...NEGATABLE, about: 'address[/mask]  virtual address' },
    { name: 'vport', parse: port, ...NEGATABLE, about: 'port  of the virtual address' },
    { name: 'vdir', parse: oneWord('direction', 'ORIGINAL', 'REPLY'), about: 'ORIGINAL|REPLY' },
    {
      name: 'vmethod',
      parse: oneWord('method', 'GATE', 'IPIP', 'MASQ'),
      ...NEGATABLE,
      about: 'GATE|IPIP|MASQ',
    },
    { name: 'vportctl', parse: port, ...NEGATABLE, about: 'port  of the controlling connection' },
  ],
  build(given) {
    if (given.options.length === 0) wrong('ipvs needs at least one option');
    if (given.negated('ipvs') && given.options.length > 1) wrong('! --ipvs stands alone');
    const direction = given.value<string>('vdir');
    return defined<IpvsInfo>({
      ipvs: flagOf(given, 'ipvs') && !given.negated('ipvs'),
      vproto: testOf(given, 'vproto'),
      vaddr: testOf(given, 'vaddr'),
      vport: testOf(given, 'vport'),
      vdir: direction === undefined ? undefined : direction === 'REPLY' ? 'reply' : 'original',
      vmethod: testOf(given, 'vmethod'),
      vportctl: testOf(given, 'vportctl'),
    });
  },
  save: (info) =>
    words(
      info.ipvs !== undefined && flagText('ipvs', !info.ipvs),
      testText('vproto', info.vproto, String),
      testText('vaddr', info.vaddr, netText),
      testText('vport', info.vport, String),
      info.vdir && `--vdir ${info.vdir.toUpperCase()}`,
      testText('vmethod', info.vmethod, String),
      testText('vportctl', info.vportctl, String),
    ),
  list: (info) =>
    words(
      info.ipvs !== undefined && `${bangWord(!info.ipvs)}ipvs`,
      optionListed('vproto', info.vproto, String),
      optionListed('vaddr', info.vaddr, netText),
      optionListed('vport', info.vport, String),
      info.vdir && `vdir ${info.vdir.toUpperCase()}`,
      optionListed('vmethod', info.vmethod, String),
      optionListed('vportctl', info.vportctl, String),
    ),
  translate: (_, { leave }) => leave('nft does not ask about connections of IPVS'),
});
